"""The models of keras.applications by `python applications.py keras3|tf-keras`: the smallest member of each family, weights
drawn by a seed. Reads one JSON request a line, answers one JSON line each:

`families`: their names. `make`: model.keras, model.h5 and io.npz (x, outputs y) into a folder; gives `{params, compiled}`, the
least milliseconds of the compiled call. `truth`: outputs in float64 of the model made last, into truth.npz. `open`: outputs of
a file of the folder, into a .npz."""

import json
import os
import re
import sys
import time
from pathlib import Path

TFK = sys.argv[1:2] == ["tf-keras"]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["KERAS_BACKEND"] = "tensorflow"

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

if TFK:
    import tf_keras as keras
    from tf_keras.src.applications.convnext import LayerScale
    from tf_keras.src.applications.inception_resnet_v2 import CustomScaleLayer

    def set_dtype(name):
        keras.backend.set_floatx(name)
else:
    import keras
    from keras.src.applications.convnext import LayerScale
    from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

    def set_dtype(name):
        keras.config.set_floatx(name)
        keras.config.set_dtype_policy(name)

OBJECTS = {"LayerScale": LayerScale, "CustomScaleLayer": CustomScaleLayer}
FAMILIES = ["ConvNeXtTiny", "DenseNet121", "EfficientNetB0", "EfficientNetV2B0", "InceptionResNetV2", "InceptionV3", "MobileNet", "MobileNetV2", "MobileNetV3Small", "NASNetMobile", "ResNet50",
            "ResNet50V2", "VGG16", "Xception"] + (["RegNetX002", "RegNetY002", "ResNetRS50"] if TFK else [])
# Every family takes it; InceptionV3 nothing much smaller.
SIZE = 96


def family(name):
    for module in (keras.applications, getattr(keras.applications, "regnet", None), getattr(keras.applications, "resnet_rs", None)):
        if hasattr(module, name):
            return getattr(module, name)
    raise ValueError(name)


def drawn(model, rng, x, one):
    """Weights that keep signals in range: kernels by their fan-in, statistics of batch normalization from a batch; a head that
    is sure of no class for `one`, nor for the batch: it would show no errors."""
    for layer in model.layers:
        for variable in layer.weights:
            shape, name = tuple(variable.shape), variable.name.split("/")[-1].split(":")[0]
            if len(shape) >= 2:
                fan_in = np.prod(shape[:-1]) if "Depthwise" not in type(layer).__name__ and "depthwise" not in name else np.prod(shape[:2])
                value = rng.standard_normal(shape) * np.sqrt(2 / fan_in)
            elif name == "gamma":
                value = rng.uniform(0.5, 1.5, shape)
            elif name in ("beta", "bias"):
                value = 0.1 * rng.standard_normal(shape)
            else:
                continue
            variable.assign(value.astype("float32"))
    normalizations = [layer for layer in model.layers if type(layer).__name__ == "BatchNormalization"]
    momenta = [layer.momentum for layer in normalizations]
    for layer in normalizations:
        layer.momentum = 0.0
    if normalizations:
        model(x, training=True)
    for layer, momentum in zip(normalizations, momenta):
        layer.momentum = momentum
    while max(np.asarray(model(images, training=False)).max() for images in (one, x[:1])) > 0.5:
        kernel = model.layers[-1].weights[0]
        kernel.assign(kernel * 0.3)


def outputs(model, x):
    return np.asarray(model(x, training=False))


OPTIONS = dict(weights=None, input_shape=(SIZE, SIZE, 3))
LAST = {}


def make(request):
    name, folder = request["family"], Path(request["folder"])
    keras.backend.clear_session()
    model = family(name)(**OPTIONS)
    rng = np.random.default_rng(FAMILIES.index(name))
    x = rng.uniform(0, 255, (1, SIZE, SIZE, 3)).astype("float32")
    drawn(model, rng, rng.uniform(0, 255, (32, SIZE, SIZE, 3)).astype("float32"))
    model.save(folder / "model.keras")
    model.save(folder / "model.h5")
    LAST.update(model=model, name=name, x=x)
    call, one, times = tf.function(lambda t: model(t, training=False), jit_compile=False), tf.constant(x), []
    np.savez(folder / "io.npz", x=x, y=call(one).numpy())
    for _ in range(30):
        begin = time.perf_counter()
        call(one).numpy()
        times.append((time.perf_counter() - begin) * 1e3)
    return {"params": model.count_params(), "compiled": min(times)}


def truth(request):
    set_dtype("float64")
    try:
        twin = family(LAST["name"])(**OPTIONS)
        twin.set_weights([w.astype("float64") for w in LAST["model"].get_weights()])
        np.savez(Path(request["folder"]) / "truth.npz", truth=outputs(twin, LAST["x"].astype("float64")))
    finally:
        set_dtype("float32")
    return {}


def open_file(request):
    folder = Path(request["folder"])
    keras.backend.clear_session()
    model = keras.models.load_model(folder / request["file"], compile=False, custom_objects=OBJECTS)
    np.savez(folder / request["into"], y=outputs(model, np.load(folder / "io.npz")["x"]))
    return {}


def main():
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the library prints is no answer
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"families": lambda q: {"families": FAMILIES}, "make": make, "truth": truth, "open": open_file}[request["do"]](request)
        except Exception as error:
            answer = {"error": re.sub(r"\s+", " ", f"{type(error).__name__}: {error}")[-300:]}
        out.write(json.dumps(answer) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
