"""Operations of `keras.ops` for arrays: bits, not-a-numbers, places, matrices, transforms, images, losses."""

from draw_ops import LAST, X, call

WHOLE = [call("ops.multiply", X, 3), call("ops.cast", LAST, "int32")]
NAN = [call("ops.where", X, X, X), call("ops.log", X)]
SIMPLE = ["angle", "imag", "isneginf", "isposinf", "isreal", "signbit", "sinc", "i0", "hard_swish", "empty_like", "array", "size", "ndim", "shape"]
PAIRS = ["fmax", "fmin", "logaddexp2", "heaviside", "nextafter", "isclose", "allclose", "cross", "dot", "inner", "kron", "correlate", "ldexp", "cdist"]
BITS = ["bitwise_and", "bitwise_or", "bitwise_xor", "gcd", "lcm"]
NANS = ["nansum", "nanmean", "nanmax", "nanmin", "nanprod", "nanvar", "nanstd", "nanmedian", "nanargmax", "nanargmin", "nancumsum", "nancumprod"]
LOSSES = ["binary_crossentropy", "categorical_crossentropy"]


def drop(name, axis, keep):
    flat = name in ("nanargmax", "nanargmin", "nancumsum", "nancumprod")
    return call("ops." + name, LAST, axis=axis, **({} if flat else keep))


