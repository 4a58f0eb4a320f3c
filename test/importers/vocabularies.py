"""
Makes vocabularies.json: models with several layers that have learned vocabularies, as tf-keras 2.21.0 and Keras 3.15.1 save
them (config and assets; they have no weights), and what they answer.

    TF_USE_LEGACY_KERAS=1 python test/importers/vocabularies.py
"""
import json
import os
import zipfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf
import tf_keras

WORDS = [["the cat sat", "a dog ran on the mat"], ["sat cat", "the dog dog"], ["mat"]]
TEXTS = np.array([["the cat sat on a zebra"], ["dog ate mat"]])
rows = []


def row(name, module, model, x):
    model.save("v.keras")
    x = tf.constant(x)
    answers = [np.asarray(y).tolist() for y in tf.nest.flatten(model(x))]
    again = module.models.load_model("v.keras")
    assert answers == [np.asarray(y).tolist() for y in tf.nest.flatten(again(x))], name
    with zipfile.ZipFile("v.keras") as file:
        texts = {n: file.read(n).decode() for n in file.namelist() if n != "model.weights.h5"}
    x = x.numpy()
    rows.append([name, texts, [[str(v) if x.dtype.kind == "i" else v.decode() for v in line] for line in x], answers])
    os.remove("v.keras")


def learned(layer, data):
    layer.adapt(np.array(data))
    return layer


for name, module in [("tf-keras", tf_keras), ("keras", keras)]:
    module.backend.clear_session()
    L = module.layers
    x = module.Input((1,), dtype="string")
    lookups = [learned(L.StringLookup(), ["a", "b", "c"]), L.StringLookup(vocabulary=["q", "r"]), learned(L.StringLookup(), ["c", "a"])]
    row(f"{name}: one of three was told its vocabulary", module, module.Model(x, [f(x) for f in lookups]), [["a"], ["c"]])
    x = module.Input((1,), dtype="string")
    options = [{"output_sequence_length": 6}, {"output_mode": "count", "ngrams": 2}, {"output_sequence_length": 3}]
    made = [learned(L.TextVectorization(**o), words) for o, words in zip(options, WORDS)]
    row(f"{name}: texts", module, module.Model(x, [f(x) for f in made]), TEXTS)
    x, y = module.Input((1,), dtype="string"), module.Input((1,), dtype="string")
    inner = [module.Model(y, learned(L.StringLookup(), words)(y)) for words in (["a", "b"], ["c", "b", "a"])]
    row(f"{name}: in inner models", module, module.Model(x, [f(x) for f in inner]), [["a"], ["b"]])
    x = module.Input((1,), dtype="int64")
    made = [learned(L.IntegerLookup(), [5, 6]), learned(L.IntegerLookup(), [7, 6, 5])]
    row(f"{name}: whole numbers", module, module.Model(x, [f(x) for f in made]), np.array([[5], [7]]))

path = os.path.join(os.path.dirname(__file__), "vocabularies.json")
with open(path, "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
