"""
Makes constant-masks.json: layers of tf-keras 2.21.0 whose masks are constants, as its files hold them, and what they answer.

    TF_USE_LEGACY_KERAS=1 python test/layers/constant_masks.py
"""
import json
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf
import tf_keras as keras

L = keras.layers
x = np.round(np.random.default_rng(1).normal(size=(2, 3, 2)), 2).astype("float32")
KINDS = {"bool": bool, "int32": "int32", "float32": "float32"}
rows = []
for kind, dtype in KINDS.items():
    steps = tf.constant(np.array([[1, 0, 1], [1, 1, 0]]).astype(dtype))
    other = tf.constant(np.array([[0, 1, 1], [1, 0, 1]]).astype(dtype))
    places = tf.constant(np.array([[[1, 0], [1, 1], [0, 1]]]).astype(dtype))
    calls = {
        "Softmax": lambda i: L.Softmax()(i, mask=places),
        "Attention, of the value": lambda i: L.Attention()([i, i], mask=[None, steps]),
        "Attention, of both": lambda i: L.Attention()([i, i], mask=[steps, other]),
        "AdditiveAttention": lambda i: L.AdditiveAttention(use_scale=False)([i, i], mask=[other, steps]),
        "GlobalAveragePooling1D": lambda i: L.GlobalAveragePooling1D()(i, mask=steps),
    }
    for name, call in calls.items():
        keras.backend.clear_session()
        try:
            i = keras.Input((3, 2), name="x")
            model = keras.Model.from_config(json.loads(keras.Model(i, call(i), name="m").to_json())["config"])
            y = np.asarray(model(x))
        except Exception as error:
            print(kind, name, "not by tf-keras:", str(error)[:80])
            continue
        rows.append([f"{name}, {kind}", json.loads(model.to_json()), y.ravel().astype(float).round(7).tolist()])

with open(os.path.join(os.path.dirname(__file__), "constant-masks.json"), "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(r) for r in [x.ravel().astype(float).round(2).tolist(), *rows]) + "\n]\n")
