"""The oracle's Python side: `python worker.py keras3|tf-keras`. Reads one JSON request a line, answers one JSON line each:
`make` draws (or takes) models, saves them with what the library computes; `judge` loads files and compares them, bit for bit,
with the model they came from; `truth` computes in float64."""

import gc
import json
import os
import random
import re
import shutil
import sys
import traceback
import zlib
from pathlib import Path

import grow
import sweep
import trials
from lib import L, OPEN, TFK, first_line, flatten, keras, np, set_floatx, set_policy, tf
from spec import build, classes_of, order_of, placed
from values import HALF_DTYPES, tensor, usable, values_for

CONTAINERS = ["keras", "h5", "apart", "apart_h5"] if TFK else ["keras", "h5", "apart"]
# tf-keras reads all of them by the same code, but writes objects in JSON that it then names otherwise, and no .keras of some.
JUDGES = {"apart": ["apart", "h5"], "apart_h5": ["apart_h5", "h5"], "keras": ["keras", "h5"]} if TFK else {}
MODELS = {}


def random_weight(name, shape, rng):
    last = name.split("/")[-1].split(":")[0]
    if "variance" in last:
        return rng.uniform(0.5, 1.5, shape)
    if "gamma" in last:
        return 1 + 0.3 * rng.standard_normal(shape)
    if len(shape) < 2:
        return 0.3 * rng.standard_normal(shape)
    fan_in = int(np.prod(shape[:-1])) if "embedding" not in last else 1
    return rng.standard_normal(shape) / np.sqrt(max(fan_in, 1))


def randomise(model, rng):
    for variable in model.weights:
        name = getattr(variable, "path", variable.name)
        if "state" in name.split("/")[-1] or "float" not in str(variable.dtype):
            continue
        variable.assign(np.asarray(random_weight(name, tuple(variable.shape), rng), "float32"))
    for layer in model._flatten_layers():
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()  # a Normalization computes with copies of its weights


def run_model(model, spec, inputs, dtype="float32"):
    values = [tensor(v, dtype) for v in inputs]
    if any(tf.is_tensor(v) for v in values):  # No layer takes some as arrays and some as tensors.
        values = [tf.convert_to_tensor(v) for v in values]
    if spec.get("structure"):
        values = placed(spec["structure"]["inputs"], values)
    elif len(values) == 1:
        values = values[0]
    OPEN[:] = [True for given in spec["inputs"] if given["shape"] and given["shape"][0] is None]
    call = lambda: model(values, training=False)  # noqa: E731
    traced = spec.get("traced") or (not TFK and resizes_whole_numbers(model, inputs))
    return [wide(np.asarray(y)) for y in flatten(tf.function(call)() if traced else call())]


def resizes_whole_numbers(model, inputs):
    """Images of whole numbers stay such where Keras 3's layers are called; a model that predicts is traced, and gives floats."""
    inside = any(type(layer).__name__ in ("Resizing", "CenterCrop", "RandomCrop") for layer in model._flatten_layers())
    return inside and any(np.asarray(x).dtype.kind in "iu" for x in inputs)


def wide(y):
    """What NumPy has no dtype for keeps its values."""
    if y.dtype == object:
        return np.array([v.decode() for v in y.ravel()], "U").reshape(y.shape)
    return y.astype("float32") if y.dtype.name == "bfloat16" else y


def nearly(values, rng, digit=3e-7):
    """Fractions moved in their last bits; whole numbers stay, as what equals one by intent."""
    if values.dtype.name == "bfloat16":
        return nearly(values.astype("float32"), rng, digit).astype(values.dtype)
    if values.dtype.kind != "f":
        return values
    return np.where(values == np.round(values), values, values * (1 + digit * rng.choice([-1, 1], values.shape))).astype(values.dtype)


def moved(model, spec, rows, rng, digit=3e-7):
    """The outputs of a model whose weights and inputs moved by a digit."""
    kept = [(v, np.asarray(v)) for v in model.weights if "float" in str(v.dtype)]
    for v, value in kept:
        v.assign(nearly(value, rng, digit))
    reset(model)
    outputs = [run_model(model, spec, [nearly(x, rng, digit) for x in xs]) for xs in rows]
    for v, value in kept:
        v.assign(value)
    reset(model)
    return outputs


def ties(model, spec, rows, outputs, rng):
    """The outputs where rounding decides: a bin's boundary, a threshold or the first of equals that is met by chance."""
    found = moved(model, spec, rows, rng)
    return [i for i in places(outputs) if worst(only(i, found), only(i, outputs)) > 1e-3]


