"""Random options: what the families of layers share, and the plain layers. A drawer takes the random source and the input's
shape (with the batch axis) and gives a layer description; unfit options are no mistake, Keras refuses them while growing."""

from lib import TFK

ACTIVATIONS = ["elu", "exponential", "gelu", "hard_sigmoid", "linear", "relu", "selu", "sigmoid", "softmax", "softplus", "softsign", "tanh", "swish"]
if not TFK:
    ACTIVATIONS += ["celu", "glu", "hard_shrink", "hard_silu", "hard_tanh", "leaky_relu", "log_sigmoid", "log_softmax", "mish", "relu6", "silu", "soft_shrink",
                    "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "tanh_shrink"]
else:
    ACTIVATIONS += ["mish"]
INITIALIZERS = ["glorot_uniform", "he_normal", "orthogonal", "zeros", "ones", "random_normal", "truncated_normal"]
REGULARIZERS = ["l1", "l2", "l1_l2"]
POLICIES = ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16", "float64"]
CONSTRAINTS = ["max_norm", "non_neg", "unit_norm"]


def desc(cls, **options):
    return {"class": cls, "options": options}


def maybe(r, p, **options):
    """Each option with the chance p; a callable draws its value."""
    return {k: v(r) if callable(v) else v for k, v in options.items() if r.random() < p}


def activation(r, p=0.5, key="activation", without=()):
    if r.random() > p:
        return {}
    roll = r.random()
    if roll < 0.03 and key == "activation" and not without:
        return {key: r.choice([desc("LeakyReLU"), desc("ReLU", max_value=2.0), desc("ELU", alpha=0.7)])}
    return {key: r.choice([a for a in ACTIVATIONS if a not in without])}


def attached(r, *names):
    """Initialisers, regularisers and constraints: they never change a prediction, yet must come through."""
    out = {}
    for name in names:
        for suffix, values in (("initializer", INITIALIZERS), ("regularizer", REGULARIZERS), ("constraint", CONSTRAINTS)):
            if r.random() < 0.06:
                out[f"{name}_{suffix}"] = r.choice(values)
    return out


def per_axis(r, n, values):
    """One number for all axes, or one each."""
    return r.choice(values) if r.random() < 0.5 or n == 1 else [r.choice(values) for _ in range(n)]


def data_format(r, p=0.12):
    return {} if r.random() > p + 0.1 else {"data_format": "channels_first" if r.random() < p / (p + 0.1) else "channels_last"}


def dense(r, shape):
    return desc("Dense", units=r.randint(1, 5), **maybe(r, 0.2, use_bias=False), **activation(r), **attached(r, "kernel", "bias"))


def activations(r, shape):
    kind = r.choice(["Activation"] * 4 + ["ReLU", "LeakyReLU", "ELU", "PReLU", "Softmax"] + (["ThresholdedReLU"] if TFK else []))
    if kind == "Activation":
        return desc(kind, activation=r.choice(ACTIVATIONS))
    if kind == "ReLU":
        return desc(kind, **maybe(r, 0.5, max_value=1.5, negative_slope=0.3, threshold=0.2))
    if kind == "PReLU":
        axes = list(range(1, len(shape)))
        free = [a for a in axes if shape[a] is None]
        shared = free + [a for a in axes if a not in free and r.random() < 0.4]
        return desc(kind, **({"shared_axes": shared} if shared else {}), **attached(r, "alpha"))
    if kind == "Softmax":
        return desc(kind, **maybe(r, 0.4, axis=lambda r: r.choice([-1, 1, *range(2, len(shape))])))
    key = {"ELU": "alpha", "ThresholdedReLU": "theta", "LeakyReLU": "alpha" if TFK else "negative_slope"}[kind]
    return desc(kind, **maybe(r, 0.6, **{key: 0.45}))


def regularization(r, shape):
    n = len(shape) - 2
    kinds = ["Dropout", "GaussianDropout", "GaussianNoise", "AlphaDropout", "ActivityRegularization"] + ([] if TFK else ["Identity"])
    if 1 <= n <= 3:
        kinds.append(f"SpatialDropout{n}D")
    kind = r.choice(kinds)
    if kind == "ActivityRegularization":
        return desc(kind, l1=0.01)
    if kind == "Identity":
        return desc(kind)
    if kind == "GaussianNoise":
        return desc(kind, stddev=0.3)
    return desc(kind, rate=0.4, **(maybe(r, 0.3, seed=7, noise_shape=lambda r: [None, *[1] * (len(shape) - 1)]) if kind == "Dropout" else {}))


def normalization(r, shape):
    kind = r.choice(["BatchNormalization"] * 3 + ["LayerNormalization"] * 2 + ["GroupNormalization", "UnitNormalization"] + ([] if TFK else ["RMSNormalization"]))
    last = len(shape) - 1
    axis = lambda r: r.choice([-1, 1, last])  # noqa: E731
    if kind == "BatchNormalization":
        return desc(kind, **maybe(r, 0.25, axis=axis, momentum=0.9, epsilon=0.01, center=False, scale=False), **maybe(r, 0.1, trainable=False), **attached(r, "beta", "gamma"))
    if kind == "LayerNormalization":
        several = lambda r: r.choice([-1, 1, last, list(range(max(1, last - 1), last + 1))])  # noqa: E731
        return desc(kind, **maybe(r, 0.3, axis=several, epsilon=0.01, center=False, scale=False), **({} if TFK else maybe(r, 0, rms_scaling=True)))
    if kind == "GroupNormalization":
        return desc(kind, groups=r.choice([1, -1, 2]), **maybe(r, 0.25, axis=axis, epsilon=0.01, center=False, scale=False))
    if kind == "UnitNormalization":
        return desc(kind, **maybe(r, 0.5, axis=axis))
    return desc(kind, **maybe(r, 0.4, epsilon=0.01, axis=axis))


def scaling(r, shape):
    """What is done to raw data first."""
    last = shape[-1]
    if r.random() < 0.5 or last is None:
        return desc("Rescaling", scale=r.choice([0.5, 1, 1 / 127.5]), **maybe(r, 0.6, offset=-1))
    many = r.random() < 0.6
    mean, variance = ([0.1] * last, [0.5, *[2.0] * (last - 1)]) if many else (0.3, 0.7)
    return desc("Normalization", axis=-1 if many else None, mean=mean, variance=variance, **maybe(r, 0.2, invert=True))


def reshaping(r, shape):
    sizes = list(shape[1:])
    kind = r.choice(["Flatten", "Reshape", "Permute"] + (["RepeatVector"] * 2 if len(sizes) == 1 else []))
    if kind == "Flatten":
        return desc(kind, **data_format(r, 0.2))
    if kind == "RepeatVector":
        return desc(kind, n=r.randint(1, 4))
    if kind == "Permute":
        order = list(range(1, len(shape)))
        r.shuffle(order)
        return desc(kind, dims=order)
    if None in sizes:
        return desc(kind, target_shape=[-1, *[n for n in sizes[1:]]] if None not in sizes[1:] else [-1, 1])
    total = 1
    for n in sizes:
        total *= n
    target = []
    for _ in range(r.randint(0, 2)):
        target.append(r.choice([d for d in range(1, total + 1) if total % d == 0]))
        total //= target[-1]
    target.append(total)
    r.shuffle(target)
    if r.random() < 0.4:
        target[r.randrange(len(target))] = -1
    return desc(kind, target_shape=target)


def masking(r, shape):
    return desc("Masking", **maybe(r, 0.2, mask_value=-1.0))


def embedding(r, shape):
    kind = "ReversibleEmbedding" if not TFK and r.random() < 0.15 else "Embedding"
    return desc(kind, input_dim=10, output_dim=r.randint(2, 4), **maybe(r, 0.6, mask_zero=True), **attached(r, "embeddings"),
                **(maybe(r, 0.15, input_length=shape[1]) if TFK and len(shape) == 2 else {}))
