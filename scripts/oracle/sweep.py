"""The sweep: every cell of the table of coverage has a model that is made for it. A round is a class with values of several of its
options; what Keras refuses together is tried in halves, down to one value, on every input that the class may take."""

import copy
import importlib
import inspect
import random
import re
import zlib

import draw_math
import draw_more
import draw_ops
import grow
from draw import desc
from lib import TFK, keras, layer_class, tf
from spec import function, operation_classes, run_step
from sweep_calls import A, CALLS, LAYERS, OPERATIONS, SHAPES
from values import tensor, values_for

DataLayer = None if TFK else importlib.import_module("keras.src.layers.preprocessing.data_layer").DataLayer
BATCH = 2
MOST = 72  # trials of one value before what Keras says is taken for good
ALIKE = 10  # or so many answers that are the same but for numbers
# Cells that say nothing: [class, option or dtype] and why.
ORDER = "the order of NaN among numbers is its kernel's"
SUMS = "sums of what is not finite are its kernel's"
NOT_DRAWN = {
    **{(cls, "values", "float32"): ORDER for cls in ("Argpartition", "Argsort", "Sort", "TopK", "Median", "Percentile", "Quantile", "InTopK", "SearchSorted", "CTCDecode", "CTCLoss", "Unique", "MaxPooling3D", "AdaptiveMaxPooling3D", "Sparsemax", "RGBToHSV")},
    **{(cls, "values", "float32"): SUMS for cls in ("FFT", "FFT2", "IFFT2", "RFFT", "IRFFT", "STFT", "ISTFT", "Linspace", "Logspace", "Resizing", "Resize", "UpSampling2D", "CenterCrop", "RandomCrop", "Qr", "DotProductAttention", "Nancumprod")},
    **{("RandomGrayscale", option, None): "a call gives the inputs' dtype, predict floats" for option in ("inputs", "values")},
    **{("Bincount", option, kind): "how long it is the largest value says" for option, kinds in (("minlength", "1"), ("values", ("int8", "uint8", "int32", "int64"))) for kind in kinds},
    ("Moments", "values", "int64"): "squares of more than 64 bits, of which engines hold 53",
    **{("Nancumprod", "values", dtype): "products that float32 alone cannot hold" for dtype in ("int8", "uint8", "int32", "int64")},
    **{(cls, "values", dtype): "all of it is rounding" for cls in ("CTCLoss", "DotProductAttention") for dtype in ("int32", "int64")},
}
# Classes that no call makes.
NOT_MADE = {"AddLoss": "only add_loss of a model makes it", "AddMetric": "only add_metric of a model makes it", "DenseFeatures": "it takes columns by their names", "FeatureSpace": "it takes columns by their names", "TensorFlowOpLayer": "only versions before 2.4 made it"}
NO_ARGUMENT = "no argument of the function that makes it"
KEPT = ("size", "num_segments", "minlength")  # lengths that a graph must know: what else a template says may go
REQUIRED = {}  # of coverage.mjs: values of the options that a class cannot be without
NAMES = {}  # functions of operations by class
POOL = {}  # templates by class


def input_of(kind, dtype=None, fill=None):
    name, _, letter = kind.partition(" ")
    shape = SHAPES[kind] if kind in SHAPES else [int(n) for n in name.split(",")]
    own = {"": ("float32", "normal"), "i": ("int32", "ids"), "t": ("string", "text"), "b": ("bool", "bool")}[letter]
    if own[0] == "string" or dtype is None:
        return {"shape": shape, "dtype": own[0], "fill": own[1], "name": None}
    return {"shape": shape, "dtype": dtype, "fill": fill, "name": None}


def required(cls):
    parameters = inspect.signature(layer_class(cls).__init__).parameters.values()
    return {p.name for p in parameters if p.default is p.empty and p.kind == p.POSITIONAL_OR_KEYWORD}


def class_of(step, kinds):
    """The class of an operation, by calling it."""
    try:
        inputs = [keras.Input(batch_shape=(BATCH, *input_of(kind)["shape"]), dtype=input_of(kind)["dtype"]) for kind in kinds]
        [out, *_] = run_step(step, {}, inputs, [])
        return type(out._keras_history.operation).__name__
    except Exception:
        return None


