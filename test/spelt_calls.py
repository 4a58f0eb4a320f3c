"""
Writes spelt-calls.json: calls of operations (keras 3.15.1) and of TensorFlow's functions (tf-keras 2.21.0), the layers that
they make of them and what they answer once they have read them back.

    python spelt_calls.py > spelt-calls.json
"""

import json
import os
import re

os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
import keras
import numpy as np
import tensorflow as tf
import tf_keras
from keras import ops

SHAPES = {
    "x": ((3,), "float32"), "y": ((3,), "float32"), "i": ((3,), "int32"), "b": ((3,), "bool"),
    "im": ((4, 4, 3), "float32"), "sq": ((3, 3), "float32"), "s": ((8,), "float32"),
}
FUNCTIONS = """
tf.linalg.band_part(sq, 1, 0)|tf.linalg.diag_part(sq)|tf.linalg.diag(x)|tf.linalg.set_diag(sq, x)|tf.signal.frame(s, 4, 2)
tf.signal.dct(x)|tf.signal.fftshift(x, axes=[1])|tf.sequence_mask(i, 7)|tf.nn.l2_loss(x)|tf.nn.crelu(x)
tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=x)|tf.nn.local_response_normalization(im)|tf.linalg.cross(x, y)
tf.image.rgb_to_hsv(im)|tf.image.adjust_contrast(im, 1.5)|tf.image.adjust_hue(im, 0.1)|tf.image.central_crop(im, 0.5)
tf.image.per_image_standardization(im)|tf.image.rot90(im)|tf.bitwise.left_shift(i, 1)|tf.bitwise.invert(i)
tf.math.bessel_i0(x)|tf.math.erfinv(y * 0.3)|tf.math.xlogy(x, tf.abs(y))|tf.math.multiply_no_nan(x, y)|tf.truncatediv(i, 2)
tf.math.polyval([1.0, 2.0, 3.0], x)|tf.math.count_nonzero(i, axis=1)|tf.math.is_non_decreasing(x)|tf.clip_by_norm(x, 1.5, axes=[1])
tf.cumsum(x, axis=1, reverse=True)|tf.cumsum(x, axis=1, exclusive=True)|tf.sort(x, direction="DESCENDING")
tf.argsort(x, direction="DESCENDING")|tf.one_hot(i, 4, on_value=2.0, off_value=-1.0)|tf.boolean_mask(x, [True, False, True], axis=1)
tf.space_to_batch_nd(im, [2, 2], [[0, 0], [0, 0]])|tf.nn.moments(x, axes=[1])[1]|tf.quantization.fake_quant_with_min_max_args(x)
tf.argmax(tf.where(tf.equal(x, 5.0), -100.0, x), axis=1)|tf.argmin(x, axis=1)|tf.saturate_cast(x * 300, tf.uint8)|tf.image.psnr(im, im * 0.9, 1.0)|tf.strided_slice(im, [0, 1, 0, 0], [1, 4, 3, 2], [1, 2, 1, 1], begin_mask=9, end_mask=9)
tf.math.cumprod(x, axis=1, exclusive=True)|tf.math.cumprod(im, axis=-2, exclusive=True, reverse=True)|tf.math.cumprod(x, axis=1, reverse=True)|tf.image.resize_with_pad(im, 3, 6)|tf.image.resize_with_pad(im, 6, 3, method="nearest")|tf.image.ssim(im, im * 0.9, 1.0, filter_size=3)
tf.nn.conv2d(im, np.linspace(-1, 1, 54, dtype="f").reshape(3, 3, 3, 2), 1, [[0, 0], [1, 2], [0, 1], [0, 0]])|tf.nn.conv2d(im, np.linspace(-1, 1, 54, dtype="f").reshape(3, 3, 3, 2), 2, [[0, 0], [1, 1], [1, 1], [0, 0]])
tf.reshape(tf.nn.conv2d(im, np.linspace(-1, 1, 54, dtype="f").reshape(3, 3, 3, 2), 1, "VALID"), [tf.shape(im)[0], -1, 4])|tf.reshape(tf.nn.max_pool2d(im, 2, 2, "VALID"), [tf.shape(im)[0], -1])|tf.reshape(tf.concat([im, im * 2.0], 2), [tf.shape(im)[0], -1, 3])|tf.reshape(tf.reduce_mean(im, 3), (tf.shape(im)[0], 2, -1))
tf.reshape(tf.pad(im[:, 1:], [[0, 0], [1, 1], [0, 0], [0, 0]]), [tf.shape(im)[0], -1, 3])|tf.reshape(tf.where(im > 0.5, im, 0.0), [tf.shape(im)[0], -1, 6])|tf.reshape(tf.gather(im, [2, 0], axis=1), [tf.shape(im)[0], -1, 2])|tf.math.unsorted_segment_sum(x, i[:, 0], 6)|tf.math.unsorted_segment_prod(x, i[:, 0], 6)
"""
OPERATIONS = """
ops.append(x, y, axis=1)|ops.batch_normalization(x, np.zeros(3, "f"), np.ones(3, "f"), -1)|ops.left_shift(i, 1)|ops.cross(x, y)
ops.digitize(x, np.array([-0.5, 0.0, 0.5]))|ops.expand_dims(x, [1, 2])|ops.hypot(x, y)|ops.isclose(x, y)|ops.kron(x, y)
ops.layer_normalization(x)|ops.linspace(x, y, 4)|ops.moments(x, axes=[1])|ops.multi_hot(i, 5)|ops.nan_to_num(x)|ops.nanvar(x, axis=1)
ops.norm(x, ord=1, axis=1)|ops.normalize(x, axis=1, order=3)|ops.outer(x, y)|ops.rot90(im, axes=(1, 2))|ops.round(x, decimals=2)
ops.select([x > 0, x < -0.5], [x, y], 0.0)|ops.signbit(x)|ops.sinc(x)|ops.trapezoid(x, axis=1)|ops.triu(sq, k=1)
ops.image.pad_images(im, 1, 1, target_height=6, target_width=6)|ops.image.crop_images(im, 1, 1, target_height=2, target_width=2)
ops.fft((x, y))[0]|ops.rfft(x)[1]|ops.stft(s, 8, 4, 8)[0]|ops.extract_sequences(s, 4, 2)|ops.nextafter(x, y)|ops.ldexp(x, i)
ops.median(x, axis=1)|ops.cumprod(x, axis=1)|ops.logaddexp(x, y)|ops.hard_shrink(x)|ops.vdot(x, y)|ops.isin(i, [1, 2])|ops.argmax(x, axis=1)|ops.not_equal(b, 0)|ops.one_hot(b, 3)|ops.one_hot(x, 3)|ops.one_hot(i, 3, dtype='bool')
"""


