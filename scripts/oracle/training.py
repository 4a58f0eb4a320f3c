"""Random models trained by real Keras: `python training.py keras3|tf-keras`. Reads one JSON request a line, `{"seed", "folder"}`,
and writes there the compiled model before training, the data, and what some steps leave in float32 and in float64; with
`"nudged"`: what they leave in float32 of weights that are off by their last bit."""

import inspect
import operator
import random
import shutil
import zlib
from pathlib import Path

from answers import serve
from lib import TFK, flatten, keras, np, set_floatx
from grow import draw_model
from spec import build, classes_of
from worker import fresh, randomise, values_for

STEPS = 3
ATTEMPTS = 8
#: Draw numbers in training, of which no two libraries draw the same.
RANDOM = ("Random", "MixUp", "CutMix", "AugMix", "RandAugment", "SpectralNormalization")
OPTIMIZERS = {
    "SGD": [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}], "RMSprop": [{}, {"centered": True, "momentum": 0.5}, {"rho": 0.7}, {"epsilon": 1e-3}],
    "Adam": [{}, {"amsgrad": True}, {"beta_1": 0.5}, {"beta_2": 0.9, "epsilon": 1e-3}], "AdamW": [{}, {"weight_decay": 0.1}, {"amsgrad": True}], "Adamax": [{}, {"beta_1": 0.5, "beta_2": 0.9}], "Nadam": [{}, {"beta_1": 0.5}],
    "Adagrad": [{}, {"initial_accumulator_value": 0.5, "epsilon": 1e-3}], "Adadelta": [{"learning_rate": 0.5}, {"rho": 0.5}],
    "Ftrl": [{}, {"l1_regularization_strength": 0.01}, {"l2_regularization_strength": 0.1, "beta": 0.1}, {"l2_shrinkage_regularization_strength": 0.1}, {"learning_rate_power": -0.3}],
    "Lion": [{}, {"beta_1": 0.5, "beta_2": 0.9}], "Adafactor": [{}, {"relative_step": False}, {"clip_threshold": 0.5, "beta_2_decay": -0.5}],
    **({"legacy.SGD": [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}], "legacy.Adam": [{}, {"amsgrad": True}], "legacy.RMSprop": [{}, {"momentum": 0.5}, {"centered": True}], "legacy.Adamax": [{}], "legacy.Adadelta": [{}]} if TFK else {"Lamb": [{}, {"beta_1": 0.5, "epsilon": 1e-3}], "Muon": [{}, {"ns_steps": 3, "nesterov": False}, {"adam_weight_decay": 0.1}], "ScheduleFreeAdamW": [{}, {"warmup_steps": 2}], "LossScaleOptimizer": [{"initial_scale": 1024.0}, {"initial_scale": 8.0, "dynamic_growth_steps": 2}]}),
}
#: Options of all; of those of one list at most one at a time.
SHARED = [
    [{}, {}, {"clipnorm": 0.5}, {"clipvalue": 0.1}, {"global_clipnorm": 1.0}],
    [{}, {}, {}, {"weight_decay": 0.01}],
    [{}, {}, {}, {}, {"use_ema": True, "ema_momentum": 0.5}, {"use_ema": True, "ema_overwrite_frequency": 2}],
    [{}] if TFK else [{}, {}, {}, {}, {"gradient_accumulation_steps": 2}, {"loss_scale_factor": 16.0}],
]
SCHEDULES = [
    ("ExponentialDecay", {"decay_steps": 2, "decay_rate": 0.5, "staircase": True}), ("PiecewiseConstantDecay", {"boundaries": [1], "values": [0.1, 0.01]}),
    ("PolynomialDecay", {"decay_steps": 2}), ("InverseTimeDecay", {"decay_steps": 1, "decay_rate": 0.5}), ("CosineDecay", {"decay_steps": 4, "warmup_target": 0.2, "warmup_steps": 1}),
    ("CosineDecayRestarts", {"first_decay_steps": 2}),
]
#: Per loss, its options. `from_logits` follows from what the output is.
LOSSES = {
    "MeanSquaredError": [{}], "MeanAbsoluteError": [{}], "Huber": [{}, {"delta": 0.3}], "LogCosh": [{}], "Hinge": [{}], "SquaredHinge": [{}], "CategoricalHinge": [{}], "Poisson": [{}], "KLDivergence": [{}],
    "MeanSquaredLogarithmicError": [{}], "MeanAbsolutePercentageError": [{}],
    "BinaryCrossentropy": [{}, {"label_smoothing": 0.1}], "CategoricalCrossentropy": [{}, {"label_smoothing": 0.1}], "SparseCategoricalCrossentropy": [{}, {"ignore_class": 1}],
    "BinaryFocalCrossentropy": [{}, {"label_smoothing": 0.1, "gamma": 1.0}, {"apply_class_balancing": True, "alpha": 0.4}], "CategoricalFocalCrossentropy": [{}, {"label_smoothing": 0.1, "gamma": 1.0, "alpha": 0.4}],
    **({} if TFK else {"CosineSimilarity": [{}], "Dice": [{}, {"axis": [1]}], "Tversky": [{"alpha": 0.3, "beta": 0.6}, {}], "CategoricalGeneralizedCrossEntropy": [{}, {"q": 0.7}]}),
}
#: Metrics by what labels are. Lengths below 1e-6 are another number to tf-keras's cosine, which is not computed here.
METRICS = {
    "numbers": [("MeanSquaredError", {}), ("MeanAbsoluteError", {}), ("RootMeanSquaredError", {}), ("LogCoshError", {}), ("Hinge", {}), ("SquaredHinge", {}), ("CategoricalHinge", {}), *([] if TFK else [("CosineSimilarity", {}), ("CosineSimilarity", {"axis": 1}), ("R2Score", {}), ("R2Score", {"class_aggregation": "variance_weighted_average"})])],
    "positive": [("Poisson", {}), ("KLDivergence", {}), ("MeanAbsolutePercentageError", {}), ("MeanSquaredLogarithmicError", {})],
    "shares": [("BinaryAccuracy", {}), ("BinaryAccuracy", {"threshold": 0.3}), ("BinaryCrossentropy", {"label_smoothing": 0.1}), ("AUC", {"num_thresholds": 7}), ("AUC", {"num_thresholds": 9, "curve": "PR", "summation_method": "minoring"}), ("Precision", {}), ("Precision", {"thresholds": 0.3}), ("Recall", {"top_k": 1}), ("Recall", {}), ("TruePositives", {"thresholds": 0.4}), ("FalsePositives", {}), ("FalseNegatives", {}), ("TrueNegatives", {}),
               ("SensitivityAtSpecificity", {"specificity": 0.5, "num_thresholds": 9}), ("PrecisionAtRecall", {"recall": 0.5, "num_thresholds": 9}), ("RecallAtPrecision", {"precision": 0.5, "num_thresholds": 9}), ("SpecificityAtSensitivity", {"sensitivity": 0.5, "num_thresholds": 9}), ("BinaryIoU", {"threshold": 0.4}), ("F1Score", {"threshold": 0.4}), ("FBetaScore", {"beta": 2.0, "average": "macro"})],
    "one-hot": [("CategoricalAccuracy", {}), ("CategoricalCrossentropy", {"label_smoothing": 0.1}), ("F1Score", {"average": "micro"})],
    "classes": [("SparseCategoricalAccuracy", {}), ("SparseCategoricalCrossentropy", {}), ("SparseCategoricalCrossentropy", {"ignore_class": 0})],
}
#: Of weights, by the end of an option's name.
LIMITS = {
    "_regularizer": ["l1", "l2", {"class_name": "L1L2", "config": {"l1": 0.01, "l2": 0.02}}],
    "_constraint": ["max_norm", "non_neg", "unit_norm", {"class_name": "MinMaxNorm", "config": {"min_value": 0.3, "max_value": 0.8, "rate": 0.6, "axis": 0}}],
}
#: Options of optimizers by name, for those that have them.
NUMBERS = {
    "beta_1": [0.5, 0.8], "beta_2": [0.9, 0.99], "momentum": [0.3, 0.9], "rho": [0.5, 0.95], "epsilon": [1e-3, 1e-5], "nesterov": [True], "amsgrad": [True], "centered": [True],
    "initial_accumulator_value": [0.0, 0.3], "learning_rate_power": [-0.4, -0.7], "l1_regularization_strength": [0.01], "l2_regularization_strength": [0.05], "l2_shrinkage_regularization_strength": [0.05], "beta": [0.2],
    "beta_2_decay": [-0.6], "clip_threshold": [0.7], "relative_step": [False], "epsilon_1": [1e-20], "epsilon_2": [1e-2],
}
#: Such labels are shares.
SHARES = ("BinaryCrossentropy", "BinaryFocalCrossentropy", "Dice", "Tversky")
#: Such predictions are positive, as are the labels.
POSITIVE = ("Poisson", "KLDivergence", "MeanSquaredLogarithmicError", "MeanAbsolutePercentageError")
CLASSES = ("Sparse", "CategoricalGeneralized")


