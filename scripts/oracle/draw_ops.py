"""Random operations on tensors: Python's operators and indexing, `keras.ops` of Keras 3, `tf` functions under tf-keras.
A drawer gives the steps to append: `{"call", "args", "kw"}`, where `{"last": 1}` is the step before."""

from lib import TFK

X = {"x": 1}
LAST = {"last": 1}


def call(name, *args, **kw):
    return {"call": name, "args": list(args), **({"kw": kw} if kw else {})}


def arithmetic(r, shape):
    c = round(r.uniform(-2, 2), 2) or 0.5
    return [r.choice([
        call("operator.add", X, c), call("operator.sub", X, c), call("operator.sub", c, X), call("operator.mul", X, c), call("operator.mul", c, X),
        call("operator.truediv", X, 2.5), call("operator.neg", X), call("operator.abs", X), call("operator.pow", X, 2), call("operator.add", X, X),
    ])]


def indexing(r, shape):
    rank = len(shape)
    full = {"slice": [None, None, None]}
    keys = [full]
    for size in shape[1:]:
        roll = r.random()
        if roll < 0.4 or size is None:
            keys.append(full)
        elif roll < 0.6:
            keys.append(r.choice([0, -1, size // 2]))
        else:
            keys.append({"slice": [r.choice([None, 0, 1, -2]), r.choice([None, -1, size]), r.choice([None, None, 2])]})
    if r.random() < 0.2:
        keys.insert(r.randint(1, len(keys)), None)
    if r.random() < 0.15:
        keys = [{"ellipsis": 1}, r.choice([0, -1, {"slice": [1, None, None]}])]
    return [call("operator.getitem", X, {"tuple": keys[: r.randint(2, max(2, rank + 1))]})]


UNARY = ["abs", "tanh", "sigmoid", "relu", "softplus", "square", "sin", "cos", "exp"]
MORE = ["erf", "arctan", "sinh", "negative", "sign", "floor", "gelu", "elu", "selu", "silu", "softsign", "hard_sigmoid", "hard_silu", "log_sigmoid", "relu6", "mish", "reciprocal", "expm1",
        "softmax", "log_softmax", "hard_tanh", "tanh_shrink", "squareplus", "celu", "sparsemax", "arcsinh", "cosh", "ravel", "ones_like", "zeros_like", "leaky_relu"]
TF_UNARY = ["tf.abs", "tf.tanh", "tf.sigmoid", "tf.nn.relu", "tf.nn.softplus", "tf.square", "tf.sin", "tf.exp", "tf.nn.softmax", "tf.math.reciprocal", "tf.nn.elu", "tf.nn.selu", "tf.nn.relu6",
            "tf.nn.leaky_relu", "tf.math.negative", "tf.math.erf", "tf.ones_like", "tf.zeros_like", "tf.identity", "tf.stop_gradient", "tf.nn.softsign", "tf.math.log_sigmoid", "tf.nn.silu"]


def unary(r, shape):
    if TFK:
        return [call(r.choice(TF_UNARY), X)]
    if r.random() < 0.15:
        return [call("ops.square", X), call(r.choice(["ops.sqrt", "ops.log1p"]), LAST)]
    return [call("ops." + r.choice(UNARY + MORE), X)]


def axes(r, shape):
    free = list(range(1, len(shape)))
    return r.choice([-1, r.choice(free), sorted(r.sample(free, r.randint(1, len(free))))])


def reduction(r, shape):
    axis, keep = axes(r, shape), r.random() < 0.4
    if TFK:
        return [call("tf." + r.choice(["reduce_mean", "reduce_sum", "reduce_max", "reduce_min", "math.reduce_std", "math.reduce_variance"]), X, axis=axis, keepdims=keep)]
    if r.random() < 0.15:
        return [call("ops." + r.choice(["argmax", "argmin"]), X, axis=r.choice([-1, 1])), call("ops.cast", LAST, "float32")]
    return [call("ops." + r.choice(["mean", "sum", "max", "min", "var", "std", "prod", "logsumexp", "norm", "median"]), X, axis=axis, keepdims=keep)]


def shaping(r, shape):
    rank = len(shape)
    axis = r.choice([-1, *range(1, rank)])
    order = [0, *r.sample(range(1, rank), rank - 1)]
    pads = [[0, 0], *[[r.randint(0, 1), r.randint(0, 2)] for _ in range(rank - 1)]]
    if TFK:
        return [r.choice([
            call("tf.transpose", X, perm=order), call("tf.expand_dims", X, axis=axis), call("tf.reverse", X, axis=[axis]), call("tf.pad", X, pads),
            call("tf.tile", X, [1] * (rank - 1) + [2]), call("tf.repeat", X, 2, axis=axis), call("tf.roll", X, shift=1, axis=axis), call("tf.reshape", X, [-1, 1]),
            call("tf.cast", X, "float32"), call("tf.clip_by_value", X, -0.5, 0.5), call("tf.math.l2_normalize", X, axis=axis), call("tf.cumsum", X, axis=axis),
        ])]
    tail = [n for n in shape[1:]]
    return [r.choice([
        call("ops.transpose", X, axes=order), call("ops.expand_dims", X, axis=axis), call("ops.flip", X, axis=axis), call("ops.pad", X, pads), call("ops.swapaxes", X, 1, rank - 1),
        call("ops.tile", X, [1] * (rank - 1) + [2]), call("ops.repeat", X, 2, axis=axis), call("ops.roll", X, 1, axis=axis), call("ops.moveaxis", X, -1, 1),
        call("ops.reshape", X, [-1, tail[-1] if tail[-1] else 1]), call("ops.cast", X, "float32"), call("ops.clip", X, -0.5, 0.5), call("ops.cumsum", X, axis=axis),
        call("ops.normalize", X, axis=-1), call("ops.where", True, X, 0.0), call("ops.sort", X, axis=axis), call("ops.diff", X, axis=axis), call("ops.take", X, [0, 0], axis=axis),
    ])]


def choosing(r, shape):
    c = round(r.uniform(-0.5, 0.5), 2)
    if TFK:
        return [call("operator.gt", X, c), call("tf.cast", LAST, "float32")] if r.random() < 0.5 else [call("operator.gt", X, c), call("tf.where", LAST, X, call_free(0.25))]
    compare = r.choice(["operator.gt", "operator.le", "ops.less", "ops.greater_equal"])
    return [call(compare, X, c), call("ops.cast", LAST, "float32")] if r.random() < 0.5 else [call(compare, X, c), call("ops.where", LAST, X, c)]


def call_free(value):
    return value


def draw(r, shape):
    return r.choice([arithmetic, arithmetic, indexing, indexing, unary, unary, reduction, shaping, shaping, choosing])(r, shape)


def pair(r, shapes):
    """Operations on two tensors of the given shapes."""
    names = ["operator.add", "operator.sub", "operator.mul"]
    a, b = {"x": 0}, {"x": 1}
    if TFK:
        options = [call(n, a, b) for n in names] + [call("tf.concat", [a, b], axis=-1), call("tf.stack", [a, b], axis=1), call("tf.maximum", a, b), call("tf.matmul", a, b, transpose_b=True),
                                                    call("tf.minimum", a, b), call("tf.math.squared_difference", a, b)]
        return [r.choice(options)]
    options = [call(n, a, b) for n in names] + [call("ops.concatenate", [a, b], axis=r.choice([-1, 1])), call("ops.stack", [a, b], axis=r.choice([-1, 1])), call("ops.maximum", a, b),
                                                call("ops.minimum", a, b)]
    if len(shapes[0]) == 3:
        options += [call("ops.einsum", "bij,bkj->bik", a, b)] * 2
    if len(shapes[0]) == 2:
        options.append(call("ops.einsum", "bi,bj->bij", a, b))
    return [r.choice(options)]
