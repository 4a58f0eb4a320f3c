"""Trials: combinations that random growth seldom meets. `wrappers`: every wrapper around every inner layer, with masks and dtype
policies of its own; `shared`: layers and nested models called again with other shapes, dtypes and masks; `structures`: inputs and
outputs as nested records, lists and tuples, of the model and of models inside."""

import copy

import draw
import draw_rnn
import draw_spatial
import grow
from draw import desc, maybe
from lib import dtype_of, shape_of

DTYPES = ["int32", "int64", "uint8", "float16", "float64", "bool"]
SHAPES = {"flat": [4], "steps": [4, 3], "free": [None, 3], "rows": [3, 4, 2], "frames": [2, 3, 4, 2], "clip": [2, 2, 3, 3, 1], "codes": [4], "pages": [3, 4]}


def given(r, kind, name):
    shape = [r.randint(2, 5) if n is not None and r.random() < 0.3 else n for n in SHAPES[kind]]
    if kind in ("codes", "pages"):
        return {"shape": shape, "dtype": r.choice(["int32", "int32", "int64", "uint8", "float32"]), "fill": "ids", "name": name}
    dtype = r.choice(DTYPES) if r.random() < 0.15 else "float32"
    return {"shape": shape, "dtype": dtype, "fill": "padded" if dtype == "float32" else "whole", "name": name}


def recurrent(r, shape):
    """A recurrent layer for a tensor of three to five axes."""
    if len(shape) > 3:
        return draw_rnn.conv_lstm(r, shape)
    return draw_rnn.layer(r, shape) if r.random() < 0.5 else desc("RNN", cell=draw_rnn.cells(r), **draw_rnn.loop_options(r, shape[1], None, shape[0] is not None and r.random() < 0.3))


def both_ways(r, shape):
    if len(shape) == 3:
        return draw_rnn.bidirectional(r, shape)
    inner = draw_rnn.conv_lstm(r, shape)
    return desc("Bidirectional", layer=inner, **maybe(r, 0.5, merge_mode=lambda r: r.choice(["sum", "mul", "ave", None, "concat"])))


def timed(r, shape, depth=0):
    step = (shape[0], *shape[2:])

    def inner(r, step):
        roll = r.random()
        if len(step) > 2 and roll < 0.35:
            return wrapped(r, step, depth + 1)
        if roll < 0.5 and None not in step[1:]:
            return model(r, step, "float32", depth + 1)
        return grow.draw_layer(r, step, "float32", 9, wrapped=True)
    layer = inner(r, step)
    return layer and desc("TimeDistributed", layer=layer)


def wrapped(r, shape, depth=0):
    if not 3 <= len(shape) <= 5 or depth < 2 and r.random() < 0.45:
        return timed(r, shape, depth)
    return r.choice([recurrent, both_ways, both_ways])(r, shape)


def with_policies(r, layer, p):
    for d in grow.inside(layer):
        if "options" in d and r.random() < p:
            d["options"]["dtype"] = r.choice(draw.POLICIES)
    return layer


def model(r, shape, dtype, depth):
    """A nested model for a tensor, of layers and models."""
    inner = grow.input_spec(r, [None if n is not None and k == 0 and len(shape) > 2 and r.random() < 0.4 else n for k, n in enumerate(shape[1:])], dtype, f"in_{depth}")
    kind = r.choice(["sequential", "functional"])
    g = grow.Grower(r, [inner], depth, shape[0])
    for _ in range(r.randint(2, 4)):
        ref, tensor = g.values[-1]
        chain = kind == "sequential"
        if depth < 3 and r.random() < 0.3 and None not in shape_of(tensor)[2:]:
            layer = model(r, shape_of(tensor), dtype_of(tensor), depth + 1)
            if layer is not None:
                g.add_layer(layer, [ref])
        elif r.random() < 0.25 and len(shape_of(tensor)) == 3:
            g.add_layer(desc("Masking"), [ref])
        elif chain or r.random() < 0.6:
            g.one(chain=True)
        else:
            g.step()
        if chain and len(g.results) > 0 and len(g.results[-1]) > 1:
            return None
    if not g.spec["steps"]:
        return None
    g.spec["kind"] = kind
    last = len(g.spec["steps"]) - 1
    g.spec["outputs"] = [{"ref": [last, 0]}]
    if kind == "functional":
        if r.random() < 0.25:
            g.spec["outputs"].append({"ref": [r.randrange(last + 1), 0]})
            g.spec["outputs"] = g.spec["outputs"][: 1 if g.spec["outputs"][0] == g.spec["outputs"][1] else 2]
        grow.prune(g.spec)
    return {"class": "Model", "spec": g.spec}