def draw(r, shape):
    rank, tail = len(shape), shape[-1]
    axis = r.choice([-1, *range(1, rank)])
    keep = r.choice([{}, {"keepdims": True}])
    q = r.choice([0.25, 0.5, [0.1, 0.8]])
    method = r.choice(["linear", "lower", "higher", "midpoint", "nearest"])
    options = [
        [call("ops." + r.choice(SIMPLE), X)],
        [call("ops.tanh", X), call("ops.log", LAST), drop(r.choice(NANS), axis, keep)],
        [call("ops.multiply", X, 0.0), call("ops.divide", X, LAST), call("ops." + r.choice(["nan_to_num", "isposinf", "isneginf", "isnan", "nanmax", "sign"]), LAST)],
        [*WHOLE, call("ops." + r.choice(BITS), LAST, r.choice([1, 3, 6]))],
        [*WHOLE, call("ops." + r.choice(["bitwise_not", "bitwise_invert", "abs", "sign", "square", "negative", "signbit"]), LAST)],
        [*WHOLE, call("ops." + r.choice(["left_shift", "right_shift", "bitwise_left_shift", "bitwise_right_shift"]), LAST, r.choice([0, 1, 2]))],
        [*WHOLE, call("ops." + r.choice(["sum", "mean", "max", "prod", "var", "std", "cumsum", "argmax", "sort", "median", "any", "count_nonzero"]), LAST, axis=axis)],
        [*WHOLE, call("ops." + r.choice(["divide", "floor_divide", "mod", "power", "maximum", "add", "less"]), LAST, r.choice([2, 3, 1.5]))],
        [*WHOLE, call("ops." + r.choice(["sqrt", "exp", "sin", "tanh", "softmax", "relu", "expm1", "sigmoid", "floor", "round", "log_softmax", "gelu"]), LAST)],
        [call("ops.quantile", X, q, axis=axis, method=method, **keep)], [call("ops.percentile", X, 30.0, axis=axis, method=method, **keep)],
        [call("ops.searchsorted", [-1.0, 0.0, 0.5], X)], [call("ops.digitize", X, [-1.0, 0.0, 0.5])], [call("ops.isin", X, [0.0, 1.0], invert=r.choice([True, False]))],
        [call("ops.argsort", X, axis=axis), call("ops.take_along_axis", X, LAST, axis=axis)], [call("ops.argpartition", X, 0, axis=axis), call("ops.take_along_axis", X, LAST, axis=axis), call("ops.max", LAST, axis=axis)],
        [call("ops.cumprod", X, axis=axis)], [call("ops.trapezoid", X, axis=axis, dx=r.choice([1.0, 0.5]))], [call("ops.saturate_cast", X, r.choice(["uint8", "int8", "int32"]))],
        [call("ops.array_split", X, r.choice([1, 2, 3]), axis=rank - 1)], [call("ops.in_top_k", [0, 1], X, 1)] if rank == 2 else [call("ops.ravel", X)],
        [call("ops.norm", X, ord=r.choice([1, 2, 3, {"float": "inf"}, 0]), axis=axis, **keep)], [call("ops.slice_update", X, [0] * rank, X)], [call("ops.diagonal", X, axis1=rank - 2, axis2=rank - 1)],
        [call("ops.sigmoid", X), call("ops.binary_crossentropy", LAST, LAST, from_logits=r.choice([True, False]))],
        [call("ops.softmax", X), call("ops.categorical_crossentropy", LAST, X, from_logits=True, axis=-1)],
        [call("ops.argmax", X, axis=-1), call("ops.sparse_categorical_crossentropy", LAST, X, from_logits=True)],
        [call("ops.argmax", X, axis=-1), call("ops.one_hot", LAST, r.choice([tail or 3, 5]), axis=r.choice([-1, rank - 1]), dtype=r.choice(["float32", "int32", "bool"]))],
        [call("ops.argmax", X, axis=-1), call("ops.multi_hot", LAST, 6)],
        [call("ops.rot90", X, k=r.choice([1, 2, 3, -1]), axes=[rank - 2, rank - 1])], [call("ops.rfft", X, fft_length=r.choice([None, 4, 6]))], [call("ops.rfft", X), call("ops.irfft", LAST)],
        [call("ops.rearrange", X, "b ... c -> c b ...")], [call("ops.rearrange", X, "b (h two) ... -> b h two ...", two=1)],
        [call("ops.adaptive_average_pool", X, 2), ] if 3 <= rank <= 5 else [call("ops.vander", X)],
        [call("ops.batch_normalization", X, [0.1] * (shape[1] or 1), [0.5] * (shape[1] or 1), 1)], [call("ops.view", X, "int32")],
        [call("ops.einsum", r.choice(["...i->...", "b...->b", "...i,...i->...", "...i,...j->...ij"]), X)],
        [call("ops.stft", X, 4, 2, 8)], [call("ops.extract_sequences", X, 2, 1)],
    ]
    if rank == 4:
        options += [[call("ops.space_to_depth", X, 1)], [call("ops.depth_to_space", X, 1)], [call("ops.image.rgb_to_grayscale", X)], [call("ops.image.rgb_to_hsv", X)], [call("ops.image.crop_images", X, top_cropping=1, bottom_cropping=0, left_cropping=0, right_cropping=1)],
                    [call("ops.image.resize", X, [r.randint(1, 7), r.randint(1, 7)], interpolation=r.choice(["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"]), antialias=r.choice([True, False]))],
                    [call("ops.image.extract_patches", X, r.choice([1, 2]), strides=r.choice([None, 1, 2]), padding=r.choice(["valid", "same"]))],
                    [call("ops.image.pad_images", X, top_padding=1, left_padding=2, bottom_padding=0, right_padding=1)], [call("ops.image.gaussian_blur", X, kernel_size=[3, 3], sigma=[1.0, 0.5])],
                    [call("ops.image.affine_transform", X, [1.0, 0.1, 0.5, -0.1, 0.9, 0.2, 0.0, 0.0], interpolation=r.choice(["nearest", "bilinear"]), fill_mode=r.choice(["constant", "nearest", "wrap", "mirror", "reflect"]))],
                    [call("ops.unfold", X, 2)], [call("ops.fft2", [X, X])]]
    if rank >= 3 and shape[-1] == shape[-2] and shape[-1] is not None:
        options += [[call("ops." + r.choice(["det", "trace", "slogdet", "logdet"]), X)], [call("ops.matmul", X, X)], [call("ops.diag" if rank == 2 else "ops.tril", X)]] * 2
    if rank == 3:
        options += [[call("ops.transpose", X, axes=[0, 2, 1]), call("ops.matmul", X, LAST), call("ops." + r.choice(["trace", "tril", "norm"]), LAST)], [call("ops.qr", X)], [call("ops.max_pool", X, 2, padding="same")]]
    if rank == 2:
        options += [[call("ops.corrcoef", X)], [call("ops.diag", X)], [call("ops.segment_sum", X, [0, 0], num_segments=2)], [call("ops.meshgrid", X)]]
    return r.choice(options)


def pair(r, shapes):
    a, b = {"x": 0}, {"x": 1}
    rank = len(shapes[0])
    axis = r.choice([-1, *range(1, rank)])
    options = [call("ops." + r.choice(PAIRS), a, b), call("ops." + r.choice(PAIRS), a, b), call("ops.concatenate", [a, b], axis=axis), call("ops.stack", [a, b], axis=axis), call("ops.where", a, b, 0),
               call("ops.select", [a, b], [a, b], 1.5), call("ops.einsum", r.choice(["...i,...i->...", "...i,...j->...ij", "b...,b...->b"]), a, b), call("ops.binary_crossentropy", a, b, from_logits=True),
               call("ops.trapezoid", a, b, axis=axis), call("ops.tensordot", a, b, axes=[[rank - 1], [rank - 1]]), call("ops.psnr", a, b, 2.0), call("ops.divide_no_nan", a, b), call("ops.block_diag", a, b)]
    return [r.choice(options)]