def only(i, calls):
    """One output of all calls."""
    return [ys[i : i + 1] for ys in calls]


def places(calls):
    return range(len(calls[0]))


def blamed(spec, bad):
    """The cells that outputs were made for."""
    return [aim for aims, outputs in spec.get("branches", []) if set(outputs) & set(bad) for aim in aims]


def reset(model):
    """Stateful layers, at any depth, start from zeros."""
    for layer in model._flatten_layers():
        if getattr(layer, "stateful", False) and hasattr(layer, "reset_states" if TFK else "reset_state"):
            try:
                (layer.reset_states if TFK else layer.reset_state)()
            except (ValueError, AttributeError):
                pass


def fresh(spec, floatx="float32"):
    """The model of a spec; all of it in float64 where that is asked for, whatever its policies and inputs of 16 bits."""
    if floatx == "float64":
        spec = json.loads(json.dumps(spec), object_hook=lambda d: {**d, "options": {k: v for k, v in d["options"].items() if k != "dtype"}} if "options" in d else d)
        spec["inputs"] = [{**given, "dtype": "float64"} if given["dtype"] in HALF_DTYPES else given for given in spec["inputs"]]
    set_floatx(floatx)
    set_policy(spec.get("policy", "float32") if floatx == "float32" else floatx)
    try:
        return build(spec)
    finally:
        set_floatx("float32")
        set_policy("float32")


class Mixed(keras.mixed_precision.Policy if TFK else keras.DTypePolicy):
    """As mixed_float16 and mixed_bfloat16, and computes in float64."""

    def _parse_name(self, name):
        return "float64", "float32"


HALVES = {"float16": lambda: "float64", "bfloat16": lambda: "float64", "mixed_float16": lambda: Mixed("mixed_float16"), "mixed_bfloat16": lambda: Mixed("mixed_bfloat16")}


def cast_alike(spec):
    """The model of a spec whose policies of 16 bits compute in float64: what they cast, it casts, and masks get lost where they do there."""
    wide = lambda name: HALVES.get(name, lambda: name)()  # noqa: E731
    other = json.loads(json.dumps(spec), object_hook=lambda d: {**d, "options": {**d["options"], "dtype": wide(d["options"]["dtype"])}} if "dtype" in d.get("options", ()) else d)
    set_policy(wide(spec.get("policy", "float32")))
    try:
        return build(other)
    finally:
        set_policy("float32")


def policies(spec):
    """The dtype policies that a model names, of all of it and of layers."""
    found = [spec.get("policy")]
    json.loads(json.dumps(spec), object_hook=lambda d: found.append(d["options"].get("dtype")) if "options" in d else d)
    return found


def save(model, folder, container):
    """The paths of the model and of its weights, inside the folder."""
    if container == "keras":
        model.save(folder / "model.keras")
        return ["model.keras"]
    if container == "h5":
        model.save(folder / "model.h5")
        return ["model.h5"]
    (folder / "model.json").write_text(model.to_json())
    weights = "model_weights.h5" if container == "apart_h5" else "model.weights.h5"
    model.save_weights(folder / weights)
    return ["model.json", weights]


def open_model(folder, files):
    if len(files) == 1:
        return keras.models.load_model(folder / files[0], compile=False)
    model = keras.models.model_from_json((folder / files[0]).read_text())
    model.load_weights(folder / files[1])
    return model