def local(value, last):
    """A drawn step, its operands as inputs: all the first one, or two."""
    if isinstance(value, list):
        return [local(v, last) for v in value]
    if isinstance(value, dict):
        return {"in": min(value["x"], last)} if "x" in value else {k: local(v, last) for k, v in value.items()}
    return value


def keep(cls, template, most=8):
    found = POOL.setdefault(cls, [])
    if len(found) < most and template not in found:
        found.append(template)


def fill_pool():
    """What the drawers draw, by class, for inputs of every kind."""
    r = random.Random("pool")
    for kinds, step in LAYERS:
        for cls in {d["class"] for d in grow.inside(step["layer"])} - {"Flatten"}:
            keep(cls, {"kinds": kinds, "steps": [step]})
    for kind in SHAPES:
        given = input_of(kind)
        per_kind = {}
        for _ in range(500):
            layer = grow.draw_layer(r, (BATCH, *given["shape"]), given["dtype"], depth=9)
            for d in grow.inside(layer) if layer is not None else []:
                per_kind[d["class"]] = per_kind.get(d["class"], 0) + 1
                if per_kind[d["class"]] <= 2:
                    keep(d["class"], {"kinds": [kind], "steps": [{"layer": layer, "args": [A]}]})
    for kind in ("flat", "steps", "image"):
        keep("InputLayer", {"kinds": [kind], "steps": [{"layer": desc("Flatten"), "args": [A]}]})
        for cls in ("Functional", "Sequential"):
            inner = {"kind": cls.lower(), "batch": BATCH, "inputs": [input_of(kind)], "layers": {"a": desc("Flatten")}, "steps": [{"layer": "a", "args": [A]}], "outputs": [{"ref": [0, 0]}]}
            keep(cls, {"kinds": [kind], "steps": [{"layer": {"class": "Model", "spec": inner}, "args": [A]}]})
        if TFK:
            keep("TFOpLambda", {"kinds": [kind], "steps": [{"call": "tf.abs", "args": [A]}]})
            keep("TFOpLambda", {"kinds": [kind], "steps": [{"call": "tf.expand_dims", "args": [A, 1]}]})
    if TFK:
        return
    for kinds, steps in CALLS:
        keep_calls(kinds, steps)
    for kinds, step in OPERATIONS:
        keep(step["operation"], {"kinds": kinds, "steps": [step]})
    for kind in ("flat", "steps", "square", "image", "codes i"):
        shape = (BATCH, *input_of(kind)["shape"])
        for drawer in (draw_ops, draw_math, draw_more):
            for _ in range(260):
                keep_calls([kind], local(drawer.draw(r, shape), 0))
            for _ in range(60):
                keep_calls([kind, kind], local(drawer.pair(r, [shape, shape]), 1))


def keep_calls(kinds, steps):
    for i, step in enumerate(steps):
        name = step["call"]
        if name not in NAMES or NAMES[name] is None:
            NAMES[name] = class_of(step, kinds) if "last" not in str(step) else guess(name)
        if NAMES[name] is not None:
            keep(NAMES[name], {"kinds": kinds, "steps": steps[: i + 1]})


def guess(name):
    """The class that a function makes, of its source."""
    from keras.src.ops.operation import Operation

    try:
        f = function(name)
        source = inspect.getsource(f)
    except (TypeError, AttributeError, OSError):
        return None
    home = inspect.getmodule(f)
    made = [n for n, c in vars(home).items() if inspect.isclass(c) and issubclass(c, Operation) and f"{n}(" in source]
    return max(made, key=len, default=None)


def prepared(template, cls, options, plain):
    """A template's steps with options of a class; None where they have no place in it."""
    steps = copy.deepcopy(template["steps"])
    last = steps[-1]
    if "layer" in last:
        target = next((d for d in grow.inside(last["layer"]) if d["class"] == cls), None)
        if target is None:  # the model around, or one inside
            return None if options else steps
        if plain:
            needed = required(cls)
            target["options"] = {k: v for k, v in target["options"].items() if k in needed}
        target["options"].update(options)
        return steps
    if "operation" in last:
        last["options"].update(options)
    elif options:
        try:
            names = list(inspect.signature(function(last["call"])).parameters)
        except ValueError:
            return None
        if any(option not in names for option in options):
            steps[-1] = by_class(last, cls, names, options)
            return steps if steps[-1] is not None else None
        kw = {**dict(zip(names, last["args"])), **{k: v for k, v in last.get("kw", {}).items() if not plain or k in KEPT}, **options}
        first = [n for n in names if n in kw][: next((i for i, n in enumerate(names) if n not in kw or n in options), len(names))]
        last["args"], last["kw"] = [kw.pop(n) for n in first], kw
    return steps


