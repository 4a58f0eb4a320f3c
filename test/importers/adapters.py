"""
Makes adapters.json: an `.h5` of Keras 3.15.1 of a layer with an adapter and an operation behind it, with what it answers.

    python test/importers/adapters.py
"""
import base64
import gzip
import json
import os
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np

i = keras.Input((3,))
layer = keras.layers.Dense(4)
model = keras.Model(i, keras.layers.Dense(2)(layer(i) * 2))
layer.enable_lora(2)
rng = np.random.RandomState(1)
model.set_weights([rng.uniform(-1, 1, w.shape).astype("float32").round(2) for w in model.get_weights()])
x = np.array([[0.5, -1, 2]], "float32")
model.save("m.h5")
data = base64.b64encode(gzip.compress(Path("m.h5").read_bytes(), 9, mtime=0)).decode()
os.remove("m.h5")
Path(__file__).with_name("adapters.json").write_text(json.dumps([data, x[0].tolist(), np.asarray(model(x))[0].tolist()]) + "\n")
