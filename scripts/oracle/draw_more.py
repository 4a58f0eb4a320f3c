"""Keras 3's other operations, and the arguments of layers' calls: positional and by keyword, None's included."""

import inspect

from draw_ops import LAST, X, call
from lib import L, TFK

POSITIVE = ["log", "log2", "log10", "rsqrt", "sqrt", "cbrt", "arccosh"]
UNIT = ["arcsin", "arccos", "arctanh", "erfinv"]
PLAIN = ["abs", "absolute", "exp2", "erfc", "tan", "deg2rad", "rad2deg", "trunc", "ceil", "floor", "sign", "isnan", "isinf", "isfinite", "logical_not", "real", "conj", "conjugate", "copy", "fabs",
         "soft_shrink", "sparse_sigmoid", "sparse_plus", "hard_shrink", "fliplr", "flipud", "stop_gradient", "convert_to_tensor", "square", "negative", "relu", "gelu", "round", "nan_to_num"]
BINARY = ["divide", "true_divide", "divide_no_nan", "floor_divide", "mod", "fmod", "power", "arctan2", "hypot", "logaddexp", "equal", "not_equal", "less", "less_equal", "greater", "greater_equal",
          "logical_and", "logical_or", "logical_xor", "maximum", "minimum", "add", "subtract", "multiply"]


def scalar(r):
    return r.choice([0, 1, 2, -1, 0.5, 1.5, -2.5, 3])


def unary(r, shape):
    roll = r.random()
    if roll < 0.2:
        return [call("ops.abs", X), call("ops.add", LAST, 1), call("ops." + r.choice(POSITIVE), LAST)]
    if roll < 0.3:
        return [call("ops.tanh", X), call("ops.multiply", LAST, 0.9), call("ops." + r.choice(UNIT), LAST)]
    return [call("ops." + r.choice(PLAIN), X)]


def with_options(r, shape):
    """Operations whose options are given, left out or None; some with positions of their own."""
    rank = len(shape)
    axis = r.choice([-1, *range(1, rank)])
    some = r.choice([axis, None, [axis]]) if r.random() < 0.5 else axis
    keep = r.choice([{}, {"keepdims": True}, {"keepdims": False}, {"keepdims": 1}])
    tail = shape[-1] or 2
    if r.random() < 0.06:
        return [call("ops.expand_dims", X, axis=axis), call("ops.squeeze", LAST, axis=r.choice([axis, [axis]]))]
    if rank == 4 and r.random() < 0.05:  # of whole numbers Keras makes whole shares
        return [call("ops.cast", X, "float32"), call("ops.dot_product_attention", LAST, LAST, LAST, is_causal=r.choice([True, False]), scale=r.choice([None, 0.5]))]
    if None not in shape and r.random() < 0.3:
        return [call("ops.expand_dims", X, axis=1), call("ops.broadcast_to", LAST, [shape[0], 2, *shape[1:]])]
    return [r.choice([
        call("ops.exp2", X), call("ops.glu", X, axis=-1), call("ops.threshold", X, scalar(r), scalar(r)), call("ops.hard_shrink", X, threshold=0.3), call("ops.soft_shrink", X, 0.3),
        call("ops." + r.choice(["any", "all", "amax", "amin", "ptp"]), X, axis=some, **keep), call("ops.count_nonzero", X, axis=some), call("ops.average", X, axis=axis),
        call("ops.average", X, axis=-1, weights=[1.0, *[0.5] * (tail - 1)]), call("ops.argsort", X, axis=axis), call("ops.top_k", X, r.randint(1, tail)), call("ops.moments", X, axes=[axis], **keep),
        call("ops.round", X, decimals=r.choice([0, 1, 2])), call("ops.nan_to_num", X, nan=1.0, posinf=r.choice([None, 2.0]), neginf=r.choice([None, -2.0])),
        call("ops.expand_dims", X, axis=[1, rank] if rank < 4 else 1), call("ops.split", X, r.choice([1, tail]), axis=r.choice([-1, rank - 1])), call("ops.split", X, [1], axis=-1),
        call("ops.unstack", X, axis=rank - 1), call("ops.tril", X, k=r.choice([-1, 0, 1])), call("ops.triu", X), call("ops.full_like", X, 0.5, dtype=r.choice([None, "int32", "float32"])),
        call("ops.layer_normalization", X, axis=-1), call("ops.rms_normalization", X), call("ops.cumsum", X, axis=axis, dtype=r.choice([None, "int32", "float32"])),
        call("ops.cast", X, r.choice(["int32", "bool", "float32", "uint8", "int8"])), call("ops.softmax", X, axis=r.choice([axis, -1, None])), call("ops.log_softmax", X, axis=r.choice([axis, None])),
        call("ops.normalize", X, axis=r.choice([axis, None]), order=r.choice([1, 2, 3])), call("ops.norm", X, ord=r.choice([None, 1, 2, "inf"][:3]), axis=axis, **keep),
        call("ops.clip", X, -1, 1), call("ops.one_hot", X, 4), call("ops.where", X, 1.0, 0.0), call("ops.leaky_relu", X, negative_slope=0.3), call("ops.elu", X, alpha=0.5),
        call("ops.gelu", X, approximate=r.choice([True, False, 1, 0])), call("ops.celu", X, 0.7), call("ops.logsumexp", X, axis=some, **keep), call("ops.median", X, axis=axis, **keep),
        *([call("ops.max_pool", X, 2, 1), call("ops.average_pool", X, 2, strides=1, padding="same")] if rank in (3, 4) else []),
        *([call("ops.hsplit", X, 1)] if rank > 1 else []), *([call("ops.dsplit", X, 1)] if rank == 3 else []),
                call("ops.batch_normalization", X, mean=[0.1] * tail, variance=[0.5] * tail, axis=-1, scale=r.choice([None, [2.0] * tail])),
    ])]