def by_class(step, cls, names, options):
    """The step as its operation's own class, with options that no function passes on; None where they fit none."""
    made = operation_classes().get(cls)
    if made is None:
        return None
    own, operands = (list(inspect.signature(f).parameters) for f in (made.__init__, made.call))
    kw = {**dict(zip(names, step["args"])), **step.get("kw", {}), **options}
    if any(name not in own and name not in operands for name in kw):
        return None
    given = {name: kw[name] for name in operands if name in kw}
    return {"operation": cls, "options": {k: v for k, v in kw.items() if k not in given}, "args": [], "kw": given}


class Sweeper(grow.Grower):
    texts = True

    def __init__(self, r, corners):
        super().__init__(r, [], 0, BATCH)
        self.corners = corners
        self.by_input = {}
        self.branches = []  # cells and what was made for them

    def compute(self, step, layers):
        """Images of whole numbers keep their dtype when a layer is called; a model that predicts is traced, and gives floats."""
        layer = layers[step["layer"]] if "layer" in step else None
        if DataLayer is None or not isinstance(layer, DataLayer):
            return super().compute(step, layers)
        self.spec["traced"] = True
        super().compute(step, layers)  # of what a graph leaves out, since nothing depends on it, a call says what is wrong
        return tf.function(lambda: super(Sweeper, self).compute(step, layers))()

    def input(self, given):
        """The place of an input, made where there is none like it."""
        key = str(given)
        if key not in self.by_input:
            k = len(self.spec["inputs"])
            given = {**given, "name": f"x{k}", "seed": zlib.crc32(key.encode())}  # the same values in whichever model
            self.spec["inputs"].append(given)
            self.inputs.append(keras.Input(batch_shape=(BATCH, *given["shape"]), dtype=None if given["dtype"] == "float32" else given["dtype"], name=given["name"]))
            [values] = values_for({"inputs": [given]}, None, {"batch": BATCH})
            self.computed_inputs.append(tf.constant(tensor(values)))
            self.by_input[key] = k
        return {"in": self.by_input[key]}

    def branch(self, *wanted):
        """Appends a template's steps; its last one's outputs become the model's. True when Keras takes it."""
        for turn in range(4):  # with other values where rounding decides
            self.tied = False
            if self.try_branch(*wanted, turn):
                return True
            if not self.tied:
                break
        return False

    def try_branch(self, template, cls, options, plain, dtype, fill, turn):
        steps = prepared(template, cls, options, plain)
        if steps is None:
            self.why = NO_ARGUMENT
            return False
        wide = dtype == "bfloat16"  # which no file of arrays can hold
        places, taken = [], set()
        for kind in template["kinds"]:
            given = input_of(kind, "float32" if wide else dtype, fill)
            second = str(given) in taken
            taken.add(str(given))
            ref = self.input({**given, **({"twin": True} if second else {}), **({"turn": turn} if turn else {})})
            if wide and given["dtype"] != "string":
                if not self.try_step({"call": "tf.cast" if TFK else "ops.cast", "args": [ref, dtype]}):
                    return False
                ref = {"ref": [len(self.spec["steps"]) - 1, 0]}
            places.append(ref)

        def put(value):
            if isinstance(value, list):
                return [put(v) for v in value]
            if isinstance(value, dict):
                if "last" in value:
                    return {"ref": [len(self.spec["steps"]) - 1, 0]}
                return places[value["in"]] if "in" in value else {k: put(v) for k, v in value.items()}
            return value

        for i, step in enumerate(steps):
            self.inner = i < len(steps) - 1
            self.final, self.scalars = not self.inner, "layer" not in step
            layer = step.get("layer")
            made = {**step, "args": put(step["args"]), **({"kw": put(step["kw"])} if step.get("kw") else {})}
            if layer is not None and "spec" in layer:
                layer["spec"]["inputs"] = [{**i, "dtype": dtype or i["dtype"]} for i in layer["spec"]["inputs"]]
            if layer is not None:
                made["layer"] = f"l{len(self.spec['layers'])}"
            if not self.try_step(made, layer):
                return False
        self.final = self.scalars = False
        if any(not t.shape for t in self.results[-1]) and not self.with_axes():
            return False
        at = len(self.spec["steps"]) - 1
        self.made = [{"ref": [at, k]} for k in range(len(self.results[at]))]
        self.spec["outputs"] += self.made
        return True

    def with_axes(self):
        """What has no axes gets one: a model's outputs have."""
        at = len(self.spec["steps"]) - 1
        return len(self.results[at]) == 1 and self.try_step({"call": "tf.reshape" if TFK else "ops.reshape", "args": [{"ref": [at, 0]}, [1]]})

    def place(self, cls, cells):
        """Branches that have all the cells, as few as Keras lets them be."""
        if cls in NOT_MADE:
            self.refuse(cls, cells, f"NotCompared: {NOT_MADE[cls]}")
            return
        templates = POOL.get(cls, [])
        if not templates and layer_class(cls) is not None:
            options = {option: values[0] for option, values in REQUIRED.get(cls, {}).items() if values}
            templates = [{"kinds": [kind], "steps": [{"layer": desc(cls, **options), "args": [A]}]} for kind in SHAPES]
        if not templates:
            self.refuse(cls, cells, "nothing makes one")
            return
        inputs = {option: values[0] for option, _, values in cells if option in ("inputs", "values")}
        for cell in list(cells):
            option, kind, _ = cell
            why = NOT_DRAWN.get((cls, option, kind)) or (option in inputs and "float" not in kind and NOT_DRAWN.get((cls, option, None)))
            if why:
                self.refuse(cls, [cell], f"NotCompared: {why}")
                cells = [c for c in cells if c is not cell]
        if not cells:
            return
        dtype, fill = (inputs["values"] if "values" in inputs else [inputs["inputs"], "whole"]) if inputs else (None, None)
        options = [(option, values) for option, _, values in cells if option not in ("inputs", "values")]
        why, made, said = None, 0, []
        tries = [(t, plain) for plain in (True, False) for t in templates]
        if len(cells) > 1:
            tries = [(t, True) for t in self.r.sample(templates, min(2, len(templates)))]
        if inputs and "layer" not in templates[0]["steps"][-1]:
            self.r.shuffle(tries)
        single = len(options) == 1 and len(cells) == 1
        values = [[v] for v in options[0][1]] if single else [[self.r.choice(values) for _, values in options]]
        for chosen in [(v, t, plain) for v in values for t, plain in tries][:MOST]:
            v, template, plain = chosen
            if self.branch(template, cls, {option: x for (option, _), x in zip(options, v)}, plain, dtype, fill):
                aims = [f"{cls}.{option}={kind}" for option, kind, _ in cells]
                self.spec["aims"] += aims
                self.branches.append([aims, self.made])
                made += 1
                if not inputs or "layer" in template["steps"][-1] or made == 2:
                    return
                continue
            if why is None or why == NO_ARGUMENT:
                why = self.why
            said = [*said, re.sub(r"[\d\W]+", " ", self.why)[:80]]
            if len(said) >= ALIKE and len(set(said[-ALIKE:])) == 1:
                break
        if made:
            return
        if len(cells) == 1:
            self.refuse(cls, cells, why)
            return
        half = len(cells) // 2
        self.place(cls, cells[:half])
        self.place(cls, cells[half:])

    def refuse(self, cls, cells, why):
        grow.REFUSALS.extend([f"{cls}.{option}={kind}", why] for option, kind, _ in cells)


def draw_model(r, rounds):
    if not POOL:
        fill_pool()
    g = Sweeper(r, any(cell[0] == "values" for _, cells in rounds for cell in cells))
    g.spec["aims"] = []
    for cls, cells in rounds:
        g.place(cls, cells)
    if not g.spec["outputs"]:
        raise ValueError("Keras takes none of it")
    outputs = g.spec["outputs"]
    g.spec["outputs"] = [ref for i, ref in enumerate(outputs) if ref not in outputs[:i]]
    g.spec["branches"] = [[aims, [g.spec["outputs"].index(ref) for ref in made]] for aims, made in g.branches]
    grow.prune(g.spec)
    if g.corners:
        g.spec["corners"] = True
    return g.spec
