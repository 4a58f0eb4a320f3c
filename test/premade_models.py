"""Models and cells of tf-keras that Keras 3 has not: what they compute, and where `.keras` has their arrays.

TF_USE_LEGACY_KERAS=1 python test/premade_models.py > test/premade-models.json
"""
import io
import json
import os
import tempfile
import zipfile

import h5py
import numpy as np
import tf_keras as keras
from tf_keras.src.applications.convnext import StochasticDepth
from tf_keras.src.layers.rnn import cell_wrappers
from tf_keras.src.models.sharpness_aware_minimization import SharpnessAwareMinimization

L = keras.layers
Linear, Wide = keras.experimental.LinearModel, keras.experimental.WideDeepModel


def of(model, *shapes):
    inputs = [keras.Input(shape, name=f"x{i}") for i, shape in enumerate(shapes)]
    return keras.Model(inputs, model(inputs if len(inputs) > 1 else inputs[0]))


def by_name(model):
    inputs = {"b": keras.Input((4,), name="b"), "a": keras.Input((2,), name="a")}
    return keras.Model(inputs, model(inputs))


def deep():
    x = keras.Input((4,))
    return keras.Model(x, L.Dense(2)(L.Dense(3, "tanh")(x)))


def loop(cell):
    return of(L.RNN(cell, return_sequences=True), (3, 4))


MODELS = {
    "linear": lambda: of(Linear(2, activation="relu"), (4,)),
    "linear of several": lambda: of(Linear(2, use_bias=False), (4,), (3,)),
    "linear of a dict": lambda: by_name(Linear(2)),
    "linear alone": lambda: Linear(2),
    "wide and deep": lambda: of(Wide(Linear(2), keras.Sequential([L.Dense(3), L.Dense(2)]), activation="sigmoid"), (4,), (4,)),
    "wide and functional": lambda: of(Wide(Linear(2), deep()), (4,)),
    "wide and linear": lambda: of(Wide(Linear(2), Linear(2)), (4,), (4,)),
    "sharpness aware": lambda: SharpnessAwareMinimization(deep()),
    "residual": lambda: loop(cell_wrappers.ResidualWrapper(L.LSTMCell(4))),
    "device": lambda: loop(cell_wrappers.DeviceWrapper(L.GRUCell(4), "/cpu:0")),
    "dropout that keeps all": lambda: loop(cell_wrappers.DropoutWrapper(L.SimpleRNNCell(4))),
    "stacked": lambda: loop([cell_wrappers.ResidualWrapper(L.GRUCell(4)), cell_wrappers.ResidualWrapper(L.LSTMCell(4))]),
    "stochastic depth": lambda: of(keras.Sequential([L.Dense(3), StochasticDepth(0.3)]), (4,)),
}


def array(a):
    return {"dtype": "float32", "shape": list(a.shape), "values": [float(f"{v:.7g}") for v in np.asarray(a).reshape(-1)]}


def case(name, make):
    keras.backend.clear_session()
    model = make()
    if model.inputs is None:
        model(np.zeros((1, 4), "float32"))
    shapes = [(4,)] if model.inputs is None else [tuple(x.shape[1:]) for x in model.inputs]
    model.set_weights([np.random.uniform(-1, 1, w.shape).round(2) for w in model.get_weights()])
    x = [np.random.uniform(-1, 1, (2, *shape)).round(2).astype("float32") for shape in shapes]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m.keras")
        model.save(path)
        with zipfile.ZipFile(path) as files:
            config = files.read("config.json").decode()
            with h5py.File(io.BytesIO(files.read("model.weights.h5"))) as file:
                arrays = {}
                file.visititems(lambda name, o: arrays.update({name: array(o[()])}) if isinstance(o, h5py.Dataset) else None)
    named = dict(zip(model.input_names, x)) if name == "linear of a dict" else x
    return {"config": config, "arrays": arrays, "x": [array(one) for one in x], "y": array(model(named if len(x) > 1 else x[0]).numpy())}


np.random.seed(1)
print(json.dumps({name: case(name, make) for name, make in MODELS.items()}))
