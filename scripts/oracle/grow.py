"""Grows a random model: tensors are drawn from those at hand and given to a drawn layer, operation or merge; what Keras
refuses is dropped. Gives the model's spec (see spec.py), which alone is then built."""

import copy
import inspect

import draw
import draw_attention
import draw_math
import draw_more
import draw_ops
import draw_prepare
import draw_rnn
import draw_spatial
import draw_text
from lib import L, TFK, dtype_of, first_line, np, set_policy, shape_of, tf
from spec import make_inputs, make_layer, run_step
from values import cuts, tensor, usable, values_for

LIMIT = 3000
# Of coverage.mjs: by class "cells" that no model has had, [option, kind of value, values to try], and values of "required" options.
WANTED = {}
REFUSALS = []  # what Keras refused of them: [cell, why]
INPUT_DTYPES = ["int32", "int32", "int64", "uint8", "int8", "int16", "bool", "float16", "float64"]
MERGES = ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Concatenate", "Dot"]


class NotCompared(ValueError):
    """The library takes it, but of what it gives nothing can be told, or no model can hold it. `cells`: those that are to blame."""

    def __init__(self, why, cells=()):
        super().__init__(why)
        self.cells = list(cells)


class Tie(NotCompared):
    """With other values of the inputs it may be none."""


def inside(value):
    """The layer descriptions in a value, outer ones first."""
    if isinstance(value, list):
        return [d for v in value for d in inside(v)]
    if not isinstance(value, dict) or "class" not in value:
        return []
    return [value] + ([] if "spec" in value else inside(list(value["options"].values())))


def aims_of(spec):
    """The cells that a model was drawn for, taken out of it."""
    found = [a for d in inside(list(spec["layers"].values())) for a in d.pop("aim", [])]
    return found + [a for d in spec["layers"].values() if "spec" in d for a in aims_of(d["spec"])]


def aim(r, layer, most):
    """A copy with up to so many options, of the layer or of one inside, that have values wanted; None where none is."""
    trial = copy.deepcopy(layer)
    found = [d for d in inside(trial) if d["class"] in WANTED]
    if not found:
        return None
    chosen = r.choice(found)
    cells = r.sample(WANTED[chosen["class"]]["cells"], len(WANTED[chosen["class"]]["cells"]))
    cells = list({option: (option, kind, values) for option, kind, values in cells}.values())[:most]
    if r.random() < 0.5:
        needed = {p.name for p in inspect.signature(getattr(L, chosen["class"]).__init__).parameters.values() if p.default is p.empty}
        chosen["options"] = {k: v for k, v in chosen["options"].items() if k in needed}
    chosen["options"].update({option: r.choice(values) for option, _, values in cells})
    chosen["aim"] = [f"{chosen['class']}.{option}={kind}" for option, kind, _ in cells]
    return trial


def fits(told, computed):
    """Whether a value has the shape that Keras says of it before."""
    sizes = shape_of(told), shape_of(computed)
    return len(sizes[0]) == len(sizes[1]) and all(a in (None, b) for a, b in zip(*sizes))


