"""A model as plain JSON, and how it becomes a model: what the oracle draws, keeps, shrinks and builds again.

    {"kind": "sequential" | "functional", "inputs": [{"name", "shape", "dtype", "fill", "high"}], "batch": null | n,
     "layers": {id: {"class", "options"}}, "steps": [{"layer": id | "call": "ops.mean" | "operation": class, "options": {…}, "args": [...], "kw": {...}}],
     "outputs": [{"ref": [step, k]}], "structure": {"inputs", "outputs"} (nested lists, records and {"tuple": [...]} of places)}

Values inside args and kw: {"in": k}, {"ref": [step, k]}, {"slice": [a, b, c]}, {"ellipsis": 1}, {"float": "inf"}, {"array": […], "dtype"}, lists, plain JSON. A layer
option that is a record with "class" is a layer (or cell) itself; the class "Model" holds a "spec".
"""

import functools
import operator

from lib import flatten, keras, layer_class, np, tf

ROOTS = {"operator": operator, "tf": tf, "ops": getattr(keras, "ops", None)}


def make_layer(desc):
    if desc["class"] == "Model":
        return build(desc["spec"], name=desc.get("name"))
    return layer_class(desc["class"])(**{key: option(value) for key, value in desc["options"].items()})


def option(value):
    if isinstance(value, dict) and "class" in value:
        return make_layer(value)
    if isinstance(value, list):
        made = [option(v) for v in value]
        return made if any(isinstance(v, dict) for v in value) else tuple(made)
    return value


def resolve(value, inputs, results):
    """Arguments of a call, with tensors in place of references."""
    if isinstance(value, list):
        return [resolve(v, inputs, results) for v in value]
    if not isinstance(value, dict):
        return value
    if "in" in value:
        return inputs[value["in"]]
    if "ref" in value:
        step, k = value["ref"]
        return results[step][k]
    if "slice" in value:
        return slice(*value["slice"])
    if "ellipsis" in value:
        return Ellipsis
    if "float" in value:
        return float(value["float"])
    if "array" in value:
        return np.array(value["array"], value.get("dtype", "float32"))
    if "tuple" in value:
        return tuple(resolve(v, inputs, results) for v in value["tuple"])
    return {k: resolve(v, inputs, results) for k, v in value.items()}


def function(name):
    root, *parts = name.split(".")
    found = ROOTS[root]
    for part in parts:
        found = getattr(found, part)
    return found


def run_step(step, layers, inputs, results):
    """The flat outputs of one step."""
    args = resolve(step["args"], inputs, results)
    kw = resolve(step.get("kw", {}), inputs, results)
    return flatten(callee_of(step, layers)(*args, **kw))


@functools.cache
def operation_classes():
    """Keras 3's operations by the names of their classes, which files hold."""
    from keras.src import ops
    from keras.src.ops.operation import Operation

    found = {}
    for module in vars(ops).values():
        if getattr(module, "__name__", "").startswith("keras.src.ops."):
            found.update({n: c for n, c in vars(module).items() if isinstance(c, type) and issubclass(c, Operation) and c.__module__ == module.__name__})
    return found


def callee_of(step, layers):
    if "layer" in step:
        return layers[step["layer"]]
    if "operation" in step:
        return operation_classes()[step["operation"]](**resolve(step["options"], [], []))
    return function(step["call"])


def make_inputs(spec):
    return [keras.Input(batch_shape=(spec.get("batch"), *i["shape"]), dtype=None if i["dtype"] == "float32" else i["dtype"], name=i["name"]) for i in spec["inputs"]]


def placed(structure, values):
    """A nested structure with values at its places."""
    if isinstance(structure, list):
        return [placed(v, values) for v in structure]
    if not isinstance(structure, dict):
        return values[structure]
    if "tuple" in structure:
        return tuple(placed(v, values) for v in structure["tuple"])
    return {k: placed(v, values) for k, v in structure.items()}


def order_of(spec):
    """The places of the inputs, as the library lists them."""
    places = range(len(spec["inputs"]))
    return flatten(placed(spec["structure"]["inputs"], places)) if spec.get("structure") else list(places)


def build(spec, name=None):
    layers = {key: make_layer(desc) for key, desc in spec["layers"].items()}
    if spec["kind"] == "sequential":
        chain = [layers[step["layer"]] for step in spec["steps"]]
        return keras.Sequential((make_inputs(spec) if spec["inputs"] else []) + chain, name=name)
    inputs = make_inputs(spec)
    results = []
    for step in spec["steps"]:
        results.append(run_step(step, layers, inputs, results))
    outputs = [resolve(ref, inputs, results) for ref in spec["outputs"]]
    if spec.get("structure"):
        return keras.Model(placed(spec["structure"]["inputs"], inputs), placed(spec["structure"]["outputs"], outputs), name=name)
    one = lambda xs: xs[0] if len(xs) == 1 else xs  # noqa: E731
    return keras.Model(one(inputs), one(outputs), name=name)


def classes_of(spec, into=None):
    """Every class and function that a model holds, inner ones too."""
    into = set() if into is None else into

    def visit(desc):
        if isinstance(desc, list):
            for d in desc:
                visit(d)
        elif isinstance(desc, dict) and "class" in desc:
            into.add(desc["class"])
            if desc["class"] == "Model":
                classes_of(desc["spec"], into)
            else:
                for value in desc["options"].values():
                    visit(value)

    visit(list(spec["layers"].values()))
    into.update(step.get("call") or step["operation"] for step in spec["steps"] if "layer" not in step)
    return into
