"""The workloads as ONNX graphs (opset 17), written as ONNX Runtime likes them best: its own LSTM and GRU operators,
convolutions in its own layout with one transposition at each end, ConvLSTM unrolled over time.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# Keras keeps the gates i f c o and z r h; ONNX wants i o f c and z r h.
ORDER = {"LSTM": [0, 3, 1, 2], "GRU": [0, 1, 2]}
ACTIVATIONS = {"relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh"}


def to_onnx_recurrent(kind, kernel, recurrent, bias):
    """Keras's kernels, transposed and in ONNX's order of gates."""
    order = ORDER[kind]

    def gates(array):
        parts = np.split(array, len(order), -1)
        return np.concatenate([parts[i].T for i in order])

    biases = bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])
    return gates(kernel), gates(recurrent), np.concatenate([gates(biases[0]), gates(biases[1])])


class Builder:
    """Each method adds the nodes of one layer to the value it is given and returns the new value's name."""

    def __init__(self, workload, batch, weights):
        self.workload, self.batch, self.weights = workload, batch, iter(weights)
        self.nodes, self.constants, self.inputs, self.outputs = [], [], [], []
        self.shape = list(workload["input"])
        self.is_channels_first = False

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def ints(self, *values):
        return self.constant(np.array(values, np.int64))

    def node(self, op, inputs, count=1, **attributes):
        names = [f"v{len(self.nodes)}_{i}" for i in range(count)]
        self.nodes.append(helper.make_node(op, inputs, names, **attributes))
        return names[0] if count == 1 else names

    def activation(self, x, name):
        if name == "softmax":
            return self.node("Softmax", [x], axis=-1)
        return x if name is None else self.node(ACTIVATIONS[name], [x])

    def channels_first(self, x):
        if self.is_channels_first:
            return x
        self.is_channels_first = True
        rank = len(self.shape) + 1
        return self.node("Transpose", [x], perm=[0, rank - 1, *range(1, rank - 1)])

    def channels_last(self, x):
        if not self.is_channels_first:
            return x
        self.is_channels_first = False
        rank = len(self.shape) + 1
        return self.node("Transpose", [x], perm=[0, *range(2, rank), 1])

    def Dense(self, x, units, activation=None):
        y = self.node("MatMul", [x, self.constant(next(self.weights))])
        y = self.node("Add", [y, self.constant(next(self.weights))])
        self.shape[-1] = units
        return self.activation(y, activation)

    TimeDistributedDense = Dense

    def Embedding(self, x, input_dim, output_dim):
        self.shape.append(output_dim)
        return self.node("Gather", [self.constant(next(self.weights)), x])

    def recurrent(self, x, kind, directions, units, return_sequences=False, reset_after=False):
        triples = [
            to_onnx_recurrent(kind, next(self.weights), next(self.weights), next(self.weights))
            for _ in range(directions)
        ]
        arrays = [self.constant(np.stack(parts)) for parts in zip(*triples)]
        options = {"hidden_size": units}
        if kind == "GRU":
            options["linear_before_reset"] = int(reset_after)
        if directions == 2:
            options["direction"] = "bidirectional"
        stateful = self.workload.get("stateful", False)
        if stateful:
            arrays += ["", "h", "c"]
        x = self.node("Transpose", [x], perm=[1, 0, 2])
        sequence, *states = self.node(kind, [x, *arrays], 2 if kind == "GRU" else 3, **options)
        if stateful:
            for name, value in zip(["h", "c"], states):
                info = helper.make_tensor_value_info
                self.inputs.append(info(name, TensorProto.FLOAT, [1, self.batch, units]))
                self.outputs.append(info(f"{name}_out", TensorProto.FLOAT, [1, self.batch, units]))
                self.nodes.append(helper.make_node("Identity", [value], [f"{name}_out"]))
        if return_sequences and directions == 2:
            self.shape[-1] = 2 * units
            both = self.node("Transpose", [sequence], perm=[2, 0, 1, 3])
            return self.node("Reshape", [both, self.ints(self.batch, -1, 2 * units)])
        if return_sequences:
            self.shape[-1] = units
            return self.node("Transpose", [self.node("Squeeze", [sequence, self.ints(1)])], perm=[1, 0, 2])
        self.shape = [units * directions]
        if directions == 1:
            return self.node("Squeeze", [states[0], self.ints(0)])
        last = self.node("Transpose", [states[0]], perm=[1, 0, 2])
        return self.node("Reshape", [last, self.ints(self.batch, 2 * units)])

    def LSTM(self, x, **options):
        return self.recurrent(x, "LSTM", 1, **options)

    def GRU(self, x, **options):
        return self.recurrent(x, "GRU", 1, **options)

    def BiLSTM(self, x, **options):
        return self.recurrent(x, "LSTM", 2, **options)

    def convolution(self, x, depthwise=False, bias=True, strides=1, padding="valid", activation=None, **_):
        kernel = next(self.weights)
        rank = kernel.ndim - 2
        x = self.channels_first(x)
        axes = [rank, rank + 1] if depthwise else [rank + 1, rank]
        inputs = [x, self.constant(kernel.transpose(*axes, *range(rank)))]
        if bias:
            inputs.append(self.constant(next(self.weights)))
        same = padding == "same"
        sizes = zip(self.shape[:rank], kernel.shape)
        spatial = [-(-n // strides) if same else (n - k) // strides + 1 for n, k in sizes]
        self.shape = [*spatial, kernel.shape[rank] if depthwise else kernel.shape[-1]]
        y = self.node(
            "Conv",
            inputs,
            auto_pad="SAME_UPPER" if same else "VALID",
            strides=[strides] * rank,
            group=kernel.shape[rank] if depthwise else 1,
        )
        return self.activation(y, activation)

    Conv1D = Conv2D = Conv3D = convolution

    def DepthwiseConv2D(self, x, **options):
        return self.convolution(x, depthwise=True, **options)

    def batch_norm(self, x):
        """Keras's order: gamma, beta, mean, variance; ONNX's is the same."""
        arrays = [self.constant(next(self.weights)) for _ in range(4)]
        return self.node("BatchNormalization", [x, *arrays], epsilon=1e-3)

    def Residual(self, x, filters, strides):
        x, before = self.channels_first(x), self.shape
        y = self.batch_norm(self.convolution(x, bias=False, strides=strides, padding="same"))
        y = self.batch_norm(self.convolution(self.node("Relu", [y]), bias=False, padding="same"))
        if before != self.shape:
            after, self.shape = self.shape, before
            x = self.batch_norm(self.convolution(x, bias=False, strides=strides, padding="same"))
            self.shape = after
        return self.node("Relu", [self.node("Add", [x, y])])

    def normalised_sum(self, x, y):
        gamma, beta = (self.constant(next(self.weights)) for _ in range(2))
        total = self.node("Add", [x, y])
        return self.node("LayerNormalization", [total, gamma, beta], axis=-1, epsilon=1e-5)

    def SelfAttention(self, x, units):
        width = self.shape[-1]
        query, key, value = (self.Dense(x, units) for _ in range(3))
        query = self.node("Mul", [query, self.constant(np.float32(units**-0.5))])
        scores = self.node("MatMul", [query, self.node("Transpose", [key], perm=[0, 2, 1])])
        y = self.node("MatMul", [self.activation(scores, "softmax"), value])
        return self.normalised_sum(x, self.Dense(y, width))

    def MultiHeadAttention(self, x, num_heads, key_dim):
        """ONNX Runtime's own fused operator."""
        kernels, biases = [], []
        for _ in range(3):
            kernels.append(next(self.weights).reshape(self.shape[-1], num_heads * key_dim))
            biases.append(next(self.weights).reshape(-1))
        parts = [self.node("MatMul", [x, self.constant(kernel)]) for kernel in kernels]
        inputs = [*parts, self.constant(np.concatenate(biases))]
        y = self.node("MultiHeadAttention", inputs, domain="com.microsoft", num_heads=num_heads)
        y = self.node("MatMul", [y, self.constant(next(self.weights).reshape(num_heads * key_dim, -1))])
        return self.node("Add", [y, self.constant(next(self.weights))])

    def AttentionBlock(self, x, **options):
        return self.normalised_sum(x, self.MultiHeadAttention(x, **options))

    def FeedForward(self, x, units):
        width = self.shape[-1]
        y = self.Dense(x, units, activation="relu")
        return self.normalised_sum(x, self.Dense(y, width))

    def MaxPooling1D(self, x, pool_size):
        x = self.channels_first(x)
        self.shape[0] //= pool_size
        return self.node("MaxPool", [x], kernel_shape=[pool_size], strides=[pool_size])

    def global_average(self, x):
        x = self.channels_first(x)
        self.is_channels_first = False
        self.shape = [self.shape[-1]]
        return self.node("Flatten", [self.node("GlobalAveragePool", [x])])

    GlobalAveragePooling1D = GlobalAveragePooling2D = global_average

    def ConvLSTM2D(self, x, filters, **_):
        """The input's convolution for all steps at once, then the steps one after another."""
        kernel, recurrent, bias = (next(self.weights) for _ in range(3))
        steps, height, width, channels = self.shape
        x = self.node("Transpose", [x], perm=[0, 1, 4, 2, 3])
        x = self.node("Reshape", [x, self.ints(self.batch * steps, channels, height, width)])
        kernels = [self.constant(array.transpose(3, 2, 0, 1)) for array in (kernel, recurrent)]
        pads = {"pads": [1, 1, 1, 1]}
        all_steps = self.node("Conv", [x, kernels[0], self.constant(bias)], **pads)
        frames = self.node("Split", [all_steps, self.ints(*[1] * steps)], steps, axis=0)
        sizes = self.ints(*[filters] * 4)
        h = c = None
        for frame in frames:
            z = frame if h is None else self.node("Add", [frame, self.node("Conv", [h, kernels[1]], **pads)])
            zi, zf, zc, zo = self.node("Split", [z, sizes], 4, axis=1)
            new = self.node("Mul", [self.node("Sigmoid", [zi]), self.node("Tanh", [zc])])
            c = new if c is None else self.node("Add", [self.node("Mul", [self.node("Sigmoid", [zf]), c]), new])
            h = self.node("Mul", [self.node("Sigmoid", [zo]), self.node("Tanh", [c])])
        self.shape, self.is_channels_first = [height, width, filters], True
        return h


def build(name, workload, batch, weights):
    builder = Builder(workload, batch, weights)
    x = "x"
    for layer, options in workload["layers"]:
        x = getattr(builder, layer)(x, **options)
    x = builder.channels_last(x)
    builder.nodes.append(helper.make_node("Identity", [x], ["y"]))
    info = helper.make_tensor_value_info
    dtype = TensorProto.INT32 if "vocabulary" in workload else TensorProto.FLOAT
    graph = helper.make_graph(
        builder.nodes,
        name,
        [info("x", dtype, [batch, *workload["input"]]), *builder.inputs],
        [info("y", TensorProto.FLOAT, [batch, *builder.shape]), *builder.outputs],
        builder.constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model
