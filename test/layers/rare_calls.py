"""
Writes rare-calls.json: operations with arguments that random models rarely have, as Keras 3.15.1 on TensorFlow 2.21 keeps and
answers them.

    python rare_calls.py > rare-calls.json
"""

import json
import os

os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", TF_ENABLE_ONEDNN_OPTS="0")
import keras
import numpy as np
import tensorflow as tf
from keras import ops

R = np.random.default_rng(5)
WHOLE = [-(2**33) - 1, -7, 0, 3, 2**33 + 1, 5, -1, 2**31]
INPUTS = {
    "logits": R.standard_normal((2, 6, 4)).round(3).astype("float32"),
    "image": R.standard_normal((1, 3, 2, 2)).round(2).astype("float32"),
    "parts": R.standard_normal((1, 3, 5)).round(2).astype("float32"),
    "long": np.array([WHOLE, WHOLE[::-1]], "int64"),
}
ENDS = [-np.inf, np.inf, -1e300, 1e300, -1e4, 1e4, -800.0, 800.0, 0.0, -0.0]
INPUTS["ends"] = np.array([ENDS], "float64")
INPUTS["few"] = np.maximum(np.minimum(ENDS, 1e30), -1e30)[None].astype("float32")
INPUTS["line"] = np.array([1, 2, 2, 5], "int64")
INPUTS["angles"] = np.stack([R.permutation(70) + R.uniform(0.9, 1.1, 70) for _ in range(2)]).round(2)
INPUTS["steps"] = R.standard_normal((2, 3, 2)).round(2).astype("float32")
INPUTS["sounds"] = (R.standard_normal((2, 2, 24)) * np.array([[[1], [9]], [[5], [0.1]]])).round(2).astype("float32")
INPUTS["kept"] = np.array([[True, False, True], [True, True, False]])
MATRIX = "ops.sin(ops.expand_dims(angles, 2) * ops.expand_dims(ops.flip(angles, axis=1), 1) * 0.044)"
UNARY = "exp expm1 log1p sqrt rsqrt sinh cosh tanh arcsinh arctan sigmoid relu6 silu softplus softsign gelu selu elu hard_sigmoid log_sigmoid hard_silu square reciprocal"
STEPS = "np.array([6, 4])"
CALLS = [
    *[
        f"ops.ctc_decode(logits, {STEPS}, strategy='beam_search'{options})"
        for options in (
            "", ", mask_index=None", ", mask_index=-2", ", mask_index=2, top_paths=3", ", mask_index=9", ", mask_index=-7",
            ", beam_width=1", ", beam_width=2, top_paths=2", ", beam_width=3, top_paths=2, merge_repeated=False", ", top_paths=9",
        )
    ],
    "ops.ctc_decode(logits, np.array([0, 5]), strategy='beam_search')",
    "ops.ctc_decode(ops.cast(logits, 'float64'), np.array([6, 4]), strategy='beam_search', top_paths=2)",
    "ops.ctc_decode(ops.cast(logits, 'float16'), np.array([6, 4]), strategy='beam_search', top_paths=2)",
    *[f"ops.segment_{fn}(long, np.array([0, 1]), num_segments={n})" for fn, n in (("max", 3), ("min", "2"))],
    "ops.segment_min(logits, np.array([0, 2]), num_segments=3)", "ops.segment_min(ops.cast(long, 'int32'), np.array([0, 2]), num_segments=3)",
    *[f"ops.unique(ops.cast(long, '{dtype}'), size=9, fill_value={v})" for dtype, v in (("int32", 0.7), ("int32", -2.5), ("int8", 300), ("float32", 0.5))],
    *[f"ops.istft([parts, parts * 0.5], 8, 4, 8, {options})" for options in ("center=0", "center=1", "center=False", "center=0, length=9")],
    "ops.nextafter(ops.cast(long, 'int32'), long)", "ops.nextafter(long, long)",
    "ops.image.gaussian_blur(image, kernel_size=(0, 0))", "ops.image.gaussian_blur(image, kernel_size=(3, 0))",
    "ops.squeeze(image)", "ops.squeeze(image) * 2", "ops.searchsorted(line, line)", "ops.searchsorted(line, line + 1, side='right')",
    "ops.full_like(ops.cast(image, 'int32'), image)", "ops.full_like(image, ops.sum(long))", "ops.full_like(parts, parts[:, :1], dtype='bool')",
    *[f"ops.rearrange(ops.sum(image, 3, keepdims=True), {p})" for p in ("'b ... h w -> b (w h)'", "'b (h k) ... c -> (b k) c h', k=3")],
    *[f"ops.{fn}(ops.unstack(ops.sum(steps, 2), axis=1))" for fn in ("vstack", "dstack")],
    # A step's mask is as long as the batch, and is laid along the last axis of the step.
    *[f"keras.layers.TimeDistributed({layer})(steps, mask=kept)" for layer in ("keras.layers.Softmax()", "keras.Sequential([keras.layers.Softmax()])")],
    *[f"ops.sum({x}, -1)" for x in (f"ops.linalg.inv({MATRIX})", f"ops.linalg.solve_triangular({MATRIX} / 70 + 1, angles[..., None], lower=True)")],
    f"ops.linalg.det({MATRIX} / 4)", *[f"ops.linalg.{fn}" for fn in ("svd(parts, compute_uv=False)", "svd(logits, compute_uv=False)", "pinv(parts)", "pinv(logits)")],
    # Zeros are zeros beside numbers that overflow.
    "ops.linalg.solve(ops.eye(4) * 1e20 + ops.cast(line, 'float32') * 0, ops.ones((4, 1)) * 1e19)",
    "ops.linalg.solve_triangular(ops.tril(ops.ones((4, 4))) * 1e30 + ops.cast(line, 'float32') * 0, ops.ones((4, 1)) * 1e10, lower=True)",
    "ops.slogdet(ops.diag(ops.cast(line, 'float32')) * np.float32(4e37))",
    # What goes over the batch: that of each step.
    *[f"keras.layers.TimeDistributed({layer})" for layer in ("keras.layers.Softmax(axis=None))(steps", "keras.layers.MelSpectrogram(fft_length=16, sequence_stride=4, sampling_rate=200, max_freq=50, num_mel_bins=5, top_db=20))(sounds")],
    "ops.rfft(ops.cast(line, 'float32'))",
    # What looks like a bias is added along the last axis or the second, wherever it lies.
    *[f"ops.add(logits[:, :4], np.arange(4.0){at})" for at in ("[:, None]", "[None, :, None]")], "ops.add(logits, np.arange(6.0)[:, None])", "ops.add(logits[:, 0], np.arange(4.0)[None, None])",
    "ops.average(ops.maximum(ends, 0), axis=1, weights=np.arange(10.0))", "ops.average(steps, weights=steps + 2)", "ops.average(steps, axis=-2, weights=np.array([1.5, 2, 0.25]))",
    *["[" + ", ".join(f"ops.sign(ops.{fn}({x}))" for fn in UNARY.split()) + "]" for x in ("ends", "few")],
]  # fmt: skip


def listed(x):
    x = np.asarray(x)
    wide = x.astype("float64") if x.dtype.kind == "f" or x.dtype.name == "bfloat16" else x
    numbers = [str(v).replace("inf", "Infinity").replace("nan", "NaN") if not np.isfinite(v) or abs(v) > 2**53 else v for v in wide.ravel().tolist()]
    return [x.dtype.name, list(x.shape), numbers]


def row(call):
    given = {k: v for k, v in INPUTS.items() if k in call}
    symbols = {k: keras.Input(batch_shape=v.shape, dtype=v.dtype.name, name=k) for k, v in given.items()}
    made = eval(call, {"ops": ops, "np": np, "tf": tf, "keras": keras, **symbols})
    model = keras.Model(list(symbols.values()), made)
    keras.backend.clear_session()
    return {"call": call, "inputs": list(given), "model": json.loads(model.to_json()), "outputs": [listed(y) for y in tf.nest.flatten(model(list(given.values())))]}


rows = [json.dumps(row(call)) for call in CALLS]
inputs = json.dumps({k: listed(v) for k, v in INPUTS.items()})
print('{"inputs": ' + inputs + ',\n"rows": [\n' + ",\n".join(rows) + "\n]}")
