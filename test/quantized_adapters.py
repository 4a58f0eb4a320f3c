"""Layers with low-rank adapters beside quantised arrays, as Keras 3 computes them and names them in `.h5`.

KERAS_BACKEND=tensorflow python test/quantized_adapters.py > test/quantized-adapters.json
"""
import json
import os
import tempfile

import h5py
import keras
import numpy as np

L = keras.layers
INT8 = dict(mode="int8")
INT4 = dict(mode="int4", config=keras.quantizers.Int4QuantizationConfig(block_size=4))
ALONE = dict(mode="int8", config=keras.quantizers.Int8QuantizationConfig(activation_quantizer=None))
LAYERS = {
    "dense": (lambda: L.Dense(4, name="l"), (6,), "float32"),
    "dense without bias": (lambda: L.Dense(4, use_bias=False, activation="tanh", name="l"), (6,), "float32"),
    "einsum to more axes": (lambda: L.EinsumDense("abc,cde->abde", (3, 2, 4), bias_axes="e", name="l"), (3, 6), "float32"),
    "einsum over two axes": (lambda: L.EinsumDense("abcd,cde->abe", (3, 4), name="l"), (3, 2, 4), "float32"),
    "embedding": (lambda: L.Embedding(5, 4, name="l"), (3,), "int32"),
    "reversible embedding": (lambda: L.ReversibleEmbedding(5, 4, name="l"), (3,), "int32"),
}


def case(name, quantised):
    make, shape, dtype = LAYERS[name]
    x = keras.Input(shape, dtype=dtype, name="x")
    layer = make()
    model = keras.Model(x, layer(x), name="m")
    layer.quantize(**quantised)
    layer.enable_lora(2, lora_alpha=3)
    for weight in layer.weights:
        if "lora" in weight.path:
            weight.assign(np.random.uniform(-1, 1, weight.shape).round(2))
    size = (2, *shape)
    given = np.random.randint(0, 5, size) if dtype == "int32" else np.random.uniform(-1, 1, size).round(2)
    given = given.astype(dtype)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m.h5")
        model.save(path)
        with h5py.File(path) as file:
            names = [str(name) for name in file["model_weights/l"].attrs["weight_names"]]
    array = lambda a: {"dtype": str(a.dtype), "shape": list(a.shape), "values": a.reshape(-1).tolist()}
    return {
        "config": model.to_json(),
        "names": names,
        "weights": {w.name: array(keras.ops.convert_to_numpy(w)) for w in layer.weights},
        "x": array(given),
        "y": array(model.predict(given, verbose=0)),
    }


keras.utils.set_random_seed(1)
modes = {"int8": INT8, "int4": INT4, "int8 of weights alone": ALONE}
print(json.dumps({f"{name}, {mode}": case(name, how) for name in LAYERS for mode, how in modes.items()}))