def steady(value):
    """A spec without dropout and noise."""
    if isinstance(value, dict):
        return {k: 0.0 if k in ("dropout", "recurrent_dropout", "rate", "stddev") else steady(v) for k, v in value.items()}
    return [steady(v) for v in value] if isinstance(value, list) else value


def fronted(spec):
    """With a Dense on the first input of floats, so that what has no weights has gradients to pass on."""
    k = next(k for k, i in enumerate(spec["inputs"]) if i["dtype"] == "float32" and i["shape"] and i["shape"][-1])

    def moved(value):
        if isinstance(value, dict):
            if value == {"in": k}:
                return {"ref": [0, 0]}
            return {"ref": [value["ref"][0] + 1, value["ref"][1]]} if "ref" in value else {key: moved(v) for key, v in value.items()}
        return [moved(v) for v in value] if isinstance(value, list) else value

    first = {"layer": "front", "args": [{"in": k}]}
    layers = {**spec["layers"], "front": {"class": "Dense", "options": {"units": spec["inputs"][k]["shape"][-1]}}}
    return {**spec, "layers": layers, "steps": [first, *moved(spec["steps"])], "outputs": moved(spec["outputs"])}


def limited(r, value):
    """More regularisers and constraints than a model for predictions has: on every weight that a class has an option for."""
    if isinstance(value, dict):
        out = {k: limited(r, v) for k, v in value.items()}
        kind = getattr(keras.layers, value["class"], None) if isinstance(value.get("class"), str) and isinstance(value.get("options"), dict) else None
        for name in inspect.signature(kind.__init__).parameters if kind else ():
            among = [v for suffix, v in LIMITS.items() if name.endswith(suffix)]
            if among and r.random() < 0.06:
                out["options"][name] = r.choice(among[0])
        return out
    return [limited(r, v) for v in value] if isinstance(value, list) else value


