"""What the Keras that a file is written for knows: classes with their options, and functions. Made from the real packages:

    python scripts/names.py keras3 > names.json      (Keras 3.15.1)
    python scripts/names.py tf-keras > a.json        (tf-keras 2.21)
    python scripts/names.py keras2 > b.json          (Keras 2.15)
    python scripts/names.py write keras3 names.json  writes src/exporters/names/keras3.ts
    python scripts/names.py write keras2 a.json b.json: what both know, src/exporters/names/keras2.ts

An option is an argument of `__init__` along the classes for as long as they hand on what they do not know, or one that their
source takes out of what it was given."""

import inspect
import json
import os
import re
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

TAKEN = re.compile(r"""(?:kwargs|config|backwards_compat\w*)(?:\.(?:pop|get)\(\s*|\[)["'](\w+)["']|["'](\w+)["'] in (?:kwargs|config)|^\s+["'](\w+)["'],$""", re.M)


def options_of(cls):
    """Names of options; None where a class takes whatever it is given."""
    found = set()
    hands_on = True
    for base in cls.__mro__:
        if base is object:
            break
        for method in ("__init__", "from_config"):
            function = vars(base).get(method)
            if function is None or (method == "__init__" and not hands_on):
                continue
            function = inspect.unwrap(getattr(function, "__func__", function))
            try:
                source = inspect.getsource(function)
            except (OSError, TypeError):
                continue
            found.update(name for names in TAKEN.findall(source) for name in names if name)
            if method == "__init__":
                parameters = inspect.signature(function).parameters.values()
                found.update(p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY))
                hands_on = any(p.kind == p.VAR_KEYWORD for p in parameters)
    return sorted(found - {"self", "args", "kwargs"})


def classes(names, base=object):
    return {name: options_of(cls) for name, cls in sorted(names.items()) if inspect.isclass(cls) and issubclass(cls, base)}


def functions(names):
    return sorted(name for name, thing in names.items() if inspect.isfunction(thing) and name.islower() and name not in ("get", "serialize", "deserialize"))


def keras3():
    import keras
    from keras.src.applications.convnext import LayerScale, StochasticDepth
    from keras.src.applications.inception_resnet_v2 import CustomScaleLayer
    from keras.src.layers.preprocessing import feature_space as spaces
    from keras.src.ops.operation import Operation
    from keras.src.quantizers import quantizers

    modules = {}
    for name in ("core", "einops", "image", "linalg", "math", "nn", "numpy"):
        module = getattr(__import__(f"keras.src.ops.{name}").src.ops, name)
        modules[f"keras.src.ops.{name}"] = classes({k: v for k, v in vars(module).items() if getattr(v, "__module__", "") == module.__name__}, Operation)
    models = {"Sequential": keras.Sequential, "Functional": keras.src.models.functional.Functional, "Model": keras.Model}
    from keras.src.layers.rnn.conv_lstm import ConvLSTMCell

    return {
        "layers": classes({**vars(keras.layers), **models, "ConvLSTMCell": ConvLSTMCell}, Operation),
        "initializers": classes(vars(keras.initializers)),
        "regularizers": classes(vars(keras.regularizers)),
        "constraints": classes(vars(keras.constraints)),
        "activations": functions(vars(keras.activations)),
        "keras.src.applications.convnext": classes({"LayerScale": LayerScale, "StochasticDepth": StochasticDepth}),
        "keras.src.applications.inception_resnet_v2": classes({"CustomScaleLayer": CustomScaleLayer}),
        "keras.src.quantizers.quantizers": classes({"FakeQuantWithMinMaxVars": quantizers.FakeQuantWithMinMaxVars}),
        "keras.utils": classes({"FeatureSpace": spaces.FeatureSpace}),
        "keras.src.layers.preprocessing.feature_space": classes({k: vars(spaces)[k] for k in ("Feature", "Cross", "TFDIdentity", "TFDConcat")}),
        **modules,
    }


def columns():
    """Columns of a DenseFeatures, which are TensorFlow's; those that share a table have no config."""
    from tensorflow.python.feature_column import feature_column_v2

    found = {name: cls for name, cls in sorted(vars(feature_column_v2).items()) if name.endswith("Column") and hasattr(cls, "_fields") and hasattr(cls, "get_config")}
    return {name: sorted(cls._fields) for name, cls in found.items() if name != "SharedEmbeddingColumn"}


def keras2(keras):
    src = keras.src if hasattr(keras, "src") else keras
    from importlib import import_module

    name = src.__name__
    layers = import_module(f"{name}.layers.serialization")
    layers.populate_deserializable_objects()
    registered = import_module(f"{name}.saving.object_registration")._GLOBAL_CUSTOM_OBJECTS
    initializers = import_module(f"{name}.initializers")
    initializers.populate_deserializable_objects()
    constraints, regularizers, activations = (import_module(f"{name}.{part}") for part in ("constraints", "regularizers", "activations"))
    return {
        "layers": {**classes({**layers.LOCAL.ALL_OBJECTS, **registered}, import_module(f"{name}.engine.base_layer").Layer), **columns()},
        "initializers": classes(initializers.LOCAL.ALL_OBJECTS),
        "regularizers": classes(vars(regularizers), regularizers.Regularizer),
        "constraints": classes(vars(constraints), constraints.Constraint),
        "activations": functions(vars(activations)),
    }


def both(a, b):
    if isinstance(a, list):
        return [x for x in a if x in b]
    return {k: both(v, b[k]) for k, v in a.items() if k in b}


def write(generation, *tables):
    table = json.loads(Path(tables[0]).read_text())
    for other in tables[1:]:
        table = both(table, json.loads(Path(other).read_text()))
    # What layers take as layers is said once, and meant by a star.
    layers = table["layers"]
    common = set.intersection(*(set(options) for options in layers.values() if "input_shape" in options))
    lines = [f"* {' '.join(sorted(common))}"]
    for kind, names in table.items():
        lines.append(f"# {kind}")
        if isinstance(names, list):
            lines.append(" ".join(names))
            continue
        same = {}
        for name, options in names.items():
            star = common <= set(options)
            own = ["*"] * star + [o for o in options if not star or o not in common]
            same.setdefault(" ".join(own), []).append(name)
        lines += [f"{','.join(names)} {options}".strip() for options, names in same.items()]
    text = "\n".join(lines)
    target = Path(__file__).resolve().parent.parent / f"src/exporters/names/{generation}.ts"
    target.write_text(f"/** Made by scripts/names.py; names.ts reads it. */\nexport const TABLE = `{text}\n`;\n")


if sys.argv[1] == "write":
    write(*sys.argv[2:])
elif sys.argv[1] == "keras3":
    print(json.dumps(keras3()))
elif sys.argv[1] == "tf-keras":
    import tf_keras

    print(json.dumps(keras2(tf_keras)))
else:
    import keras

    print(json.dumps(keras2(keras)))
