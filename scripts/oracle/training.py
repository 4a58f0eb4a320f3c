"""Random models trained by Keras 3: `python training.py keras3`. Reads one JSON request a line, `{"seed", "folder"}`, and writes
there the compiled model before training, the data, and what three steps leave in float32 and in float64."""

import json
import os
import random
import sys
import traceback
import zlib
from pathlib import Path

from lib import flatten, keras, np, set_floatx
from grow import draw_model
from spec import classes_of
from worker import fresh, randomise, values_for

STEPS = 3
#: Draw numbers in training, of which no two libraries draw the same.
RANDOM = ("Dropout", "Noise", "Random", "MixUp", "CutMix", "AugMix", "RandAugment", "SpectralNormalization")
OPTIMIZERS = {
    "SGD": [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}], "RMSprop": [{}, {"centered": True, "momentum": 0.5}, {"rho": 0.7}],
    "Adam": [{}, {"amsgrad": True}, {"beta_1": 0.5}], "AdamW": [{}, {"weight_decay": 0.1}], "Adamax": [{}], "Nadam": [{}], "Adagrad": [{}], "Adadelta": [{"learning_rate": 0.5}],
    "Ftrl": [{}, {"l1_regularization_strength": 0.01}], "Lion": [{}], "Adafactor": [{}], "Lamb": [{}], "Muon": [{}],
}
SHARED = [{}, {}, {}, {"clipnorm": 0.5}, {"clipvalue": 0.1}, {"global_clipnorm": 1.0}, {"weight_decay": 0.01}, {"use_ema": True, "ema_momentum": 0.5}, {"gradient_accumulation_steps": 2}]
LOSSES = ["MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh", "CosineSimilarity", "BinaryCrossentropy", "CategoricalCrossentropy", "SparseCategoricalCrossentropy", "Hinge", "SquaredHinge"]


def steady(value):
    """A spec without dropout inside cells."""
    if isinstance(value, dict):
        return {k: 0.0 if k in ("dropout", "recurrent_dropout") else steady(v) for k, v in value.items()}
    return [steady(v) for v in value] if isinstance(value, list) else value


def draw_loss(r, shape):
    name = r.choice(LOSSES)
    if name.startswith(("Categorical", "Sparse")) and (len(shape) < 2 or shape[-1] < 2):
        name = "MeanSquaredError"
    options = {"from_logits": True} if "entropy" in name else {}
    if r.random() < 0.2:
        options["reduction"] = r.choice(["sum", "mean", "sum_over_batch_size"])
    return name, options


def labels(rng, name, shape):
    if name.startswith("Sparse"):
        return rng.integers(0, shape[-1], shape[:-1]).astype("int32")
    if name == "CategoricalCrossentropy":
        return np.eye(shape[-1], dtype="float32")[rng.integers(0, shape[-1], shape[:-1])]
    if name == "BinaryCrossentropy":
        return rng.integers(0, 2, shape).astype("float32")
    if "Hinge" in name:
        return (2 * rng.integers(0, 2, shape) - 1).astype("float32")
    return rng.standard_normal(shape).astype("float32")


def trained(model, spec, compiled, x, y, weights, dtype):
    """Losses of the steps, and the weights after them."""
    cast = lambda vs: [v.astype(dtype) if v.dtype == np.float32 else v for v in vs]  # noqa: E731
    one = lambda vs: vs[0] if len(vs) == 1 else vs  # noqa: E731
    optimizer, options, losses = compiled
    made = [getattr(keras.losses, name)(**o) for name, o in losses]
    model.compile(getattr(keras.optimizers, optimizer)(**options), one(made), run_eagerly=True)
    return [float(np.ravel(model.train_on_batch(one(cast(x)), one(cast(y)), *([weights.astype(dtype)] if weights is not None else [])))[0]) for _ in range(STEPS)]


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
    losses = [draw_loss(r, o.shape) for o in outputs]
    y = [labels(rng, name, tuple(o.shape)) for (name, _), o in zip(losses, outputs)]
    optimizer = r.choice(list(OPTIMIZERS))
    options = {"learning_rate": r.choice([0.01, 0.1, 0.001]), **r.choice(OPTIMIZERS[optimizer]), **r.choice(SHARED)}
    if len(model.trainable_weights) > 1 and r.random() < 0.15:
        r.choice([layer for layer in model.layers if layer.trainable_weights]).trainable = False
    weights = rng.uniform(0.2, 2, len(x[0])).astype("float32") if len(outputs) == 1 and r.random() < 0.2 else None
    before = model.get_weights()
    compiled = (optimizer, options, losses)
    model.compile(getattr(keras.optimizers, optimizer)(**options), [getattr(keras.losses, n)(**o) for n, o in losses] if len(losses) > 1 else getattr(keras.losses, losses[0][0])(**losses[0][1]))
    folder.mkdir(parents=True, exist_ok=True)
    model.save(folder / "model.keras")
    frozen = [layer.name for layer in model.layers if not layer.trainable]
    told = trained(model, spec, compiled, x, y, weights, "float32")
    after = model.get_weights()
    names = [layer.name for layer in model.layers]
    keras.backend.clear_session()
    twin = fresh(spec, "float64")
    for layer, name in zip(twin.layers, names):
        layer.trainable = layer.trainable and name not in frozen
    set_floatx("float64")
    try:
        twin.set_weights([w.astype("float64") if w.dtype == np.float32 else w for w in before])
        exact = trained(twin, spec, compiled, x, y, weights, "float64")
        truth = twin.get_weights()
    finally:
        set_floatx("float32")
    if not all(np.isfinite(np.asarray(w, "float64")).all() for w in [*after, *truth, told, exact]):
        raise ArithmeticError("weights that are not finite")
    np.savez(folder / "data.npz", **{f"x/{i}": v for i, v in enumerate(x)}, **{f"y/{i}": v for i, v in enumerate(y)}, **({"w": weights} if weights is not None else {}),
             **{f"after/{i}": v for i, v in enumerate(after)}, **{f"truth/{i}": np.asarray(v, "float64") for i, v in enumerate(truth)},
             told=np.asarray(told, "float64"), exact=np.asarray(exact, "float64"))
    return {"classes": classes, "optimizer": optimizer, "options": options, "losses": losses}


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
