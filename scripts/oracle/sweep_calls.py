"""Calls for the sweep: operations that the drawers never draw, and layers of several tensors. Each is the shapes of its inputs
(with one letter: "i" whole numbers, "b" truths, "t" texts) and its steps; `{"in": k}` is an input, `{"last": 1}` the step before."""

from draw import desc
from draw_ops import LAST, call
from lib import TFK

A, B, C = {"in": 0}, {"in": 1}, {"in": 2}
SHAPES = {"flat": [4], "square": [4, 4], "steps": [5, 3], "image": [6, 5, 3], "frames1": [3, 5, 2], "volume": [4, 4, 3, 2], "frames": [3, 4, 4, 2], "clip3": [2, 2, 3, 3, 1], "wave": [32],
          "codes i": [3], "code i": [1], "text t": [1], "texts t": [3], "column": [1]}
EYE = {"array": [[4.0 if i == j else 0.0 for j in range(4)] for i in range(4)]}
DEFINITE = [call("ops.transpose", A, axes=[0, 2, 1]), call("ops.matmul", A, LAST), call("ops.add", LAST, EYE)]
FAR = [call("ops.add", A, EYE)]  # away from what has no inverse


def floats(values):
    return {"array": values}


def whole(values):
    return {"array": values, "dtype": "int32"}


def layer(cls, **options):
    return {"layer": desc(cls, **options)}


def _layers():
    for kind in ("flat", "steps", "image", "volume"):
        for cls in ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"):
            yield [kind, kind], {**layer(cls), "args": [[A, B]]}
    for axes, kind in ((1, "flat"), (2, "steps"), ([1, 1], "steps"), ([1, 2], "square")):
        yield [kind, kind], {**layer("Dot", axes=axes), "args": [[A, B]]}
    for cls in ("Attention", "AdditiveAttention"):
        yield ["steps", "steps"], {**layer(cls), "args": [[A, B]]}
        yield ["steps", "steps"], {**layer(cls), "args": [[A, B]], "kw": {"use_causal_mask": True}}
    for kind in ("steps", "image"):
        yield [kind, kind], {**layer("MultiHeadAttention", num_heads=2, key_dim=2), "args": [A, B]}
    if TFK:
        for cls, options in (("DeviceWrapper", {"device": "cpu:0"}), ("DropoutWrapper", {}), ("ResidualWrapper", {})):
            yield ["steps"], {**layer("RNN", cell=desc(cls, cell=desc("GRUCell", units=3), **options)), "args": [A]}
        yield ["flat"], {**layer("LinearModel", units=2), "args": [A]}
        yield ["flat", "flat"], {**layer("LinearModel", units=2), "args": [[A, B]]}
        parts = {"linear_model": desc("LinearModel", units=2), "dnn_model": desc("Dense", units=2)}
        yield ["flat", "flat"], {**layer("WideDeepModel", **parts), "args": [[A, B]]}
    if not TFK:
        yield ["steps", "steps"], {**layer("GroupQueryAttention", head_dim=2, num_query_heads=4, num_key_value_heads=2), "args": [A, B]}
        yield ["steps"], {**layer("LayerScale", init_values=0.3, projection_dim=3), "args": [A]}
        yield ["steps", "steps"], {**layer("CustomScaleLayer", scale=0.17), "args": [[A, B]]}
        yield ["frames"], {**layer("RNN", cell=desc("ConvLSTMCell", rank=2, filters=2, kernel_size=2)), "args": [A]}
        yield ["codes i"], {**layer("ReversibleEmbedding", input_dim=10, output_dim=3), "args": [A]}
        yield ["steps"], {**layer("ReversibleEmbedding", input_dim=10, output_dim=3), "args": [A], "kw": {"reverse": True}}
    known = ["a", "b", "fox", "the"]
    yield ["text t"], {**layer("TextVectorization", vocabulary=known, output_mode="multi_hot"), "args": [A]}
    yield ["text t"], {**layer("TextVectorization", vocabulary=known, output_mode="tf_idf", idf_weights=[0.5, 1.0, 0.75, 1.25], max_tokens=9, pad_to_max_tokens=True), "args": [A]}
    yield ["texts t"], {**layer("StringLookup", vocabulary=known, output_mode="multi_hot", max_tokens=9), "args": [A]}
    yield ["texts t"], {**layer("StringLookup", vocabulary=known, invert=False), "args": [A]}
    yield ["codes i"], {**layer("StringLookup", vocabulary=known, invert=True), "args": [A]}
    yield ["codes i"], {**layer("IntegerLookup", vocabulary=[3, 1, 7, 9], output_mode="multi_hot", max_tokens=9), "args": [A]}
    yield ["code i", "code i"], {**layer("HashedCrossing", num_bins=5), "args": [[A, B]]}
    yield ["text t", "text t"], {**layer("HashedCrossing", num_bins=5), "args": [[A, B]]}
    yield ["wave"], {**layer("STFTSpectrogram" if not TFK else "Flatten", **({} if TFK else {"frame_length": 8, "frame_step": 4, "fft_length": 8})), "args": [A]}