def make_one(request):
    """One model: files, inputs and outputs. Raises where the library itself cannot."""
    seed, folder = request["seed"], Path(request["folder"])
    r = random.Random(f"{'tf-keras' if TFK else 'keras3'}/{seed}")
    keras.backend.clear_session()
    if "spec" in request:
        spec = request["spec"]
    elif "rounds" in request:
        spec = sweep.draw_model(r, request["rounds"])
    else:
        spec = grow.draw_model(r, *([trials.TRIALS[request["trial"]], 0.25] if "trial" in request else []))
    keras.backend.clear_session()
    rng = np.random.default_rng(zlib.crc32(str(seed).encode()))
    model = fresh(spec)
    calls = 3 if "stateful" in json.dumps(spec) else 1
    sizes = [{"batch": spec["batch"] or 2 + seed % 2, "time": t} for t in (4, 2, 5)[:calls]]
    order = order_of(spec)
    rows = [values_for(spec, rng, s) for s in sizes]
    randomise(model, rng)
    outputs = [run_model(model, spec, xs) for xs in rows]
    bad = [i for i in places(outputs) if not all(usable(ys, spec.get("corners")) for ys in only(i, outputs))]
    if bad:
        raise grow.NotCompared("outputs are empty, not finite, or huge", blamed(spec, bad))
    tied = ties(model, spec, rows, outputs, rng) if "float16" not in json.dumps(spec) and not spec.get("corners") else []
    if tied:
        raise grow.Tie("a tie, which rounding decides", blamed(spec, tied))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    container = request.get("container") or r.choice(CONTAINERS)
    if "rounds" in request and (of_inputs(request["rounds"]) or not TFK and any("layer" not in step for step in spec["steps"])):
        container = "keras"  # in a `.h5` Keras does not find all of its own again
    files = save(model, folder, container)
    if any(policies(spec)):
        open_model(folder, files)  # what Keras cannot read again, bfloat16 in places, is no model
    if "rounds" in request:
        reset(model)
        again = open_model(folder, files)
        again = [run_model(again, spec, xs) for xs in rows]
        other = [i for i in places(outputs) if not same(only(i, again), only(i, outputs))]
        if other:
            raise grow.NotCompared("its own file computes something else", blamed(spec, other))
    io = {}
    for i, (xs, ys) in enumerate(zip(rows, outputs)):
        at = f"@{i}" if i else ""
        io.update({f"inputs/{j}{at}": xs[k] for j, k in enumerate(order)})
        io.update({f"outputs/{j}{at}": y for j, y in enumerate(ys)})
    np.savez(folder / "io.npz", **io)
    np.savez(folder / "weights.npz", **{str(i): wide(np.asarray(w)) for i, w in enumerate(model.get_weights())})
    (folder / "spec.json").write_text(json.dumps(spec, indent=1))
    MODELS[str(folder)] = (model, spec, rows, outputs)
    half = "float16" in json.dumps(spec)
    if half:
        truth({"folder": str(folder)})  # wanted in any case: of what has none, nothing can be told
    return {"seed": seed, "folder": str(folder), "files": files, "container": container, "calls": len(rows), "half": half, "classes": sorted(classes_of(spec)), "rounds": request.get("rounds"), "aims": grow.aims_of(spec) + spec.pop("aims", []), "spec": {k: v for k, v in spec.items() if k != "branches"}}


def of_inputs(rounds):
    """Whether it is all for the inputs' sake."""
    return all(cell[0] in ("inputs", "values") for _, cells in rounds for cell in cells)


def named(cls, cell):
    return f"{cls}.{cell[0]}={cell[1]}"


def parts_of(rounds):
    """The halves of several rounds, or of one with several cells; nothing of one cell."""
    if len(rounds) > 1:
        half = len(rounds) // 2
        return [rounds[:half], rounds[half:]]
    cells = rounds[0][1] if rounds else []
    half = len(cells) // 2
    return [[[rounds[0][0], part]] for part in (cells[:half], cells[half:])] if half > 0 else []


def make(request):
    MODELS.clear()
    out = []
    grow.WANTED.clear()
    grow.WANTED.update(request.get("wanted", {}))
    sweep.REQUIRED.clear()
    sweep.REQUIRED.update(request.get("required", {}))
    asked = list(request["models"])
    while asked:
        one = asked.pop(0)
        grow.REFUSALS.clear()
        try:
            out.append({**make_one(one), "refusals": one.get("refusals", []) + grow.REFUSALS})
        except Exception as error:
            why = f"{type(error).__name__}: {error}"[:300]
            blame = getattr(error, "cells", [])
            refusals = one.get("refusals", []) + grow.REFUSALS + [[cell, why] for cell in blame]
            # One of several spoils the model: it is looked for in halves, without what Keras refuses by itself.
            refused = {cell for cell, _ in refusals}
            left = [[cls, [c for c in cells if named(cls, c) not in refused]] for cls, cells in one.get("rounds", [])]
            left = [[cls, cells] for cls, cells in left if cells]
            parts = [left] if left and blame else parts_of(left)
            if parts:
                asked[:0] = [{**one, "rounds": part, "refusals": [] if k else refusals, "folder": f"{one['folder']}/{k}"} for k, part in enumerate(parts)]
                continue
            refusals += [[named(cls, cell), why] for cls, cells in left for cell in cells]
            out.append({"refusals": refusals, "seed": one["seed"], "failed": why, "where": traceback.format_exc()[-600:] if request.get("trace") else ""})
    return out


