"""How much arithmetic a workload is: 2 for each multiplication with an addition, of products and convolutions only."""

from math import prod

from keras import layers as L

RECURRENT = (L.LSTM, L.GRU)


def multiply_adds(layer):
    """Of one call with a batch of one."""
    kernels = sum(prod(v.shape) for v in layer.weights if "kernel" in v.name)
    if isinstance(layer, L.Dot):
        first, second = (tensor.shape for tensor in layer.input)
        axis = layer.axes if isinstance(layer.axes, int) else layer.axes[0]
        return prod(first[1:]) * prod(second[1:]) // first[axis]
    if isinstance(layer, (*RECURRENT, L.Bidirectional)):
        return layer.input.shape[1] * kernels
    if isinstance(layer, L.MultiHeadAttention):
        steps, _ = layer.output.shape[1:]
        return steps * kernels + 2 * steps * steps * layer.num_heads * layer.key_dim
    if isinstance(layer, L.ConvLSTM2D):
        return layer.input.shape[1] * prod(layer.output.shape[1:-1]) * kernels
    return prod(layer.output.shape[1:-1]) * kernels


def mflop(model):
    return 2e-6 * sum(multiply_adds(layer) for layer in model.layers)