def skips_start(layer, shape):
    """Whether strides reach past what a "same" padded Conv3D reads: its kernels in TensorFlow (oneDNN, Eigen) begin at other places then."""
    options = layer["options"] if layer["class"] == "Conv3D" else {}
    if len(shape) != 5 or str(options.get("padding")).lower() != "same" or options.get("data_format") == "channels_first":
        return False
    triple = lambda name: np.broadcast_to(options.get(name, 1), 3)
    kernel, strides, dilation = triple("kernel_size"), triple("strides"), triple("dilation_rate")
    return any(n is not None and (n - 1) // s * s + (k - 1) * d + 1 < n for n, k, s, d in zip(shape[1:4], kernel, strides, dilation))


def elements(shape, batch=3, time=6):
    total = 1
    for i, n in enumerate(shape):
        total *= (batch if i == 0 else time) if n is None else n
    return total


def draw_layer(r, shape, dtype, depth=0, wrapped=False):
    """A layer for one tensor; None where there is none."""
    rank = len(shape)
    if dtype == "string":
        return draw_text.words(r, shape)
    if "float" not in dtype and r.random() < 0.2:
        return r.choice([draw_prepare.categories, draw_prepare.bins, draw_text.numbers])(r, shape)
    if "float" not in dtype and r.random() < 0.6:
        return draw.embedding(r, shape) if rank <= 3 else None
    if rank == 1:
        return None
    plain = [draw.dense] * 2 + [draw.activations, draw.regularization, draw.normalization, draw.scaling]
    if rank <= 5:
        plain += [draw.reshaping, draw_attention.einsum]
    if rank <= 3 and not TFK and r.random() < 0.25:
        plain.append(draw_attention.spectrogram)
    families = [*plain, draw_prepare.bins] if rank < 4 and r.random() < 0.4 else list(plain)
    if rank == 4 and not wrapped and (TFK or "float" in dtype):  # Keras 3 resizes integers to integers when called, to floats in a graph
        families += [draw_prepare.images] * 4
    if rank == 3:
        families += [draw_rnn.layer] * (14 if not wrapped else 4) + [draw_rnn.bidirectional] * 6 + [draw.masking] * (2 if not wrapped else 0)
    if 3 <= rank <= 5:
        families += [draw_spatial.conv] * 4 + [draw_spatial.pooling] * 2 + [draw_spatial.space] * 2
        families += [draw_spatial.adaptive] if not TFK else [draw_spatial.local]
    if 4 <= rank <= 6:
        families += [draw_rnn.conv_lstm] * 3
    if 3 <= rank <= 6 and not (wrapped and rank == 3):
        families += [timed] * 3
    drawer = r.choice(families)
    layer = timed(r, shape, depth) if drawer is timed else drawer(r, shape)
    if layer is None:
        return None
    if layer["class"] == "UpSampling2D" and "float" not in dtype:
        layer["options"].pop("interpolation", None)  # Keras 3 cuts fractions off: rounding decides
    kernel = layer["class"] in ("Dense", "Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose")
    return draw_prepare.spectral(r, shape, layer) if kernel and r.random() < 0.12 else layer


def timed(r, shape, depth=0):
    def inner(r, step):
        if depth < 1 and None not in step[1:] and r.random() < 0.25:
            return {"class": "Model", "spec": grow(r, "sequential", inputs=[input_spec(r, step[1:], "float32")], steps=r.randint(1, 3), depth=depth + 1, batch=step[0])}
        return draw_layer(r, step, "float32", depth, wrapped=True)
    return draw_rnn.time_distributed(r, shape, inner)


def input_spec(r, shape=None, dtype=None, name=None):
    if shape is None:
        time = r.choice([None, 3, 4, 5])
        kind = r.choice(["flat", "flat", "text", "words", "code", *["steps"] * 9, "ids", "ids", "ids", "image", "image", "frames1", "frames", "volume", "clip3"] if r.random() < 0.9 else ["clip3", "frames"])
        if kind in ("text", "words", "code"):
            size = 1 if kind == "code" or r.random() < 0.4 else r.randint(2, 4)
            return {"shape": [size], "dtype": r.choice(["int32", "int64"]) if kind == "code" else "string", "fill": "text" if kind != "code" else "whole", "name": name}
        shape = {"flat": [r.randint(2, 6)], "steps": [time, r.randint(1, 5)], "ids": [time], "image": [r.randint(3, 7), r.randint(3, 7), r.randint(1, 3)],
                 "frames1": [r.choice([None, 2, 3]), r.randint(3, 6), r.randint(1, 3)], "frames": [r.choice([None, 2, 3]), r.randint(3, 5), r.randint(3, 5), r.randint(1, 2)],
                 "volume": [r.randint(2, 4), r.randint(3, 4), r.randint(3, 4), r.randint(1, 2)], "clip3": [2, 2, 3, 3, r.randint(1, 2)]}[kind]
        dtype = "int32" if kind == "ids" and r.random() < 0.85 else "float32"
        if kind == "ids" and dtype == "float32":
            return {"shape": list(shape), "dtype": dtype, "fill": "ids", "name": name}
        if kind != "ids" and r.random() < 0.25:
            return {"shape": list(shape), "dtype": r.choice(INPUT_DTYPES), "fill": "whole", "name": name}
    fill = "ids" if dtype == "int32" else r.choice(["normal", "padded"]) if dtype == "float32" else "whole"
    return {"shape": list(shape), "dtype": dtype, "fill": fill, "name": name}


def truthy(r, options):
    """Some switches are numbers, as old code writes them."""
    for key, value in options.items():
        if isinstance(value, bool) and r.random() < 0.08:
            options[key] = int(value)


class Grower:
    texts = False  # whether a step may give texts
    scalars = False  # whether a step may give what has no axes
    final = False  # whether nothing takes what the step gives
    inner = False  # whether the step is but one on the way to what is wanted, and may be not finite
    corners = False  # whether the inputs have what is not finite, and the ends of dtypes

    def __init__(self, r, inputs, depth, batch):
        self.r, self.depth, self.batch = r, depth, batch
        self.spec = {"kind": "functional", "batch": batch, "inputs": inputs, "layers": {}, "steps": [], "outputs": []}
        self.inputs = make_inputs(self.spec)
        self.layers, self.results = {}, []
        sizes = {"batch": batch or 2, "time": 4}
        self.computed_inputs = [tf.constant(tensor(v)) for v in values_for(self.spec, np.random.default_rng(r.getrandbits(32)), sizes)]
        self.computed = []
        self.why, self.tied = None, False
        self.values = [({"in": k}, t) for k, t in enumerate(self.inputs)]

    def tensors(self, *refs):
        return [t for ref in refs for known, t in self.values if known == ref]

    def shape_at(self, ref):
        """The shape of an input or of what a step gives; none of anything else."""
        if not isinstance(ref, dict):
            return []
        return shape_of(self.inputs[ref["in"]] if "in" in ref else self.results[ref["ref"][0]][ref["ref"][1]])

    def compute(self, step, layers):
        return run_step(step, layers, self.computed_inputs, self.computed)

    def try_step(self, step, layer=None):
        """Appends the step unless Keras refuses it, as it builds or as it computes, or it grows too large. True when appended."""
        made = {}
        try:
            if layer is not None:
                made[step["layer"]] = make_layer(layer)
            out = run_step(step, {**self.layers, **made}, self.inputs, self.results)
            for t in out:
                shape = shape_of(t)
                if any(n is not None and n <= 0 for n in shape) or not (shape or self.scalars) or elements(shape) > LIMIT or (dtype_of(t) == "string" and not self.texts):
                    raise NotCompared("its output is empty, too large, or text")
            if any(t is known for t in out for known in (*self.inputs, *sum(self.results, []))):
                raise ValueError("its output is its input, which is part of a cycle then")
            # As a model predicts, which images of whole numbers tell from what is traced and from `predict` (RandomCrop).
            predicts = len(step["args"]) == 1 and any(getattr(made.get(step.get("layer")), name, False) for name in ("_call_has_training_arg", "_expects_training_arg"))
            kw = {"training": False, **step.get("kw", {})} if predicts else step.get("kw", {})
            with cuts() as cut:
                computed = self.compute({**step, "kw": kw}, {**self.layers, **made})
            if any(cut):
                raise Tie("a tie, which rounding decides")
            if layer is not None and "spec" not in layer and any(skips_start(layer, self.shape_at(ref)) for ref in step["args"]):
                raise NotCompared("TensorFlow's kernels begin at other places")
            if not usable([t.numpy() for t in computed], self.corners or self.inner):
                raise NotCompared("its outputs are not finite, or huge")
            # Where a dtype is another than was told, layers after it are built for another.
            if not all(fits(a, b) and (self.final or dtype_of(a) == dtype_of(b)) for a, b in zip(out, computed)):
                raise NotCompared("it computes another shape or dtype than it tells")
        except Exception as error:
            self.why, self.tied = first_line(error), isinstance(error, Tie)
            return False
        index = len(self.spec["steps"])
        self.spec["steps"].append(step)
        self.results.append(out)
        self.computed.append(computed)
        self.layers.update(made)
        if layer is not None:
            self.spec["layers"][step["layer"]] = layer
        self.values += [({"ref": [index, k]}, t) for k, t in enumerate(out)]
        return True

    def add_layer(self, layer, args, kw=None):
        key = f"l{len(self.spec['layers'])}"
        if layer["class"] != "Model" and self.r.random() < 0.15:
            layer["options"]["name"] = self.r.choice(["block_{}", "my-layer{}", "Layer.{}", "x{}_1"]).format(len(self.spec["layers"]) + 10 * self.depth)
        truthy(self.r, layer["options"] if layer["class"] != "Model" else {})
        step = {"layer": key, "args": args, **({"kw": kw} if kw else {})}
        for most in (5, 1) if WANTED and layer["class"] != "Model" else ():
            trial = aim(self.r, layer, most)
            if trial is not None and self.try_step(step, trial):
                return True
        if WANTED and layer["class"] != "Model":
            REFUSALS.extend([cell, self.why] for d in inside(trial) for cell in d.get("aim", []))
        return self.try_step(step, layer)

    def pick(self, chain=False):
        return self.values[-1] if chain or self.r.random() < 0.6 else self.r.choice(self.values)

    def one(self, chain=False):
        """One more step on one tensor."""
        ref, tensor = self.pick(chain)
        shape, dtype, r = shape_of(tensor), dtype_of(tensor), self.r
        layer = self.hunt(shape, dtype) or draw_layer(r, shape, dtype, self.depth)
        if layer is None:
            return False
        if layer["class"] != "Model" and r.random() < 0.02:
            layer["options"]["dtype"] = r.choice(draw.POLICIES)
        if chain:
            options = (layer["options"].get("layer") or layer).get("options", {})
            options.pop("return_state", None)
            if layer["class"] == "Bidirectional":
                layer["options"].get("backward_layer", {"options": {}})["options"].pop("return_state", None)
                if layer["options"].get("merge_mode", 1) is None:
                    del layer["options"]["merge_mode"]
        if chain:
            return self.add_layer(layer, [ref])
        args, kw = self.call_options(layer, shape)
        return self.add_layer(layer, [ref, *args], kw)

    def hunt(self, shape, dtype):
        """A layer of a class that has empty cells: as it is drawn, or else with what it cannot be without."""
        r = self.r
        if not WANTED or r.random() < 0.4:
            return None
        target = r.choice([cls for cls in WANTED if hasattr(L, cls)] or [None])
        for _ in range(60):
            layer = draw_layer(r, shape, dtype, depth=9)
            if layer is not None and any(d["class"] == target for d in inside(layer)):
                return layer
        if target is None or r.random() < 0.6:
            return None
        return draw.desc(target, **{option: r.choice(values) for option, values in WANTED[target]["required"].items() if values})

    def call_options(self, layer, shape):
        """What the call is given beside its input: positional arguments, and those by keyword."""
        r, kw = self.r, {}
        inner = layer["options"].get("layer", layer) if layer["class"] == "Bidirectional" else layer
        kind = inner["class"]
        if kind in draw_rnn.KINDS and r.random() < 0.25:
            count = (2 if kind == "LSTM" else 1) * (2 if layer["class"] == "Bidirectional" else 1)
            back = layer["options"].get("backward_layer")
            if back is None or (back["class"] == kind and back["options"]["units"] == inner["options"]["units"]):
                states = self.states(count, inner["options"]["units"])
                if states:
                    kw["initial_state"] = states if count > 1 or r.random() < 0.5 else states[0]
        names = draw_more.taken(layer["class"])
        if "mask" in names and r.random() < 0.4:
            mask = self.mask(shape if kind == "Softmax" else shape[:2])
            if mask is not None:
                kw["mask"] = mask
        return draw_more.arguments(r, names, kw) if r.random() < 0.7 else ([], kw)

    def mask(self, shape):
        """A bool tensor of a shape; in Keras 3 one is made by comparing."""
        r = self.r
        wanted = [ref for ref, t in self.values if dtype_of(t) == "bool" and shape_of(t) == shape]
        if wanted:
            return r.choice(wanted)
        same = [ref for ref, t in self.values if "float" in dtype_of(t) and shape_of(t) == shape]
        longer = [ref for ref, t in self.values if "float" in dtype_of(t) and shape_of(t)[:-1] == shape]
        if TFK or not (same or longer):
            return None
        source = r.choice(same or longer)
        if not same:
            if not self.try_step({"call": "ops.max", "args": [source], "kw": {"axis": -1}}):
                return None
            source = {"ref": [len(self.spec["steps"]) - 1, 0]}
        if not self.try_step({"call": "ops.greater", "args": [source, -0.3]}):
            return None
        return {"ref": [len(self.spec["steps"]) - 1, 0]}

    def states(self, count, units):
        r = self.r
        ready = [ref for ref, t in self.values if shape_of(t)[1:] == (units,) and "float" in dtype_of(t)]
        if len(ready) >= count and r.random() < 0.7:
            return r.sample(ready, count)
        flat = [ref for ref, t in self.values if len(shape_of(t)) == 2 and "float" in dtype_of(t)]
        if not flat:
            return None
        found = []
        for _ in range(count):
            if not self.add_layer(draw.desc("Dense", units=units), [r.choice(flat)]):
                return None
            found.append({"ref": [len(self.spec["steps"]) - 1, 0]})
        return found

    def merge(self):
        r = self.r
        codes = [ref for ref, t in self.values if dtype_of(t) in ("string", "int32", "int64") and shape_of(t)[1:] == (1,)]
        if len(codes) > 1 and r.random() < 0.7:
            return self.add_layer(draw_text.crossing(r), [[r.choice(codes), r.choice(codes)]])
        if r.random() < 0.35:
            return self.attention()
        floats = [(ref, t) for ref, t in self.values if "float" in dtype_of(t)]
        if len(floats) < 2:
            return False
        kind = r.choice(MERGES)
        first = r.choice(floats)
        alike = [v for v in floats if shape_of(v[1]) == shape_of(first[1])]
        pool = alike if len(alike) > 1 and r.random() < 0.8 else [v for v in floats if len(shape_of(v[1])) == len(shape_of(first[1]))] if r.random() < 0.8 else floats
        count = 2 if kind in ("Subtract", "Dot") else r.randint(2, 3)
        chosen = [first, *(r.choice(pool) for _ in range(count - 1))]
        rank = len(shape_of(first[1]))
        options = {}
        if kind == "Concatenate" and r.random() < 0.5:
            options["axis"] = r.choice([-1, 1, rank - 1])
        if kind == "Dot":
            options = {"axes": r.choice([1, -1, rank - 1, [1, 1], [rank - 1, rank - 1]]), **draw.maybe(r, 0.3, normalize=True)}
        return self.add_layer(draw.desc(kind, **options), [[ref for ref, _ in chosen]])

    def attention(self):
        """Attention over tensors of one rank, with what its call takes."""
        r, kw = self.r, {}
        floats = [(ref, t) for ref, t in self.values if "float" in dtype_of(t) and len(shape_of(t)) >= 3]
        if not floats:
            return False
        query, tensor = r.choice(floats)
        shape = shape_of(tensor)
        near = [(ref, t) for ref, t in floats if len(shape_of(t)) == len(shape) and shape_of(t)[:-2] == shape[:-2]]
        value, source = r.choice(near)
        key = r.choice([ref for ref, t in near if shape_of(t)[:-1] == shape_of(source)[:-1]]) if r.random() < 0.3 else None
        for name in ("return_attention_scores", "use_causal_mask"):
            if r.random() < 0.3:
                kw[name] = r.random() < 0.8
        if len(shape) == 3 and r.random() < 0.5:
            masks = {"q": self.mask(shape[:2]), "v": self.mask(shape_of(source)[:2])}
        else:
            masks = {}
        if r.random() < 0.6:
            layer = draw_attention.heads(r, shape)
            grid = [ref for ref, t in self.values if dtype_of(t) == "bool" and shape_of(t) in [(*shape[:2], shape_of(source)[1]), (1, shape[1], shape_of(source)[1])]]
            if grid:
                kw["attention_mask"] = r.choice(grid)
            for name, mask in (("query_mask", masks.get("q")), ("value_mask", masks.get("v")), ("key_mask", masks.get("v"))):
                if mask is not None and r.random() < 0.5 and layer["class"] == "MultiHeadAttention" and not TFK:
                    kw[name] = mask
            return self.add_layer(layer, [query, value, *([key] if key is not None else [])], kw)
        if masks.get("v") is not None and r.random() < 0.7:
            kw["mask"] = [masks["q"], masks["v"]]
        return self.add_layer(draw_attention.dense(r), [[query, value, *([key] if key is not None else [])]], kw)

    def operation(self):
        r = self.r
        more = not TFK and r.random() < 0.6
        floats = [(ref, t) for ref, t in self.values if (more and dtype_of(t) != "string") or "float" in dtype_of(t)]
        if not floats:
            return False
        drawer = r.choice([draw_more, draw_math]) if more else draw_ops
        if r.random() < 0.25:
            a = r.choice(floats)
            b = r.choice([v for v in floats if shape_of(v[1]) == shape_of(a[1])])
            operands, steps = [a, b], drawer.pair(r, [shape_of(a[1]), shape_of(b[1])])
        else:
            a = self.pick()
            if not (more or "float" in dtype_of(a[1])) or dtype_of(a[1]) == "string" or len(shape_of(a[1])) < 2:
                return False
            operands, steps = [a, a], drawer.draw(r, shape_of(a[1]))

        def fill(value):
            if isinstance(value, list):
                return [fill(v) for v in value]
            if isinstance(value, dict):
                if "x" in value:
                    return operands[value["x"]][0]
                if "last" in value:
                    return {"ref": [len(self.spec["steps"]) - 1, 0]}
                return {k: fill(v) for k, v in value.items()}
            return value

        return all([self.try_step({**step, "args": fill(step["args"])}) for step in steps[:1]]) and all(self.try_step({**step, "args": fill(step["args"])}) for step in steps[1:])

    def nested(self):
        """A model as a layer, on one or two tensors at hand."""
        r = self.r
        count = r.choice([1, 1, 2])
        chosen = [r.choice(self.values) for _ in range(count)]
        if any("bool" in dtype_of(t) or len(shape_of(t)) < 2 for _, t in chosen):
            return False
        inputs = [input_spec(r, shape_of(t)[1:], dtype_of(t), f"inner_{len(self.spec['steps'])}_{k}") for k, (_, t) in enumerate(chosen)]
        kind = "sequential" if count == 1 and r.random() < 0.5 else "functional"
        inner = grow(r, kind, inputs, r.randint(1, 4), self.depth + 1, self.batch)
        args = [ref for ref, _ in chosen]
        kw = {}
        if count == 1 and r.random() < 0.3:
            mask = self.mask(shape_of(chosen[0][1])[:2])
            if mask is not None:
                kw["mask"] = mask
        if r.random() < 0.15:
            kw["training"] = r.choice([False, None, 0])
        return self.add_layer({"class": "Model", "spec": inner}, args if count == 1 else [args], kw)

    def again(self):
        """A layer's second call."""
        keys = list(self.spec["layers"])
        if not keys:
            return False
        key = self.r.choice(keys)
        first = next(s for s in self.spec["steps"] if s.get("layer") == key)
        if "kw" in first or isinstance(first["args"][0], list):
            return False
        ref, tensor = self.pick()
        if "Embedding" in self.spec["layers"][key]["class"] and "float" in dtype_of(tensor):  # of 1 ± 1e-7 the rounding decides
            return False
        return self.try_step({"layer": key, "args": [ref]})

    def step(self):
        roll = self.r.random()
        if roll < 0.52:
            return self.one()
        if roll < 0.62:
            return self.merge()
        if roll < 0.84:
            return self.operation()
        if roll < 0.92 and self.depth < 2:
            return self.nested()
        return self.again()


def grow(r, kind, inputs, steps, depth=0, batch=None):
    g = Grower(r, inputs, depth, batch)
    tries = 0
    while len(g.spec["steps"]) < steps and tries < 6 * steps + 6:
        tries += 1
        if kind == "sequential":
            g.one(chain=True)
        else:
            g.step()
    spec = g.spec
    spec["kind"] = kind
    if not spec["steps"]:
        raise ValueError("nothing grew")
    if kind == "sequential":
        spec["outputs"] = [{"ref": [len(spec["steps"]) - 1, 0]}]
        return spec
    used = str([[s["args"], s.get("kw")] for s in spec["steps"]])
    made = [ref for ref, t in g.values if "ref" in ref]
    leaves = [ref for ref in made if str(ref) not in used]
    r.shuffle(leaves)
    outputs = leaves[: r.randint(1, 4)]
    if r.random() < 0.2:
        outputs.append(r.choice(made))
    spec["outputs"] = [ref for i, ref in enumerate(outputs) if ref not in outputs[:i]]
    prune(spec)
    if depth == 0 and r.random() < 0.08:
        spec["structure"] = {"inputs": {i["name"]: k for k, i in enumerate(spec["inputs"])}, "outputs": {f"out_{'zyxwvu'[k]}": k for k in range(len(spec["outputs"]))}}
    return spec


def refs_in(value, into):
    if isinstance(value, list):
        for v in value:
            refs_in(v, into)
    elif isinstance(value, dict):
        if "ref" in value:
            into.add(("ref", value["ref"][0]))
        elif "in" in value:
            into.add(("in", value["in"]))
        else:
            for v in value.values():
                refs_in(v, into)


def prune(spec):
    """Keeps only what the outputs need: unused steps and layers go, unused inputs become outputs of nothing."""
    needed = set()
    refs_in(spec["outputs"], needed)
    for i in range(len(spec["steps"]) - 1, -1, -1):
        if ("ref", i) in needed:
            refs_in([spec["steps"][i]["args"], spec["steps"][i].get("kw")], needed)
    steps = [i for i in range(len(spec["steps"])) if ("ref", i) in needed]
    inputs = [k for k in range(len(spec["inputs"])) if ("in", k) in needed]

    def move(value):
        if isinstance(value, list):
            return [move(v) for v in value]
        if isinstance(value, dict):
            if "ref" in value:
                return {"ref": [steps.index(value["ref"][0]), value["ref"][1]]}
            if "in" in value:
                return {"in": inputs.index(value["in"])}
            return {k: move(v) for k, v in value.items()}
        return value

    spec["steps"] = [{**spec["steps"][i], "args": move(spec["steps"][i]["args"]), **({"kw": move(spec["steps"][i]["kw"])} if "kw" in spec["steps"][i] else {})} for i in steps]
    spec["outputs"] = move(spec["outputs"])
    kept = {s["layer"] for s in spec["steps"] if "layer" in s}
    spec["layers"] = {k: v for k, v in spec["layers"].items() if k in kept}
    if spec["inputs"] and len(inputs) < len(spec["inputs"]):
        spec["inputs"] = [spec["inputs"][k] for k in inputs]


def draw_model(r, draw_whole=None, p=0.08):
    """A whole model, with the chance p by another dtype policy."""
    policy = r.choice(draw.POLICIES) if r.random() < p else None
    set_policy(policy or "float32")
    try:
        spec = (draw_whole or whole)(r)
    finally:
        set_policy("float32")
    return {**spec, "policy": policy} if policy else spec


def wide(r, batch):
    """Layers side by side, for what no model has had yet: many at once."""
    g = Grower(r, [input_spec(r, name="abcd"[k]) for k in range(4)], 0, batch)
    inputs = list(g.values)
    for _ in range(40):
        g.values = r.sample(inputs, 4)
        if len(g.spec["steps"]) < 14:
            g.one() if r.random() < 0.85 else g.merge()
    steps = g.spec["steps"]
    if not steps:
        raise ValueError("nothing grew")
    g.spec["outputs"] = [{"ref": [i, 0]} for i in range(len(steps))]
    prune(g.spec)
    return g.spec


def whole(r):
    batch = r.choice([1, 2]) if r.random() < 0.15 else None
    if WANTED and r.random() < 0.5:
        return wide(r, batch)
    if r.random() < 0.3:
        return grow(r, "sequential", [input_spec(r, name=r.choice([None, "x", "steps"]))], r.randint(1, 5), batch=batch)
    count = r.choice([1, 1, 2, 2, 3])
    inputs = [input_spec(r, name="abc"[k]) for k in range(count)]
    if r.random() < 0.12:
        steps = [i["shape"][0] for i in inputs if len(i["shape"]) == 2]
        if steps:
            inputs.append({"shape": [steps[0]], "dtype": "bool", "fill": "bool", "name": "mask"})
    return grow(r, "functional", inputs, r.randint(2, 8), batch=batch)