def shared_out(r, spec):
    """Some outputs are made shares by a softmax or a sigmoid: what each of them is."""
    told = []
    for k, ref in enumerate(spec["outputs"]):
        fn = r.choice([None, None, "softmax", "sigmoid"]) if "ref" in ref and (spec["kind"] != "sequential" or len(spec["outputs"]) == 1) else None
        told.append(fn)
        if fn is not None:
            spec["layers"][f"share{k}"] = {"class": "Activation", "options": {"activation": fn}}
            spec["steps"].append({"layer": f"share{k}", "args": [ref]})
            spec["outputs"][k] = {"ref": [len(spec["steps"]) - 1, 0]}
    return told


def draw_loss(r, shape, made):
    """`made`: the activation that made the output, if one did."""
    name = r.choice(list(LOSSES))
    if name == "CategoricalGeneralizedCrossEntropy" and made != "softmax" or name.startswith(("Categorical", "Sparse")) and (len(shape) < 2 or shape[-1] < 2):
        name = "MeanSquaredError"
    options = dict(r.choice(LOSSES[name]))
    if not TFK:  # of some, Keras forgets options when it saves them
        kept = getattr(keras.losses, name)(**options).get_config()
        options = {k: v for k, v in options.items() if k in kept}
    if "axis" in options and len(shape) < 3:
        del options["axis"]
    if "entropy" in name:
        options["from_logits"] = made is None
    if r.random() < 0.2:
        options["reduction"] = r.choice(["sum", "sum_over_batch_size"] if TFK else ["sum", "mean", "sum_over_batch_size", "mean_with_sample_weight"])
    return name, options


