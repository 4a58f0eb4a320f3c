"""Random convolutions, pooling, padding, cropping, up-sampling."""

from draw import activation, attached, data_format, desc, maybe, per_axis
from lib import TFK


def channels(shape, options):
    return shape[1] if options.get("data_format") == "channels_first" else shape[-1]


def conv(r, shape):
    n = len(shape) - 2
    kinds = [f"Conv{n}D"] * 4 + [f"Conv{n}DTranspose"] + ([f"DepthwiseConv{n}D", f"SeparableConv{n}D"] if n < 3 else [])
    kind = r.choice(kinds)
    options = dict(kernel_size=per_axis(r, n, [1, 2, 3]), **data_format(r, 0 if TFK else 0.12), **activation(r, 0.3), **maybe(r, 0.2, use_bias=False))
    paddings = ["valid", "same"] + (["causal"] if kind == "Conv1D" and options.get("data_format") != "channels_first" else [])
    options.update(maybe(r, 0.6, padding=lambda r: r.choice(paddings)))
    if r.random() < 0.3:
        options["strides"] = r.choice([1, 2]) if "Depthwise" in kind or "Separable" in kind else per_axis(r, n, [1, 2])
    elif r.random() < 0.25:
        options["dilation_rate"] = r.choice([1, 2]) if n == 1 or "Conv3D" in kind else per_axis(r, n, [1, 2])
    if None in shape[1:] and options.get("padding", "valid") == "valid":  # TensorFlow gives what it finds in memory where a dilated kernel is longer than an axis that comes short
        options.pop("dilation_rate", None)
    if "Depthwise" in kind:
        return desc(kind, **options, **maybe(r, 0.4, depth_multiplier=2), **attached(r, "depthwise", "bias"))
    if "Separable" in kind:
        return desc(kind, filters=r.randint(1, 4), **options, **maybe(r, 0.4, depth_multiplier=2), **attached(r, "depthwise", "pointwise"))
    if "Transpose" in kind:
        return desc(kind, filters=r.randint(1, 4), **options, **(maybe(r, 0.15, output_padding=1) if options.get("strides") == 2 else {}), **attached(r, "kernel"))
    width = channels(shape, options)
    groups = r.choice([g for g in range(1, (width or 1) + 1) if (width or 1) % g == 0]) if r.random() < 0.15 else 1
    if groups > 1:
        options["groups"] = groups
    return desc(kind, filters=groups * r.randint(1, 3), **options, **attached(r, "kernel", "bias"))


def pooling(r, shape):
    n = len(shape) - 2
    kind = r.choice(["Average", "Max"])
    if r.random() < 0.4:
        return desc(f"Global{kind}Pooling{n}D", **data_format(r, 0.2), **maybe(r, 0.3, keepdims=True))
    return desc(f"{kind}Pooling{n}D", **maybe(r, 0.6, pool_size=lambda r: per_axis(r, n, [1, 2, 3])), **maybe(r, 0.4, strides=lambda r: per_axis(r, n, [1, 2])),
                **maybe(r, 0.5, padding=lambda r: r.choice(["valid", "same"])), **(data_format(r, 0.15) if not TFK else {}))


def borders(r, n):
    if r.random() < 0.4:
        return r.randint(0, 2)
    if n == 1:
        return [r.randint(0, 2), r.randint(0, 2)]
    return [r.randint(0, 2) for _ in range(n)] if r.random() < 0.4 else {"pairs": [[r.randint(0, 2), r.randint(0, 2)] for _ in range(n)]}


def borders_option(r, n):
    drawn = borders(r, n)
    return [list(p) for p in drawn["pairs"]] if isinstance(drawn, dict) else drawn


def space(r, shape):
    n = len(shape) - 2
    kind = r.choice([f"ZeroPadding{n}D", f"Cropping{n}D", f"UpSampling{n}D"])
    layout = data_format(r, 0.2) if n > 1 else {}
    if kind.startswith("Zero"):
        return desc(kind, **maybe(r, 0.8, padding=lambda r: borders_option(r, n)), **layout)
    if kind.startswith("Crop"):
        return desc(kind, cropping=borders_option(r, n), **layout)
    size = per_axis(r, n, [1, 2, 3])
    plain = ["bilinear", "nearest"] if size in (1, [1, 1]) else []  # in a loop TensorFlow filters what keeps its size, else not
    blend = maybe(r, 0.4, interpolation=lambda r: r.choice(plain or ["bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"] + ([] if not TFK else ["area", "gaussian", "mitchellcubic"]))) if n == 2 else {}
    return desc(kind, size=size, **layout, **blend)


def adaptive(r, shape):
    """Pooling to a size of the output: a window for each of its places."""
    n = len(shape) - 2
    return desc(f"Adaptive{r.choice(['Average', 'Max'])}Pooling{n}D", output_size=per_axis(r, n, [1, 2, 3]), **data_format(r, 0.15))


def local(r, shape):
    """Convolutions with weights of their own at each place, which Keras 3 has no more."""
    n = min(2, len(shape) - 2)
    return desc(f"LocallyConnected{n}D", filters=r.randint(1, 3), kernel_size=per_axis(r, n, [1, 2]), **maybe(r, 0.3, strides=lambda r: per_axis(r, n, [1, 2]), use_bias=False),
                **activation(r, 0.3), implementation=r.choice([1, 2, 3]), **({"padding": "same"} if r.random() < 0.15 else {}))