def same(found, expected):
    return all(len(a) == len(b) and all(x.shape == y.shape and x.dtype == y.dtype and x.tobytes() == y.tobytes() for x, y in zip(a, b)) for a, b in zip(found, expected))


def worst(found, expected):
    far = 0.0
    for a, b in zip(found, expected):
        if len(a) != len(b):
            return float("inf")
        for x, y in zip(a, b):
            if x.shape != y.shape or (y.dtype.kind == "U" and (x != y).any()):
                return float("inf")
            if y.dtype.kind == "U":
                continue
            d = np.abs(np.asarray(x, "float64") - np.asarray(y, "float64")).max(initial=0)
            far = max(far, float(d / max(np.abs(np.asarray(y, "float64")).max(initial=0), 1e-3)))
    return far


def own_file(model, spec, rows, folder, container):
    """What the library makes of its own file of this kind: outputs, or the message with which it refuses."""
    own = folder / "own"
    own.mkdir(exist_ok=True)
    try:
        reset(model)
        again = open_model(own, save(model, own, container))
        return [run_model(again, spec, xs) for xs in rows], None
    except Exception as error:
        return None, first_line(error)


def own_model(spec, rows, folder, container):
    """Why this library cannot build, run or keep the same model itself; None when it can."""
    old = ("time_major", "implementation", "input_length")
    text = json.dumps(spec)
    spec = json.loads(text, object_hook=lambda d: {k: v for k, v in d.items() if k not in old})
    try:
        model = fresh(spec)
        for xs in rows:
            run_model(model, spec, xs)
    except Exception as error:
        return first_line(error)
    return own_file(model, spec, rows, folder, container)[1]


def known(request):
    """The model behind a folder, built again from its files where this worker did not make it."""
    key = request["folder"]
    if key in MODELS:
        return MODELS[key]
    folder = Path(key)
    spec = json.loads((folder / "spec.json").read_text())
    io = np.load(folder / "io.npz")
    calls = 1 + max(int(k.split("@")[1]) if "@" in k else 0 for k in io.files)
    pick = lambda kind, i: [io[f"{kind}/{j}" + (f"@{i}" if i else "")] for j in range(len([k for k in io.files if k.startswith(kind) and "@" not in k]))]  # noqa: E731
    rows = [pick("inputs", i) for i in range(calls)]
    order = order_of(spec)
    rows = [[xs[order.index(k)] for k in range(len(order))] for xs in rows]
    return None, spec, rows, [pick("outputs", i) for i in range(calls)]


def excuses(refusal, error):
    """Whether that the library refuses its own model excuses that it refuses a file of ours: it says the same, or cannot
    build the model at all, and TensorFlow's kernels refuse the values, or channels first on a CPU; dtypes and shapes that do
    not fit together are no such refusal."""
    # What went wrong, not where: tf-keras begins with the layer that it was in, a kernel with its own name.
    cause = lambda text: re.sub(r"Exception encountered when calling [^\n]*\n+|\{\{function_node [^}]*\}\} *", "", text)  # noqa: E731
    kind = lambda text: re.sub(r"[\d.e+-]+|0x[0-9a-f]+|[^A-Za-z: ]", "", cause(text))[:90]  # noqa: E731
    builds = not re.search("'NoneType' object has no attribute|Keyword argument not understood", refusal)
    fits = not re.search("cannot compute|[Ii]ncompatible|must be equal|must match", str(error))
    kernels = type(error).__name__ in ("InvalidArgumentError", "UnimplementedError") and fits
    # A class of its own that it does not find again: text stays where a layer would be.
    lost = re.search(r"Unknown layer: '(\w+)'", refusal)
    is_lost = lost is not None and f"layer={lost[1]} of type <class 'str'>" in str(error)
    # tf-keras has another way to dilate a transposed convolution, which needs no such kernel.
    is_absent = "Current CPU implementations do not yet support" in str(error)
    return kind(refusal) == kind(first_line(error)) or is_lost or is_absent or (not builds and kernels)


def refuses_index(error):
    """Whether it is an index from the end that a table refuses, and the library's own Embedding does: Keras 3 counts from the end."""
    at = re.search(r"indices\[[\d,]*\] = -(\d+) is not in \[0, (\d+)\)", str(error))
    if at is None or "(type Embedding)" not in str(error) or int(at[1]) > int(at[2]):
        return False
    try:
        L.Embedding(int(at[2]), 1)(np.array([[-int(at[1])]]))
    except type(error) as own:
        return f"= -{at[1]} is not in [0, {at[2]})" in str(own)
    return False