def draw_metrics(r, name, shape, made):
    """Metrics that take the labels of a loss and the output."""
    if r.random() < 0.5:
        return []
    if name.startswith(CLASSES):
        kind = "classes"
    elif name.startswith("Categorical"):
        kind = "one-hot"
    else:
        kind = "shares" if name in SHARES and made is not None else "positive" if name in POSITIVE and made is not None else "numbers"
    flat = lambda metric: len(shape) == 2 or not metric.startswith(("R2", "F1", "FBeta"))  # noqa: E731
    kept = lambda metric, options: TFK or options.keys() <= getattr(keras.metrics, metric)(**options).get_config().keys()  # noqa: E731
    drawn = [(metric, dict(options)) for metric, options in r.sample(METRICS[kind], 2) if flat(metric) and kept(metric, options)]
    for metric, options in drawn:
        if "entropy" in metric:
            options["from_logits"] = made is None
    return drawn


def labels(rng, name, shape):
    if name.startswith(CLASSES):
        return rng.integers(0, shape[-1], shape[:-1]).astype("int32")
    if name.startswith("Categorical"):
        return np.eye(shape[-1], dtype="float32")[rng.integers(0, shape[-1], shape[:-1])]
    if name in SHARES:
        return rng.integers(0, 2, shape).astype("float32")
    if "Hinge" in name:
        return (2 * rng.integers(0, 2, shape) - 1).astype("float32")
    if name in POSITIVE:
        return rng.uniform(0.2, 2, shape).astype("float32")
    return rng.standard_normal(shape).astype("float32")


def draw_optimizer(r):
    """A class and its options: `schedule` stands for a learning rate, `inner` for an optimizer within."""
    name = r.choice(list(OPTIMIZERS))
    options = {"learning_rate": r.choice([0.01, 0.1, 0.001]), **r.choice(OPTIMIZERS[name])}
    if name == "LossScaleOptimizer":
        del options["learning_rate"]
        return name, {**options, "inner": draw_optimizer(r)}
    takes = inspect.signature(operator.attrgetter(name)(keras.optimizers).__init__).parameters
    options.update({option: r.choice(values) for option, values in NUMBERS.items() if option in takes and r.random() < 0.15})
    for among in SHARED if "legacy" not in name else SHARED[:1]:
        options.update(r.choice(among))
    if r.random() < 0.15:
        options["schedule"] = r.choice(SCHEDULES)
    return name, options


def make_optimizer(name, options):
    options = dict(options)
    if "inner" in options:
        return keras.optimizers.LossScaleOptimizer(make_optimizer(*options.pop("inner")), **options)
    if "schedule" in options:
        schedule, own = options.pop("schedule")
        rate = options["learning_rate"]
        first = {} if schedule == "PiecewiseConstantDecay" else {"initial_learning_rate": rate}
        options["learning_rate"] = getattr(keras.optimizers.schedules, schedule)(**first, **own)
    return operator.attrgetter(name)(keras.optimizers)(**options)


def compiled(model, how, **more):
    """Compiles a model as drawn."""
    optimizer, losses, metrics, weighted, loss_weights = how
    one = lambda vs: vs[0] if len(vs) == 1 else vs  # noqa: E731
    made, more["weighted_metrics"] = (one(all) if any(all) else None for all in ([[getattr(keras.metrics, n)(name=f"{n}_{i}", **o) for i, (n, o) in enumerate(drawn)] for drawn in each] for each in (metrics, weighted)))
    model.compile(make_optimizer(*optimizer), one([getattr(keras.losses, n)(**o) for n, o in losses]), metrics=made, loss_weights=loss_weights, **more)


