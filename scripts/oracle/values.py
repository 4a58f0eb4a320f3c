"""Values of a model's inputs, and whether rounding decides what is made of them."""

from contextlib import contextmanager

from draw_text import TEXTS
from lib import np, tf


# None that is denormal: TensorFlow's processor takes those for zeros, WebAssembly's may not.
FLOATS = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 2.5, -7.0, 1e4, -1e4, 1e-3]
WHOLE = [-7, -3, -2, -1, 0, 1, 2, 3, 7, 31, 100]


def values_for(spec, rng, sizes):
    out = []
    given = rng
    for i in spec["inputs"]:
        rng = np.random.default_rng(i["seed"]) if "seed" in i else given
        shape = [sizes["batch"], *[sizes["time"] if n is None else n for n in i["shape"]]]
        if i["fill"] == "text":
            x = rng.choice(np.array(TEXTS), shape)
        elif i["fill"] == "corners" and "float" in i["dtype"]:  # not-a-numbers, infinities, both zeros
            x = np.where(rng.random(shape) < 0.6, rng.choice(FLOATS, shape), rng.standard_normal(shape)).astype(i["dtype"])
        elif i["fill"] == "corners":  # the ends of the dtype
            ends = np.iinfo(i["dtype"])
            far = [ends.min, ends.min + 1, ends.max, ends.max - 1] if ends.bits < 64 else [-(2**33) - 1, -(2**31) - 1, 2**31, 2**33 + 1]  # engines hold 53 bits
            x = rng.choice(np.array([*far, *[n for n in WHOLE if n >= ends.min]], i["dtype"]), shape)
        elif i["fill"] == "bool":
            x = rng.random(shape) < 0.7
            x[:, 0] = True
        elif i["fill"] == "ids":
            x = rng.integers(0, 10, shape)
            if len(shape) > 1 and shape[1] > 1:
                x[:, rng.integers(1, shape[1]):] = 0
            x = x.astype(i["dtype"])
        elif i["fill"] == "whole":
            x = rng.integers(0 if i["dtype"].startswith("u") else -3, 4, shape) if "float" not in i["dtype"] else rng.standard_normal(shape)
            x = (x > 0 if i["dtype"] == "bool" else x).astype(i["dtype"])
        else:
            x = rng.standard_normal(shape).astype("float32")
            if i["fill"] == "padded" and len(shape) > 2:
                for row in x:
                    row[rng.random(shape[1]) < 0.35] = rng.choice([0.0, -1.0])
        out.append(x)
    return out


HALF_DTYPES = ("float16", "bfloat16")


def tensor(value, dtype="float32"):
    """A value as the library takes it; in `dtype` what has 32 bits, in float64 also what has 16."""
    if value.dtype.kind == "U":
        return tf.constant(value.tolist(), tf.string)
    widens = value.dtype == np.float32 or dtype == "float64" and value.dtype.name in HALF_DTYPES
    return value.astype(dtype) if widens else value


def usable(values, corners=False):
    """Whether a model may have such outputs: some numbers, none too large unless the inputs are."""
    plain = [np.asarray(v, "float64") for v in values if v.dtype.kind not in "SUO"]
    return all(v.size > 0 and (corners or (np.isfinite(v).all() and np.abs(v).max() <= 1e6)) for v in plain)


@contextmanager
def cuts():
    """
    Tells, of what is computed inside, where whole numbers are made of fractions by chance: `found`, true for each such cast. Cut off is
    what is all but whole, or whole among numbers that no exact sum has; what the dtype cannot hold depends on how many there are.
    """
    found, cast = [], tf.cast

    def watched(x, dtype, *rest, **named):
        value = getattr(x, "numpy", lambda: x)() if tf.is_tensor(x) and not hasattr(x, "graph") else None
        if isinstance(value, np.ndarray) and value.dtype in (np.float32, np.float64) and tf.as_dtype(dtype).is_integer:
            value = value[np.isfinite(value)]
            far, ends = np.abs(value - np.round(value)), np.iinfo(tf.as_dtype(dtype).as_numpy_dtype)
            near = (far > 0) & (far < 1e-5 * np.maximum(np.abs(value), 1))
            rounded = (value * 1024 != np.round(value * 1024)).any() & (far == 0) & (value != 0)
            found.append(bool((near | rounded | (value < ends.min) | (value > ends.max)).any()))
        return cast(x, dtype, *rest, **named)

    tf.cast = watched
    try:
        yield found
    finally:
        tf.cast = cast