def binary(r, shape):
    name = "ops." + r.choice(BINARY)
    return [call(name, X, scalar(r)) if r.random() < 0.7 else call(name, scalar(r), X)]


def draw(r, shape):
    return r.choice([unary, with_options, with_options, binary])(r, shape)


def pair(r, shapes):
    a, b = {"x": 0}, {"x": 1}
    rank = len(shapes[0])
    options = [call("ops." + r.choice(BINARY), a, b) for _ in range(6)] + [call("ops.append", a, b, axis=-1), call("ops.hstack", [a, b]), call("ops.where", a, a, b), call("ops.vstack", [a, b]), call("ops.outer", a, b),
                                                                       call("ops.vdot", a, b)]
    if rank == 3:
        options += [call("ops.matmul", a, {"last": 1}), call("ops.dstack", [a, b]), call("ops.tensordot", a, b, axes=[[1, 2], [1, 2]])]
        return [call("ops.transpose", b, axes=[0, 2, 1]), r.choice([call("ops.matmul", a, LAST), call("operator.matmul", a, LAST)])] if r.random() < 0.2 else [r.choice([o for o in options if "matmul" not in o["call"]])]
    return [r.choice(options)]


def taken(cls):
    """Names of what a layer's call takes after its input."""
    if not hasattr(L, cls):
        return []
    names = [p.name for p in inspect.signature(getattr(L, cls).call).parameters.values() if p.kind == p.POSITIONAL_OR_KEYWORD]
    return [name for name in names[2:] if name != "constants"]


def arguments(r, names, ready):
    """Positional and keyword arguments of a call. `ready`: values by name; the rest may be None or left out."""
    chosen = {}
    for name in names:
        if name in ready and r.random() < 0.8:
            chosen[name] = ready[name]
        elif name == "training" and r.random() < 0.3:
            chosen[name] = r.choice([False, None, 0] if TFK else [False, None, 0, True, 1])
        elif name in ("mask", "initial_state") and r.random() < 0.25:
            chosen[name] = None
    last = max([i for i, name in enumerate(names) if name in chosen], default=-1)
    positional = r.randint(0, last + 1) if r.random() < 0.5 else 0
    args = [chosen.get(name, False if name == "training" else None) for name in names[:positional]]
    return args, {name: value for name, value in chosen.items() if names.index(name) >= positional}

