"""`keras.quantizers.fake_quant_with_min_max_vars` in models of Keras 3, and what they give once they are read back.

KERAS_BACKEND=tensorflow python test/layers/fake_quantization.py > test/layers/fake-quantization.json
"""
import json
import os
import tempfile

import keras
import numpy as np
from keras.src.quantizers.quantizers import FakeQuantWithMinMaxVars

CASES = [(dict(), -1.0, 1.0), (dict(num_bits=4), -0.5, 2.0), (dict(narrow_range=True), 0.0, 1.5), (dict(num_bits=2), -3.0, 0.7)]
CHANNELS = [(dict(axis=-1), [-1.0, -0.5, 0.0], [1.0, 2.0, 1.5]), (dict(axis=1, num_bits=5), [-1.0, -2.0], [0.25, 1.0])]
np.random.seed(2)
# Not midway between two steps, where float32 alone decides.
given = np.random.uniform(-2, 2, (3, 2, 3)).astype("float32")


def case(options, low, high):
    x = keras.Input((2, 3), name="x")
    model = keras.Model(x, FakeQuantWithMinMaxVars(**options)(x, low, high), name="m")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m.keras")
        model.save(path)
        y = keras.models.load_model(path).predict(given, verbose=0)
    return {"config": model.to_json(), "y": y.reshape(-1).tolist()}


print(json.dumps({"x": given.reshape(-1).tolist(), "cases": [case(*one) for one in CASES + CHANNELS]}))
