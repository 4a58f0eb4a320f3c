"""
Makes vocabulary-files.json: a SavedModel of tf-keras 2.21.0 whose lookups give tokens for indices, of vocabularies from files, of
one that was learned and of one in the config, with what it answers.

    python test/importers/vocabulary_files.py
"""
import base64
import gzip
import json
import os
import shutil
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tf_keras

L = tf_keras.layers
Path("vocabulary.txt").write_text("b\na\nzwei Worte\n")
Path("numbers.txt").write_text("12\n-7\n100000000000\n")
x = tf_keras.Input((4,), dtype="int64", name="indices")
learned = L.StringLookup(mask_token="", num_oov_indices=1, invert=True)
learned.adapt(["a", "b", "b", "Déjà", "日本", "日本", "日本"])
lookups = [L.StringLookup(vocabulary="vocabulary.txt", invert=True), L.IntegerLookup(vocabulary="numbers.txt", invert=True), learned, L.StringLookup(vocabulary=["c", "d", "e"], invert=True)]
model = tf_keras.Model(x, [lookup(x) for lookup in lookups])
indices = np.array([[0, 1, 2, 3], [3, 2, 1, 0]])
answers = [[v.decode() if isinstance(v, bytes) else int(v) for v in np.asarray(y).ravel().tolist()] for y in model(indices)]
model.save("m")
files = {str(f.relative_to("m")): base64.b64encode(gzip.compress(f.read_bytes(), 9, mtime=0)).decode() for f in sorted(Path("m").rglob("*")) if f.is_file() and f.stat().st_size > 0}
shutil.rmtree("m")
for name in ("vocabulary.txt", "numbers.txt"):
    os.remove(name)
Path(__file__).with_name("vocabulary-files.json").write_text(json.dumps([files, indices.ravel().tolist(), answers], ensure_ascii=False) + "\n")
