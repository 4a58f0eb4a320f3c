"""Random models trained by real Keras: `python training.py keras3|tf-keras`. Reads one JSON request a line, `{"seed", "folder"}`,
and writes there the compiled model before training, the data, and what some steps leave in float32 and in float64; with
`"nudged"`: what they leave in float32 of weights that are off by their last bit."""

import json
import operator
import os
import random
import sys
import traceback
import zlib
from pathlib import Path

from lib import TFK, flatten, keras, np, set_floatx
from grow import draw_model
from spec import classes_of
from worker import fresh, randomise, values_for

STEPS = 3
#: Draw numbers in training, of which no two libraries draw the same.
RANDOM = ("Dropout", "Noise", "Random", "MixUp", "CutMix", "AugMix", "RandAugment", "SpectralNormalization")
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
LOSSES = ["MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh", *([] if TFK else ["CosineSimilarity"]), "BinaryCrossentropy", "CategoricalCrossentropy", "SparseCategoricalCrossentropy", "Hinge", "SquaredHinge", "Poisson", "KLDivergence",
          "MeanSquaredLogarithmicError", "MeanAbsolutePercentageError", "CategoricalHinge", "BinaryFocalCrossentropy", "CategoricalFocalCrossentropy", *([] if TFK else ["Dice", "Tversky"])]
#: Lengths below 1e-6 are another number to tf-keras's cosine, which is not computed here.
METRICS = ["MeanSquaredError", "MeanAbsoluteError", "RootMeanSquaredError", "LogCoshError", "Hinge", *([] if TFK else ["CosineSimilarity"])]
#: Such labels are shares.
SHARES = ("BinaryCrossentropy", "BinaryFocalCrossentropy", "Dice", "Tversky")


def steady(value):
    """A spec without dropout inside cells."""
    if isinstance(value, dict):
        return {k: 0.0 if k in ("dropout", "recurrent_dropout") else steady(v) for k, v in value.items()}
    return [steady(v) for v in value] if isinstance(value, list) else value


def draw_loss(r, shape):
    name = r.choice(LOSSES)
    if name.startswith(("Categorical", "Sparse")) and (len(shape) < 2 or shape[-1] < 2):
        name = "MeanSquaredError"
    options = {}
    if "entropy" in name:
        options["from_logits"] = True
    if name in ("BinaryCrossentropy", "CategoricalCrossentropy", "BinaryFocalCrossentropy") and r.random() < 0.3:
        options["label_smoothing"] = 0.1
    if r.random() < 0.2:
        options["reduction"] = r.choice(["sum", "sum_over_batch_size"] if TFK else ["sum", "mean", "sum_over_batch_size"])
    return name, options


def labels(rng, name, shape):
    if name.startswith("Sparse"):
        return rng.integers(0, shape[-1], shape[:-1]).astype("int32")
    if name.startswith("Categorical"):
        return np.eye(shape[-1], dtype="float32")[rng.integers(0, shape[-1], shape[:-1])]
    if name in SHARES:
        return rng.integers(0, 2, shape).astype("float32")
    if "Hinge" in name:
        return (2 * rng.integers(0, 2, shape) - 1).astype("float32")
    if name in ("Poisson", "KLDivergence", "MeanSquaredLogarithmicError", "MeanAbsolutePercentageError"):
        return rng.uniform(0.2, 2, shape).astype("float32")
    return rng.standard_normal(shape).astype("float32")


def draw_optimizer(r):
    """A class and its options: `schedule` stands for a learning rate, `inner` for an optimizer within."""
    name = r.choice(list(OPTIMIZERS))
    options = {"learning_rate": r.choice([0.01, 0.1, 0.001]), **r.choice(OPTIMIZERS[name])}
    if name == "LossScaleOptimizer":
        del options["learning_rate"]
        return name, {**options, "inner": draw_optimizer(r)}
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
    optimizer, losses, metrics, loss_weights = how
    one = lambda vs: vs[0] if len(vs) == 1 else vs  # noqa: E731
    made = [[getattr(keras.metrics, n)() for n in names] for names in metrics]
    model.compile(make_optimizer(*optimizer), one([getattr(keras.losses, n)(**o) for n, o in losses]), metrics=one(made) if any(made) else None, loss_weights=loss_weights, **more)


