"""
Makes exported.json: models for serving (`model.export`) of tf-keras 2.21.0 and Keras 3.15.1 beside their architectures, each
with what the model answers.

    TF_USE_LEGACY_KERAS=1 python test/importers/exported.py
"""
import base64
import gzip
import json
import os
import shutil
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tf_keras

rows = []


def packed(file):
    return base64.b64encode(gzip.compress(file.read_bytes(), 9, mtime=0)).decode()


def row(name, model):
    rng = np.random.RandomState(1)
    model.set_weights([rng.uniform(0.1, 1, w.shape).astype("float32").round(3) for w in model.get_weights()])
    x = np.linspace(-1, 1, 12, dtype="float32").reshape(1, 3, 4)
    model.export("m")
    data = {f.relative_to("m").as_posix(): packed(f) for f in Path("m").rglob("*") if f.is_file() and f.suffix != ".pb"}
    data["saved_model.pb"] = packed(Path("m/saved_model.pb"))
    shutil.rmtree("m")
    rows.append([name, model.to_json(), data, x.ravel().tolist(), np.asarray(model(x)).ravel().tolist()])


for title, module in (("keras", keras), ("tf-keras", tf_keras)):
    layers = module.layers

    def inner(name):
        i = module.Input((3, 4))
        return module.Model(i, layers.Dense(4, name="b")(layers.Dense(4, name="a")(i)), name=name)

    i = module.Input((3, 4))
    row(f"{title}: layers of one name in two models", module.Model(i, inner("first")(inner("second")(i))))
    y = layers.Bidirectional(layers.LSTM(2))(layers.BatchNormalization()(layers.Dropout(0.5)(i)))
    row(f"{title}: directions, statistics, random numbers", module.Model(i, y))

Path(__file__).with_name("exported.json").write_text(json.dumps(rows, separators=(",", ":")) + "\n")