def masked(g, r, ref, tensor):
    """A tensor that carries a mask, or not, and a mask for the call's keyword."""
    shape, dtype, roll = shape_of(tensor), dtype_of(tensor), r.random()
    if "float" not in dtype or len(shape) == 2:
        if len(shape) > 3 or dtype not in ("int32", "int64", "uint8", "float32"):
            return ref, {}
        if len(shape) == 2 and dtype == "float32" and r.random() < 0.7:
            return ref, {}
        if g.add_layer(desc("Embedding", input_dim=12, output_dim=r.randint(2, 3), mask_zero=r.random() < 0.8), [ref]):
            return g.values[-1][0], {}
        return ref, {}
    if len(shape) >= 3 and roll < 0.5:
        return (g.values[-1][0] if g.add_layer(desc("Masking", **maybe(r, 0.3, mask_value=-1.0)), [ref]) else ref), {}
    if len(shape) >= 3 and roll < 0.75:
        mask = g.mask(shape[:2])
        return ref, {"mask": mask} if mask is not None else {}
    return ref, {}


def takers(g, r, ref, tensor):
    """What takes the mask of a tensor, or hands it on."""
    rank = len(shape_of(tensor))
    if rank == 3:
        layer = r.choice([
            lambda: desc("GlobalAveragePooling1D"), lambda: desc(r.choice(["LSTM", "GRU", "SimpleRNN"]), units=2, return_sequences=r.random() < 0.5), lambda: desc("Softmax", axis=1),
            lambda: desc("Flatten"), lambda: desc("Dense", units=2), lambda: draw_rnn.bidirectional(r, shape_of(tensor)), lambda: draw_spatial.conv(r, shape_of(tensor)), lambda: desc("LayerNormalization"),
            lambda: desc("BatchNormalization"), lambda: desc("MultiHeadAttention", num_heads=2, key_dim=2),
        ])()
        return g.add_layer(layer, [ref, ref] if layer["class"] == "MultiHeadAttention" else [ref])
    if rank > 3 and r.random() < 0.6:
        layer = timed(r, shape_of(tensor))
        return layer is not None and g.add_layer(layer, [ref])
    return False


def finish(g, r, most=5):
    """The model's outputs: what nothing takes, and one that something takes."""
    used = str([[s["args"], s.get("kw")] for s in g.spec["steps"]])
    made = [ref for ref, _ in g.values if "ref" in ref]
    if not made:
        raise ValueError("nothing grew")
    outputs = [ref for ref in made if str(ref) not in used][:most]
    if r.random() < 0.3:
        outputs.append(r.choice(made))
    g.spec["outputs"] = [ref for i, ref in enumerate(outputs) if ref not in outputs[:i]]
    grow.prune(g.spec)
    return g.spec


def batch_of(r):
    return 2 if r.random() < 0.2 else None


def wrappers(r):
    kinds = [k for k in SHAPES if k not in ("flat", "clip")] + ["steps", "rows"]
    g = grow.Grower(r, [given(r, r.choice(kinds), "ab"[k]) for k in range(r.randint(1, 2))], 0, batch_of(r))
    for ref, tensor in list(g.values):
        ref, kw = masked(g, r, ref, tensor)
        for _ in range(r.randint(1, 2)):
            tensor = g.tensors(ref)[0]
            if len(shape_of(tensor)) < 3:
                break
            layer = wrapped(r, shape_of(tensor))
            if layer is None:
                continue
            policies = r.choice([0, 0, 0.2, 0.6])
            if not g.add_layer(with_policies(r, layer, policies), [ref], kw):
                continue
            ref, kw = {"ref": [len(g.spec["steps"]) - 1, 0]}, {}
            if r.random() < 0.6:
                takers(g, r, ref, g.tensors(ref)[0])
    return finish(g, r)