def trained(model, how, x, y, weights, class_weight, dtype):
    """What each step tells, and afterwards the weights are those that the steps leave."""
    cast = lambda vs: [v.astype(dtype) if v.dtype == np.float32 else v for v in vs]  # noqa: E731
    one = lambda vs: vs[0] if len(vs) == 1 else vs  # noqa: E731
    compiled(model, how, run_eagerly=True)
    more = {"sample_weight": one(cast(weights))} if weights else {}
    if class_weight:
        more["class_weight"] = class_weight
    logs = [model.train_on_batch(one(cast(x)), one(cast(y)), return_dict=True, **more) for _ in range(STEPS)]
    return {name: [float(np.ravel(told[name])[0]) for told in logs] for name in logs[0]}


def make(request):
    seed, folder = request["seed"], Path(request["folder"])
    r = random.Random(f"training/{seed}")
    rng = np.random.default_rng(zlib.crc32(f"training/{seed}".encode()))
    keras.backend.clear_session()
    spec = steady(draw_model(r))
    classes = sorted(classes_of(spec))
    if any(word in name for name in classes for word in RANDOM) or spec.get("named"):
        raise ValueError("not for this check: draws random numbers, or has named inputs")
    keras.backend.clear_session()
    model = fresh(spec)
    if not model.trainable_weights:
        raise ValueError("nothing to train")
    x = values_for(spec, rng, {"batch": spec["batch"] or 3, "time": 4})
    randomise(model, rng)
    outputs = flatten(model(x[0] if len(x) == 1 else x, training=False))
    if any("float" not in str(o.dtype) for o in outputs) or any(0 in o.shape for o in outputs):
        raise ValueError("not for this check: outputs that are no floats")
    if any(len(o.shape) < 2 for o in outputs):
        raise ValueError("not for this check: outputs without features")
    shapes = [tuple(o.shape) for o in outputs]
    losses = [draw_loss(r, shape) for shape in shapes]
    y = [labels(rng, name, shape) for (name, _), shape in zip(losses, shapes)]
    optimizer = draw_optimizer(r)
    if len(model.trainable_weights) > 1 and r.random() < 0.15:
        r.choice([layer for layer in model.layers if layer.trainable_weights]).trainable = False
    metrics = [[] if name.startswith("Sparse") or r.random() < 0.6 else r.sample(METRICS, 2) for name, _ in losses]
    loss_weights = [r.choice([0.5, 1.0, 2.0]) for _ in losses] if len(losses) > 1 and r.random() < 0.6 else None
    weights, class_weight = [], None
    if r.random() < 0.3 and all(shape[:1] == (len(x[0]),) for shape in shapes):
        weights = [rng.uniform(0.2, 2, shape[: 2 if len(shape) > 2 and r.random() < 0.4 else 1]).astype("float32") for shape in shapes]
    elif len(outputs) == 1 and len(y[0].shape) == 1 and losses[0][0].startswith("Sparse") and not optimizer[1].get("use_ema"):
        class_weight = {k: round(r.uniform(0.2, 2), 2) for k in range(shapes[0][-1])}
    before = model.get_weights()
    how = (optimizer, losses, metrics, loss_weights)
    if request.get("nudged"):
        own = np.random.default_rng(seed)
        model.set_weights([np.nextafter(w, own.choice([-1, 1], w.shape).astype(w.dtype) * np.float32(np.inf)) if w.dtype == np.float32 else w for w in before])
        told = trained(model, how, x, y, weights, class_weight, "float32")
        np.savez(folder / "nudged.npz", **{f"after/{i}": v for i, v in enumerate(model.get_weights())}, **{f"told/{i}": np.asarray(v, "float64") for i, v in enumerate(told.values())})
        return {}
    compiled(model, how)
    folder.mkdir(parents=True, exist_ok=True)
    model.save(folder / "model.keras")
    frozen = [layer.name for layer in model.layers if not layer.trainable]
    told = trained(model, how, x, y, weights, class_weight, "float32")
    after = model.get_weights()
    names = [layer.name for layer in model.layers]
    keras.backend.clear_session()
    twin = fresh(spec, "float64")
    for layer, name in zip(twin.layers, names):
        layer.trainable = layer.trainable and name not in frozen
    set_floatx("float64")
    try:
        twin.set_weights([w.astype("float64") if w.dtype == np.float32 else w for w in before])
        exact = trained(twin, how, x, y, weights, class_weight, "float64")
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
    return {"classes": classes, "optimizer": optimizer[0], "options": optimizer[1], "losses": losses, "metrics": metrics, "lossWeights": loss_weights, "classWeight": class_weight, "sampleWeights": [w.shape for w in weights]}


def main():
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {**request, **make(request)}
        except Exception as error:
            answer = {**request, "failed": f"{type(error).__name__}: {error}"[:300], "where": traceback.format_exc()[-400:]}
        out.write(json.dumps(answer) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
