"""
Makes inner-models.json: files of tf-keras 2.21.0 and Keras 3.15.1 whose weights are easily given to the wrong layers, each
with what the model answers that it was made of, or null where nobody can tell it from the file.

    TF_USE_LEGACY_KERAS=1 python test/importers/inner_models.py
"""
import base64
import gzip
import json
import os
import shutil
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import h5py
import keras
import numpy as np
import tf_keras

X = np.array([[0.5, -1, 0.25]], "float32")
rows = []


def packed(file):
    return base64.b64encode(gzip.compress(file.read_bytes(), 9, mtime=0)).decode()


def row(name, module, model, kind):
    rng = np.random.RandomState(1)
    model.set_weights([rng.uniform(0.5, 1.5, w.shape).astype("float32").round(3) for w in model.get_weights()])
    x = [X] * len(model.inputs) if len(model.inputs) > 1 else X
    first = lambda y: np.asarray(y[0] if isinstance(y, (list, tuple)) else y)
    wanted = first(model(x))
    path = f"m.{kind}"
    model.save(path, **({"save_format": "tf"} if kind == "tf" else {}))
    data = {f.relative_to(path).as_posix(): packed(f) for f in Path(path).rglob("*") if f.is_file()} if kind == "tf" else packed(Path(path))
    answer = wanted
    try:
        again = first(module.models.load_model(path)(x))
        # tf-keras forgets which models were frozen, and mixes their weights up or refuses them: the names tell.
        assert module is tf_keras and kind == "h5" or np.allclose(again, wanted, rtol=1e-6), name
    except ValueError:
        # Which of the twins it is a `.keras` does not say, where it is no inner model's.
        answer = wanted if kind == "h5" or "wrapped" in name else None
    rows.append([f"{name}, {kind}", data, None if answer is None else answer.ravel().tolist()])
    shutil.rmtree(path) if kind == "tf" else os.remove(path)


def reads(module, model):
    """The names of the arrays of its `.h5`, in the order in which Keras gives them to the layers of a model that it has read."""
    model.save("m.keras")
    module.models.load_model("m.keras").save("m.h5")
    with h5py.File("m.h5") as file:
        groups = [file["model_weights"][name].attrs["weight_names"] for name in file["model_weights"].attrs["layer_names"]]
    data = packed(Path("m.keras"))
    os.remove("m.keras"), os.remove("m.h5")
    return [data, [text(name) for group in groups for name in group]]


def text(name):
    return "/".join((name.decode() if isinstance(name, bytes) else name).removesuffix(":0").split("/")[-2:])


def frozen(module, inner):
    """A frozen model of which one layer is trainable again, and a trainable one with a frozen layer, inside another."""
    L = module.layers
    parts = []
    for state in inner:
        i = module.Input((3,))
        dense, norm, last = L.Dense(3), L.BatchNormalization(), L.Dense(3)
        part = module.Model(i, last(norm(dense(i))))
        part.trainable, dense.trainable, norm.trainable, last.trainable = state
        parts.append(part)
    i = module.Input((3,))
    x = i
    for part in parts:
        x = part(x)
    whole = module.Model(i, x)
    j = module.Input((3,))
    return module.Model(j, whole(j))


def twins(module, last):
    """Two layers of one name and config, and the one of them or the other once more."""
    L = module.layers
    pair = [L.Dense(3, name="d"), L.Dense(3, name="d")]
    models = [module.Sequential([module.Input((3,)), layer], name=name) for name, layer in zip("abc", [*pair, pair[last]])]
    i = module.Input((3,))
    return module.Model(i, models[2](models[1](models[0](i))))


def adversarial(module):
    """A compiled model that has been trained by itself, inside another, as in a GAN."""
    L = module.layers
    made = module.Sequential([module.Input((3,)), L.Dense(3)])
    judge = module.Sequential([module.Input((3,)), L.Dense(2)])
    judge.compile("adam", "mse", metrics=["mae"])
    judge.fit(X, np.ones((1, 2)), verbose=0)
    i = module.Input((3,))
    model = module.Model(i, judge(made(i)))
    model.compile("rmsprop", "mse")
    model.fit(X, np.ones((1, 2)), verbose=0)
    return model


for name, module in [("tf-keras", tf_keras), ("keras", keras)]:
    for kind in ("h5", "keras") + (("tf",) if module is tf_keras else ()):
        module.backend.clear_session()
        row(f"{name}: a compiled model inside", module, adversarial(module), kind)
    for states in ([(False, False, False, True), (True, False, True, True)], [(False, True, True, False), (False, False, True, True)]):
        module.backend.clear_session()
        told = " and ".join("".join("-+"[flag] for flag in state) for state in states)
        row(f"{name}: frozen {told}", module, frozen(module, states), "h5")
        module.backend.clear_session()
        rows[-1].append(reads(module, frozen(module, states)))
    for last in (0, 1):
        for kind in ("h5", "keras"):
            module.backend.clear_session()
            row(f"{name}: layer {last} of twins again", module, twins(module, last), kind)
    module.backend.clear_session()
    i = module.Input((1, 3))
    wrapped, alone = [module.layers.Dense(3, name="d") for _ in range(2)]
    x = module.layers.Reshape((3,))(module.layers.TimeDistributed(alone, name="t2")(alone(module.layers.TimeDistributed(wrapped, name="t1")(i))))
    X = X.reshape(1, 1, 3)
    row(f"{name}: a wrapped twin", module, module.Model(i, x), "keras")
    X = X.reshape(1, 3)

L = tf_keras.layers
for used, order in (("a", "bac"), ("ac", "cba")):
    tf_keras.backend.clear_session()
    inputs = {name: tf_keras.Input((3,), name=name) for name in "abc"}
    x = L.Dense(3)(inputs["a"])
    y = L.Dense(3)(inputs["c"] if used == "ac" else x)
    row(f"tf-keras: of the inputs {order} only {used} used", tf_keras, tf_keras.Model([inputs[name] for name in order], [x, y]), "tf")

path = os.path.join(os.path.dirname(__file__), "inner-models.json")
with open(path, "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
print(len(rows), os.path.getsize(path))
for r in rows:
    print(r[0], len(r[1]), r[2])