def shared(r):
    """One layer or model on several tensors."""
    kinds = list(SHAPES)
    first = r.choice(kinds)
    inputs = [given(r, first if r.random() < 0.6 else r.choice(kinds), "abc"[k]) for k in range(r.randint(2, 3))]
    if r.random() < 0.6:  # as long in the last axis
        for i in inputs[1:]:
            if "fill" in i and i["fill"] != "ids" and inputs[0]["fill"] != "ids":
                i["shape"][-1] = inputs[0]["shape"][-1]
    g = grow.Grower(r, inputs, 0, batch_of(r))
    sources = []
    for ref, tensor in list(g.values):
        sources.append((ref, tensor, {}))
        carried, kw = masked(g, r, ref, tensor)
        if carried != ref or kw:
            sources.append((carried, g.tensors(carried)[0], kw))
    for _ in range(r.randint(1, 2)):
        ref, tensor, kw = r.choice(sources)
        shape, dtype = shape_of(tensor), dtype_of(tensor)
        layer = model(r, shape, dtype, 1) if r.random() < 0.55 and len(shape) > 1 and dtype != "bool" else grow.draw_layer(r, shape, dtype, 9)
        if layer is None:
            continue
        if r.random() < 0.15:
            with_policies(r, layer, 0.5)
        if not g.add_layer(layer, [ref], kw):
            continue
        key = g.spec["steps"][-1]["layer"]
        for other, _, mask in r.sample(sources, len(sources)):
            g.try_step({"layer": key, "args": [other], **({"kw": mask} if mask else {})})
        if len(g.results[-1]) == 1 and r.random() < 0.4:
            g.try_step({"layer": key, "args": [{"ref": [len(g.spec["steps"]) - 1, 0]}]})
    for _ in range(r.randint(1, 3)):
        ref, tensor = r.choice(g.values)
        if "ref" in ref:
            takers(g, r, ref, tensor) if r.random() < 0.6 else g.merge()
    return finish(g, r, 8)


def structure(r, places, depth=0):
    """The places in nested lists, records and tuples."""
    if len(places) == 1 and (depth > 0 and r.random() < 0.7 or depth > 2):
        return places[0]
    parts, rest = [], list(places)
    while rest:
        n = r.randint(1, len(rest)) if depth < 2 else 1
        parts.append(structure(r, rest[:n], depth + 1))
        rest = rest[n:]
    kind = r.choice(["list", "record", "record", "tuple"])
    if kind == "record":
        names = r.sample(["a", "b", "zeta", "in", "x_1", "Alpha", "out", "m"], len(parts)) if len(parts) < 8 else [f"k{i}" for i in range(len(parts))]
        return dict(zip(names, parts))
    return {"tuple": parts} if kind == "tuple" else parts


def with_references(tree, refs):
    if isinstance(tree, list):
        return [with_references(v, refs) for v in tree]
    if isinstance(tree, dict):
        return {k: with_references(v, refs) for k, v in tree.items()}
    return refs[tree]


def structures(r):
    count = r.randint(1, 4)
    kinds = ["flat", "steps", "rows", "codes"]
    g = grow.Grower(r, [given(r, r.choice(kinds), ["a", "b", "zeta", "q"][k] if r.random() < 0.7 else None) for k in range(count)], 0, batch_of(r))
    if r.random() < 0.6:
        chosen = [r.choice(g.values) for _ in range(r.randint(1, 3))]
        inputs = [grow.input_spec(r, shape_of(t)[1:], dtype_of(t), f"inner_{k}" if r.random() < 0.7 else None) for k, (_, t) in enumerate(chosen)]
        inner = grow.grow(r, "functional", copy.deepcopy(inputs), r.randint(1, 4), 1, g.batch)
        if len(inner["inputs"]) == len(inputs):
            tree = structure(r, list(range(len(inputs))))
            inner["structure"] = {"inputs": tree, "outputs": structure(r, list(range(len(inner["outputs"]))))}
            g.add_layer({"class": "Model", "spec": inner}, [with_references(tree, [ref for ref, _ in chosen])])
    steps = r.randint(2, 6)
    for _ in range(3 * steps):
        if len(g.spec["steps"]) < steps:
            g.step()
    spec = finish(g, r, 6)
    spec["structure"] = {"inputs": structure(r, list(range(len(spec["inputs"])))), "outputs": structure(r, list(range(len(spec["outputs"]))))}
    return spec


TRIALS = {"wrappers": wrappers, "shared": shared, "structures": structures}
