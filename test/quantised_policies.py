"""
Writes quantised-policies.json: quantised layers whose policy is made of each float policy, with adapters and without, as
Keras 3.15.1 on TensorFlow 2.21 computes them, each with its largest error against the same arrays in float64. Weights and
inputs are formulas, which quantised-policies.test.ts has too.

    python quantised_policies.py > quantised-policies.json
"""

import json
import os

os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", TF_ENABLE_ONEDNN_OPTS="0")
import keras
import numpy as np
from keras import layers as L

SOURCES = ["float32", "mixed_float16", "mixed_bfloat16", "float16", "bfloat16", "float64"]
Q = keras.quantizers
CONFIGS = {"int8": None, "only8": Q.Int8QuantizationConfig(activation_quantizer=None), "int4": Q.Int4QuantizationConfig(block_size=-1), "block": Q.Int4QuantizationConfig(block_size=3), "full4": Q.Int4QuantizationConfig(block_size=-1, activation_quantizer=Q.AbsMaxQuantizer())}
MODES = {"only8": "int8", "block": "int4", "full4": "int4"}
LAYERS = {
    "Dense": lambda **o: L.Dense(5, **o),
    "EinsumDense": lambda **o: L.EinsumDense("ab,bcd->acd", (2, 3), bias_axes="d", **o),
    "Embedding": lambda **o: L.Embedding(7, 5, **o),
    "ReversibleEmbedding": lambda **o: L.ReversibleEmbedding(7, 5, **o),
    "ReversibleEmbedding/untied": lambda **o: L.ReversibleEmbedding(7, 5, tie_weights=False, **o),
}
CODES = np.array([[0, 3, 6], [5, 1, 2]], "int32")
VALUES = (np.sin(np.arange(12) * 1.7 + 0.3) * 1.1).astype("float32").reshape(2, 6)


def filled(name, i, shape, dtype):
    """The numbers of a weight, by its name, its place among all and its dtype."""
    j = np.arange(int(np.prod(shape)))
    if name == "g_idx":
        x = j // 3
    elif "zero" in name:
        x = (j * 5) % 7 - 3 if dtype.startswith("int") else (j * 5) % 7
    elif "int" in dtype:
        x = (j * 37 + 11 * i + 11) % 256 - (0 if dtype.startswith("u") else 128)
    elif "scale" in name:
        x = (15 + 10 * np.sin(j + i))
    else:
        x = 0.6 * np.sin(j * 1.3 + i * 0.7 + 0.5)
    return x.reshape(shape)


def model_of(kind, name, source, rank):
    cls = LAYERS[name]
    mode = MODES.get(kind, kind)
    policy = keras.dtype_policies.get(f"{mode}_from_{source}")
    options = {"dtype": policy, **({"lora_rank": rank} if rank else {})}
    if CONFIGS[kind] is not None:
        options["quantization_config"] = CONFIGS[kind]
    table = "Embedding" in name
    x = keras.Input((3,), dtype="int32", name="x") if table else keras.Input((6,), name="x")
    layer = cls(name="y", **options)
    made = keras.Model(x, layer(x))
    for i, w in enumerate(made.weights):
        w.assign(keras.ops.cast(filled(w.name, i, tuple(w.shape), keras.backend.standardize_dtype(w.dtype)), w.dtype))
    return made


rows = []
for name in LAYERS:
    for kind in CONFIGS:
        for rank in (0, 2):
            given = CODES if "Embedding" in name else VALUES
            run = lambda source: model_of(kind, name, source, rank)  # noqa: E731
            try:
                truth = np.asarray(run("float64")(given), "float64")
            except Exception as error:
                print(name, kind, rank, "refused", str(error)[:150].replace("\n", " "), file=__import__("sys").stderr)
                continue
            results, config = {}, None
            for source in SOURCES:
                try:
                    made = run(source)
                    y = made(given)
                except ValueError:
                    results[source] = None
                    continue
                if source == "float32":
                    config = {k: v for k, v in made.layers[1].get_config().items() if not k.endswith(("initializer", "regularizer", "constraint"))}
                    weights = [[w.name, list(w.shape), keras.backend.standardize_dtype(w.dtype)] for w in made.weights]
                own = [keras.backend.standardize_dtype(w.dtype) for w in made.weights]
                error = float(np.abs(np.asarray(keras.ops.cast(y, "float64")) - truth).max())
                results[source] = [keras.backend.standardize_dtype(y.dtype), error, own]
            rows.append({"name": f"{name} {kind} {rank}", "class": name.split("/")[0], "config": config, "weights": weights, "shape": list(truth.shape), "truth": [float(f"{v:.12g}") for v in truth.ravel()], "results": results})
print("[\n" + ",\n".join(json.dumps(row, default=keras.saving.serialize_keras_object) for row in rows) + "\n]")