LAYERS = list(_layers())

# Classes that no function makes, yet files may hold.
OPERATIONS = [] if TFK else [
    (["flat"], {"operation": "Abs", "options": {}, "args": [A]}),
    (["flat"], {"operation": "Conj", "options": {}, "args": [A]}),
    (["flat"], {"operation": "Full", "options": {"shape": [2, 4]}, "args": [A]}),
]

CALLS = [] if TFK else [
    (["flat"], [call("ops.digitize", A, floats([-0.5, 0.2, 0.9]))]),
    (["image"], [call("ops.image.pad_images", A, target_height=9, bottom_padding=1, target_width=9, left_padding=1)]),
    (["image"], [call("ops.image.crop_images", A, target_height=3, bottom_cropping=1, target_width=2, left_cropping=1)]),
    (["steps"], [call("ops.layer_normalization", A, floats([0.5, 1.5, 2.0]), floats([0.1, -0.2, 0.3]))]),
    (["4,5", "4,5"], [call("ops.irfft", [A, B])]), (["4,5", "4,5"], [call("ops.istft", [A, B], 8, 4, 8)]),
    (["steps"], [call("ops.slice", A, [0, 1, 0], [2, 2, 3])]),
    (["flat"], [call("ops.scatter", [[0], [1]], A, [3, 4])]),
    (["flat"], [call("ops.scatter_update", A, [[0, 1], [1, 0]], [9.0, 8.0])]),
    (["image"], [call("ops.tanh", A), call("ops.abs", LAST), call("ops.image.hsv_to_rgb", LAST)]),
    (["flat"], [call("ops.image.map_coordinates", A, floats([[0.3, 0.6, 1.2], [0.4, 1.3, 2.7]]), 1)]),
    (["image"], [call("ops.image.perspective_transform", A, floats([[[0.0, 0.0], [5.0, 0.0], [0.0, 4.0], [5.0, 4.0]]] * 2), floats([[[0.2, 0.1], [4.6, 0.3], [0.4, 3.7], [4.8, 3.9]]] * 2))]),
    (["image"], [call("ops.image.scale_and_translate", A, [2, 8, 7, 3], [1.3, 1.2], [0.4, -0.3], [1, 2], "linear")]),
    (["image"], [call("ops.image.sobel_edges", A)]),
    (["image", "image"], [call("ops.image.ssim", A, B, 2.0, filter_size=3)]),
    (["square"], [*DEFINITE, call("ops.cholesky", LAST)]), (["square"], [*DEFINITE, call("ops.cholesky_inverse", LAST)]), (["square"], [*FAR, call("ops.inv", LAST)]),
    (["square"], [*FAR, call("ops.det", LAST)]), (["square"], [*FAR, call("ops.slogdet", LAST)]), (["square"], [*FAR, call("ops.lu_factor", LAST)]), (["square", "square"], [*FAR, call("ops.solve", LAST, B)]),
    (["square"], [*DEFINITE, call("ops.eigh", LAST)]), (["square", "square"], [*FAR, call("ops.solve_triangular", LAST, B)]), (["square"], [*FAR, call("ops.svd", LAST, compute_uv=False)]),
    (["steps"], [call("ops.svd", A, compute_uv=False)]), (["steps"], [call("ops.qr", A)]), (["square"], [*FAR, call("ops.pinv", LAST)]), (["steps"], [call("ops.pinv", A)]),
    (["square"], [*FAR, call("ops.matrix_rank", LAST)]), (["flat"], [call("ops.lstsq", floats([[1.0, 0.5], [0.2, 2.0]]), A)]),
    # The largest of nothing is what the sweep calls huge.
    *[(["flat"], [call(f"ops.segment_{name}", A, whole(ids), num_segments=2)]) for name, ids in (("sum", [0, 0]), ("max", [1, 0]), ("min", [1, 0]), ("prod", [0, 0]))],
    (["flat", "flat"], [call("ops.fft", [A, B])]), (["steps", "steps"], [call("ops.fft2", [A, B])]), (["steps", "steps"], [call("ops.ifft2", [A, B])]),
    (["wave"], [call("ops.stft", A, 8, 4, 8), call("ops.istft", LAST, 8, 4, 8)]), (["steps"], [call("ops.adaptive_max_pool", A, {"tuple": [2]})]), (["image"], [call("ops.adaptive_max_pool", A, {"tuple": [2, 3]})]),
    (["image"], [call("ops.adaptive_average_pool", A, {"tuple": [2, 3]})]), (["steps"], [call("ops.max_pool", A, 2)]), (["image"], [call("ops.average_pool", A, 2)]),
    (["steps", "3,4"], [call("ops.conv", A, B)]), (["image", "2,3,4"], [call("ops.conv", A, B)]), (["steps", "3,2"], [call("ops.depthwise_conv", A, B)]), (["image", "2,3,2"], [call("ops.depthwise_conv", A, B)]),
    (["image", "2,3,2"], [call("ops.separable_conv", A, B, floats([[[[0.5, 0.2]] * 6]]))]), (["steps", "4,3"], [call("ops.conv_transpose", A, B, 1)]),
    (["image", "2,4,3"], [call("ops.conv_transpose", A, B, 2)]), (["image"], [call("ops.unfold", A, 2), call("ops.fold", LAST, [6, 5], 2)]), (["wave", "wave"], [call("ops.polar", A, B)]),
    (["steps"], [call("ops.ctc_loss", whole([[1, 2], [2, 1]]), A, whole([2, 1]), whole([5, 4]))]), (["steps"], [call("ops.ctc_decode", A, whole([5, 4]))]),
    (["codes i"], [call("ops.bincount", A, minlength=12)]), (["flat"], [call("ops.diagflat", A)]),
    (["flat", "flat"], [call("ops.linspace", A, B, 3)]), (["flat", "flat"], [call("ops.tanh", A), call("ops.logspace", LAST, B, 3)]),
    (["flat", "flat"], [call("ops.abs", A), call("ops.add", LAST, 1.0), call("ops.geomspace", LAST, 7.0, 3)]),
    (["flat"], [call("ops.nanpercentile", A, 30.0, axis=1)]), (["flat"], [call("ops.nanquantile", A, 0.3, axis=1)]), (["steps"], [call("ops.nanquantile", A, [0.3, 0.7], axis=1)]),
    (["codes i"], [call("ops.unravel_index", A, [4, 5])]), (["flat"], [call("ops.vsplit", A, 2)]), (["steps"], [call("ops.hsplit", A, [2])]), (["image"], [call("ops.dsplit", A, [2])]),
    (["flat"], [call("ops.histogram", A, 3, range={"tuple": [-1.0, 1.0]})]), (["codes i"], [call("ops.unique", A, size=9)]), (["flat", "flat"], [call("ops.heaviside", A, B)]), (["flat"], [call("ops.i0", A)]),
    (["wave"], [call("ops.extract_sequences", A, 8, 4)]), (["steps", "steps"], [call("ops.tensordot", A, B, axes=2)]), (["square"], [call("ops.moveaxis", A, 1, 2)]),
    (["4,6,2"], [call("ops.space_to_depth", A, 2)]), (["4,6,4"], [call("ops.depth_to_space", A, 2)]), (["4,6,2"], [call("ops.image.resize", A, [3, 4])]),
    (["flat", "flat"], [call("ops.softmax", A), call("ops.categorical_crossentropy", LAST, LAST)]), (["flat", "flat"], [call("ops.sigmoid", A), call("ops.binary_crossentropy", LAST, LAST)]),
    (["codes i"], [call("ops.one_hot", A, 10)]), (["codes i"], [call("ops.multi_hot", A, 10)]), (["flat", "codes i"], [call("ops.take", A, [1, 0], axis=1)]), (["flat"], [call("ops.take_along_axis", A, whole([[1, 0], [2, 2]]), axis=1)]),
    (["flat"], [call("ops.in_top_k", whole([1, 0]), A, 2)]), (["flat", "flat"], [call("ops.append", A, B)]), (["flat"], [call("ops.trapezoid", A, dx=0.5)]),
    (["3", "3"], [call("ops.cross", A, B)]), (["4,2,3", "4,2,3"], [call("ops.dot_product_attention", A, B, B)]),
    (["flat"], [call("ops.searchsorted", floats([-1.0, 0.2, 0.5]), A)]), (["flat", "3"], [call("ops.meshgrid", A, B)]), (["flat"], [call("ops.glu", A)]), (["steps"], [call("ops.ptp", A, axis=1)]),
    (["steps"], [call("ops.nanvar", A, axis=1)]), (["column"], [call("ops.reshape", A, [-1]), call("ops.vander", LAST)]), (["column", "column"], [call("ops.reshape", A, [-1]), call("ops.correlate", LAST, LAST)]),
    (["image"], [call("ops.image.affine_transform", A, floats([1.0, 0.125, 0.5, -0.125, 0.875, 0.25, 0.0, 0.0]))]), (["steps"], [call("ops.batch_normalization", A, floats([0.1] * 3), floats([0.5] * 3), -1)]),
]