def judge_one(request):
    model, spec, rows, expected = known(request)
    folder = Path(request["folder"])
    try:
        again = open_model(folder, request["files"])
        found = [run_model(again, spec, xs) for xs in rows]
    except Exception as error:
        refusals = []
        for container in JUDGES.get(request["container"], [request["container"]]):
            if model is not None:
                _, refusal = own_file(model, spec, rows, folder, container)
            else:
                refusal = own_model(spec, rows, folder, container)
            if refusal is not None:
                refusals.append(refusal)
            if refusal is not None and excuses(refusal, error):
                return {"verdict": "excused", "message": first_line(error)}
        index = request.get("translated", False) and refuses_index(error)
        return {"verdict": "refused", "message": first_line(error), "where": traceback.format_exc()[-1500:], "own": refusals, "index": index}
    if same(found, expected):
        return {"verdict": "equal", "error": 0}
    far = worst(found, expected)
    if request.get("translated"):
        is_near = far <= request["tolerance"]
        np.savez(folder / "translated.npz", **numbered("outputs", found), **({} if is_near else exactly(again, spec, rows)))
        return {"verdict": "near" if is_near else "differs", "error": far}
    if model is not None:
        own, _ = own_file(model, spec, rows, folder, request["container"])
        if own is None or same(own, found):
            return {"verdict": "excused", "message": "its own file computes the same other numbers", "error": far}
    return {"verdict": "differs", "error": far}


def numbered(kind, calls):
    return {f"{kind}/{j}" + (f"@{i}" if i else ""): y for i, ys in enumerate(calls) for j, y in enumerate(ys)}


def exactly(model, spec, rows):
    """What a model from a file gives in float64; nothing where it cannot."""
    set_floatx("float64")
    try:
        other = keras.models.model_from_json(model.to_json().replace('"float32"', '"float64"'))
        other.set_weights([np.asarray(v, "float64") if "float" in v.dtype.name else v for v in model.get_weights()])
        return numbered("exact", [run_model(other, spec, xs, "float64") for xs in rows])
    except Exception:  # what has no form in float64 is judged in float32
        return {}
    finally:
        set_floatx("float32")


def truth(request):
    """Outputs in float64 of the model behind a folder, into truth.npz."""
    return beside(request["folder"], "truth", "float64", lambda spec: fresh(spec, "float64"))


def twin(request):
    """Those of a model that has its casts and masks, into twin.npz."""
    return beside(request["folder"], "twin", "float32", cast_alike)


def beside(folder, name, floatx, of):
    """Outputs of another model of the same weights, into a file of that name."""
    if (Path(folder) / f"{name}.npz").exists():
        return {}
    model, spec, rows, _ = MODELS[folder]
    keras.backend.clear_session()
    other = of(spec)
    set_floatx(floatx)
    try:
        other.set_weights([np.asarray(v, "float64") if "float" in v.dtype.name else v for v in model.get_weights()])
        reset(other)
        io = numbered("truth", [run_model(other, spec, xs, floatx) for xs in rows])
    finally:
        set_floatx("float32")
    np.savez(Path(folder) / f"{name}.npz", **io)
    return {}


def moves(request):
    """Outputs of the model behind a folder as its weights and inputs move by their last digit, into moves.npz."""
    folder = Path(request["folder"])
    if (folder / "moves.npz").exists():
        return {}
    model, spec, rows, _ = MODELS[request["folder"]]
    rng = np.random.default_rng(0)
    io = {}
    for k in range(request["times"]):
        io.update(numbered(f"moves{k}", moved(model, spec, rows, rng, request["digit"])))
    np.savez(folder / "moves.npz", **io)
    return {}


def main():
    gc.collect()
    gc.freeze()  # clear_session collects garbage each time: not through all of TensorFlow
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the library prints is no answer
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"make": make, "judge": lambda q: [judge_one(x) for x in q["files"]], "truth": truth, "twin": twin, "moves": moves}[request["do"]](request)
        except Exception as error:
            answer = {"error": f"{first_line(error)}", "where": traceback.format_exc()[-1500:]}
        # JSON has neither infinity nor NaN; what is read as a number beyond all is infinite.
        out.write(re.sub(r'"error": (Infinity|NaN)', '"error": 1e999', json.dumps(answer)) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
