"""
Makes learned.json: SavedModels of tf-keras 2.21.0 whose preprocessing layers have learned what no config says, and files of
Keras 3.15.1 whose layers have a policy by their paths, or give another dtype than theirs, each with inputs and what Keras
answers.

    TF_USE_LEGACY_KERAS=1 python test/importers/learned.py
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
import tensorflow as tf
import tf_keras

rows = []


def packed(file):
    return base64.b64encode(gzip.compress(file.read_bytes(), 9, mtime=0)).decode()


def row(name, layer, x):
    i = tf_keras.Input(np.shape(x)[1:], dtype="string" if isinstance(x[0][0], str) else "float32")
    model = tf_keras.Model(i, layer(i))
    model.save("m", save_format="tf")
    again = tf_keras.models.load_model("m")
    answer = np.asarray(again(tf.constant(x)))
    assert np.array_equal(answer, np.asarray(model(tf.constant(x)))), name
    data = {f.relative_to("m").as_posix(): packed(f) for f in Path("m").rglob("*") if f.is_file()}
    shutil.rmtree("m")
    rows.append([name, data, x, answer.tolist()])


numbers = np.random.RandomState(0).normal(size=200).astype("float32")
for mode in ("one_hot", "multi_hot", "count"):
    for bins in (2, 5, 300):
        layer = tf_keras.layers.Discretization(num_bins=bins, output_mode=mode)
        layer.adapt(numbers)
        row(f"Discretization, {mode}, {bins} bins", layer, [[v] for v in (-3.0, -0.5, 0.0, 0.25, 3.0)])

texts = ["the cat sat", "the dog", "cat dog the", "bird"]
for options in ({}, {"max_tokens": 4}, {"max_tokens": 20, "pad_to_max_tokens": True}):
    layer = tf_keras.layers.TextVectorization(output_mode="tf_idf", **options)
    layer.adapt(texts)
    row(f"TextVectorization, tf_idf, {options}", layer, [["the cat"], ["zebra the the"], [""]])
    layer = tf_keras.layers.StringLookup(output_mode="tf_idf", num_oov_indices=2, **options)
    layer.adapt([["a", "b"], ["b", "c"], ["b", "d"]])
    row(f"StringLookup, tf_idf, {options}", layer, [["a", "z"], ["c", "b"]])

policies = []


def by_path(name, make, policy_map, default="float32"):
    policy = keras.dtype_policies.DTypePolicyMap(default, {key: keras.DTypePolicy(value) for key, value in policy_map.items()})
    x = np.round(np.random.RandomState(1).normal(size=(1, 3, 4)), 2).astype("float32")
    i = keras.Input((3, 4))
    model = keras.Model(i, make(policy)(i))
    rng = np.random.RandomState(2)
    model.set_weights([np.round(rng.normal(size=w.shape), 2).astype("float32") for w in model.get_weights()])
    model.save("m.keras")
    dtypes = {layer.path: layer.compute_dtype for layer in model._flatten_layers(include_self=False)}
    answer = np.asarray(model(x)).astype("float64")
    policies.append([name, packed(Path("m.keras")), x.tolist(), answer.tolist(), dtypes])
    os.remove("m.keras")


def heads(policy):
    layer = keras.layers.MultiHeadAttention(2, 3, name="mha", dtype=policy)
    return lambda x: layer(x, x)


def dense(policy):
    return keras.layers.Dense(2, name="d", dtype=policy)


by_path("of none", dense, {})
by_path("of the default", dense, {}, "mixed_float16")
by_path("of a path", dense, {"d": "float16"})
by_path("of another path", dense, {"e": "float16"})
by_path("of a layer's layers", heads, {"mha/.*": "mixed_float16"})
by_path("of two of them", heads, {"mha/(query|key)": "float16"})
by_path("of one of them", heads, {"mha/value": "float16", "mha/[a-z]+": "float16"})
by_path("of characters", heads, {"m.a/qu?e+ry": "mixed_float16", "x*": "float16"})
by_path("of two texts", dense, {"d.+": "float16", ".": "bfloat16", "dd": "float16"})
inner = lambda policy: keras.Sequential([keras.Input((3, 4)), dense(policy)], name="inner")
by_path("inside of a model", inner, {"d": "float16", "inner/d": "bfloat16"})
wrapped = lambda policy: keras.layers.TimeDistributed(dense(policy), name="t")
by_path("inside of a wrapper", wrapped, {"t/d": "mixed_float16"})

wide = []


def own_dtype(name, model, x):
    """What a layer gives in another dtype than its policy's."""
    model.save("m.keras")
    answer = np.asarray(keras.models.load_model("m.keras")(x))
    assert answer.dtype == "float32", name
    wide.append([name, packed(Path("m.keras")), list(x.shape), str(x.dtype), x.ravel().tolist(), answer.ravel().tolist()])
    os.remove("m.keras")


image = np.round(np.random.RandomState(3).uniform(0, 9, (1, 2, 3, 1)), 1).astype("float32")
i = keras.Input((2, 3, 1))
for policy in ("mixed_float16", "bfloat16", "float64"):
    own_dtype(f"an enlarged CenterCrop, {policy}", keras.Model(i, keras.layers.CenterCrop(4, 2, dtype=policy)(i)), image)

i = keras.Input((3,), dtype="int32")
for tied in (True, False):
    table = keras.layers.ReversibleEmbedding(5, 4, tie_weights=tied, dtype="mixed_bfloat16")
    model = keras.Model(i, table(keras.layers.LayerNormalization(dtype="float32")(table(i)), reverse=True))
    rng = np.random.RandomState(4)
    model.set_weights([np.round(rng.normal(size=w.shape), 2).astype("float32") for w in model.get_weights()])
    model.quantize("int4")
    own_dtype(f"ReversibleEmbedding back in blocks, tied: {tied}", model, np.array([[1, 4, 2]], "int32"))

Path(__file__).with_name("learned.json").write_text(json.dumps([rows, policies, wide], separators=(",", ":")) + "\n")