def value(name, random):
    shape, dtype = SHAPES[name]
    shape = (2, *shape)
    if dtype == "bool":
        return random.rand(*shape) > 0.5
    if dtype == "int32":
        return random.randint(0, 5, shape).astype("int32")
    return (random.rand(*shape) if name == "im" else random.randn(*shape)).round(3).astype("float32")


def plain(x):
    return [int(n) if n == int(n) else float(str(n)) for n in np.asarray(x).ravel()]


def rows(library, texts):
    for text in (text for line in texts.strip().split("\n") for text in line.split("|")):
        library.backend.clear_session()
        random = np.random.RandomState(1)
        names = [name for name in SHAPES if re.search(rf"\b{name}\b", text)]
        inputs = {name: library.Input(SHAPES[name][0], dtype=SHAPES[name][1], name=name) for name in names}
        given = {name: value(name, random) for name in names}
        try:
            made = eval(text, {**inputs, "tf": tf, "ops": ops, "np": np})
            model = library.Model(list(inputs.values()), made, name="m")
            written = model.to_json()
            answers = library.models.model_from_json(written)(list(given.values()))
        except Exception as error:
            raise SystemExit(f"{text}: {error}") from error
        answer = answers[0] if isinstance(answers, (list, tuple)) else answers
        yield [
            text,
            json.dumps(json.loads(written), separators=(",", ":")),
            [[str(x.dtype), list(x.shape), plain(x)] for x in given.values()],
            [np.asarray(answer).dtype.name, list(answer.shape), plain(answer)],
        ]


lines = [json.dumps(row, separators=(",", ":")) for row in [*rows(tf_keras, FUNCTIONS), *rows(keras, OPERATIONS)]]
print("[\n" + ",\n".join(lines) + "\n]")