def train(model, x, y, weights, class_weight, dtype, steps):
    """What each step tells, and behind `val_` a test after them; afterwards the weights are those that the steps leave."""
    cast = lambda vs: [v.astype(dtype) if v.dtype == np.float32 else v for v in vs]  # noqa: E731
    one = lambda vs: vs[0] if len(vs) == 1 else vs  # noqa: E731
    model.run_eagerly = True
    weighted = {"sample_weight": one(cast(weights))} if weights else {}
    more = {**weighted, "class_weight": class_weight} if class_weight else weighted
    number = lambda v: float(np.ravel(v)[0])  # noqa: E731
    logs = [model.train_on_batch(one(cast(x)), one(cast(y)), return_dict=True, **more) for _ in range(steps)]
    model.reset_metrics()
    if not logs:
        return {}
    left = model.get_weights()
    tested = model.test_on_batch(one(cast(x)), one(cast(y)), return_dict=True, **weighted)
    model.reset_metrics()
    model.set_weights(left)
    return {name: [number(told[name]) for told in logs] for name in logs[0]} | {f"val_{name}": [number(v)] for name, v in tested.items()}


def with_policy(policy, spec):
    """A model whose layers compute by a policy; afterwards floatx is it again."""
    if policy is None:
        return fresh(spec)
    if TFK:
        keras.mixed_precision.set_global_policy(policy)
    else:
        keras.config.set_dtype_policy(policy)
    try:
        return build(spec)
    finally:
        if TFK:
            keras.mixed_precision.set_global_policy(None)
        else:
            keras.src.backend.common.global_state.set_global_attribute("dtype_policy", None)


def drawn(request):
    """What cannot be trained, or says nothing, is drawn again; `attempt`: how often."""
    for attempt in range(request.get("attempt", 0), ATTEMPTS):
        try:
            return {"attempt": attempt, **make({**request, "attempt": attempt})}
        except Exception:
            if request.get("nudged") or attempt == ATTEMPTS - 1:
                raise
            shutil.rmtree(request["folder"], ignore_errors=True)


