"""What a Python user hands over: a model, and what Keras computes with it. Then, without Python: npx keraport verify handed/"""
import os

import keras
import numpy as np


def hand_over(model, x, folder):
    """Writes FOLDER/model.keras and FOLDER/io.npz. x: some samples as predict takes them, a list where there are several inputs."""
    os.makedirs(folder, exist_ok=True)
    model.save(os.path.join(folder, "model.keras"))
    inputs = x if isinstance(x, list) else [x]
    y = model.predict(x, verbose=0)
    outputs = y if isinstance(y, list) else [y]
    arrays = {f"inputs/{i}": a for i, a in enumerate(inputs)} | {f"outputs/{i}": a for i, a in enumerate(outputs)}
    np.savez(os.path.join(folder, "io.npz"), **arrays)


if __name__ == "__main__":  # in your code: after model.fit, with real samples
    model = keras.Sequential([keras.Input((10, 8)), keras.layers.LSTM(16), keras.layers.Dense(3, "softmax")])
    hand_over(model, np.random.RandomState(0).normal(size=(3, 10, 8)).astype("float32"), "handed/lstm")