def make(request):
    folder = Path(request["folder"])
    seed = "/".join(str(part) for part in (request["seed"], request["attempt"]) if part)
    r = random.Random(f"training/{seed}")
    rng = np.random.default_rng(zlib.crc32(f"training/{seed}".encode()))
    keras.backend.clear_session()
    spec = limited(r, steady(draw_model(r)))
    spec.pop("structure", None)
    made = shared_out(r, spec)
    classes = sorted(classes_of(spec))
    if any(word in name for name in classes for word in RANDOM):
        raise ValueError("not for this check: draws random numbers")
    keras.backend.clear_session()
    policy = r.choice(["mixed_float16", "mixed_bfloat16"]) if r.random() < 0.1 else None
    model = with_policy(policy, spec)
    if not model.trainable_weights and any(i["dtype"] == "float32" for i in spec["inputs"]):
        spec = fronted(spec)
        keras.backend.clear_session()
        model = with_policy(policy, spec)
    if not model.trainable_weights:
        raise ValueError("nothing to train")
    if any(str(w.dtype) not in ("float32", "<dtype: 'float32'>") for w in model.trainable_weights):
        raise ValueError("not for this check: weights that are not float32")
    x = values_for(spec, rng, {"batch": spec["batch"] or 3, "time": 4})
    randomise(model, rng)
    outputs = flatten(model(x[0] if len(x) == 1 else x, training=False))
    if any("float" not in str(o.dtype) for o in outputs) or any(0 in o.shape for o in outputs):
        raise ValueError("not for this check: outputs that are no floats")
    if any(len(o.shape) < 2 for o in outputs):
        raise ValueError("not for this check: outputs without features")
    shapes = [tuple(o.shape) for o in outputs]
    losses = [draw_loss(r, *about) for about in zip(shapes, made)]
    y = [labels(rng, name, shape) for (name, _), shape in zip(losses, shapes)]
    optimizer = draw_optimizer(r)
    if len(layers := [layer for layer in model.layers if layer.trainable_weights]) > 1 and r.random() < 0.25:
        r.choice(layers).trainable = False
    metrics, weighted = ([draw_metrics(r, name, *about) if r.random() < often else [] for (name, _), *about in zip(losses, shapes, made)] for often in (1, 0.3))
    loss_weights = [r.choice([0.5, 1.0, 2.0]) for _ in losses] if len(losses) > 1 and r.random() < 0.6 else None
    weights, class_weight = [], None
    if r.random() < 0.3 and all(shape[:1] == (len(x[0]),) for shape in shapes):
        weights = [rng.uniform(0.2, 2, shape[: 2 if len(shape) > 2 and r.random() < 0.4 else 1]).astype("float32") for shape in shapes]
    elif len(outputs) == 1 and len(y[0].shape) == 1 and losses[0][0].startswith(CLASSES) and not optimizer[1].get("use_ema"):
        class_weight = {k: round(r.uniform(0.2, 2), 2) for k in range(shapes[0][-1])}
    #: Steps before the file is written: from there both go on.
    ahead = 2 if r.random() < 0.3 and "legacy" not in optimizer[0] else 0
    if optimizer[1].get("inner", [""])[0] == "Nadam":  # the product of its momenta is not saved from within another
        ahead = 0
    how = (optimizer, losses, metrics, weighted, loss_weights)
    of = (x, y, weights, class_weight)
    before = model.get_weights()
    compiled(model, how)
    train(model, *of, "float32", ahead)
    if request.get("nudged"):
        own = np.random.default_rng(request["seed"])
        model.set_weights([np.nextafter(w, own.choice([-1, 1], w.shape).astype(w.dtype) * np.float32(np.inf)) if w.dtype == np.float32 else w for w in model.get_weights()])
        told = train(model, *of, "float32", STEPS)
        np.savez(folder / "nudged.npz", **{f"after/{i}": v for i, v in enumerate(model.get_weights())}, **{f"told/{i}": np.asarray(v, "float64") for i, v in enumerate(told.values())})
        return {}
    folder.mkdir(parents=True, exist_ok=True)
    model.run_eagerly = False
    model.save(folder / "model.keras")
    frozen = [layer.name for layer in model.layers if not layer.trainable]
    told = train(model, *of, "float32", STEPS)
    after = model.get_weights()
    names = [layer.name for layer in model.layers]
    keras.backend.clear_session()
    twin = fresh(spec, "float64")
    for layer, name in zip(twin.layers, names):
        layer.trainable = layer.trainable and name not in frozen
    set_floatx("float64")
    try:
        twin.set_weights([w.astype("float64") if w.dtype == np.float32 else w for w in before])
        compiled(twin, how)
        train(twin, *of, "float64", ahead)
        exact = train(twin, *of, "float64", STEPS)
        truth = twin.get_weights()
    finally:
        set_floatx("float32")
    if not all(np.isfinite(np.asarray(w, "float64")).all() for w in [*after, *truth, *told.values(), *exact.values()]):
        raise ArithmeticError("weights that are not finite")
    several = {"x": x, "y": y, "w": weights, "after": after, "truth": [np.asarray(v, "float64") for v in truth]}
    arrays = {f"{kind}/{i}": v for kind, vs in several.items() for i, v in enumerate(vs)}
    # Names of layers go on counting: those of the twin are others.
    logs = {f"{kind}/{name}": np.asarray(v, "float64") for kind, vs in (("told", told), ("exact", exact)) for name, v in zip(told, vs.values())}
    np.savez(folder / "data.npz", **arrays, **logs)
    return {"classes": classes, "optimizer": optimizer[0], "options": optimizer[1], "losses": losses, "metrics": [*metrics, *weighted], "ahead": ahead, "policy": policy, "lossWeights": loss_weights, "classWeight": class_weight, "sampleWeights": [w.shape for w in weights]}


if __name__ == "__main__":
    serve(drawn)
