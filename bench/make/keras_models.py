"""The workloads as Keras models. A layer is `[class, arguments]`; some classes stand for a block of several layers.

`build` also gives the layers in the order they were made: that is the order of the weights in every file.
"""

import keras
from keras import layers as L


class Builder:
    def __init__(self, stateful):
        self.stateful = stateful
        self.made = []

    def use(self, layer):
        self.made.append(layer)
        return layer

    def LSTM(self, x, **options):
        return self.use(L.LSTM(stateful=self.stateful, **options))(x)

    def BiLSTM(self, x, **options):
        return self.use(L.Bidirectional(L.LSTM(**options)))(x)

    def TimeDistributedDense(self, x, **options):
        return self.use(L.TimeDistributed(L.Dense(**options)))(x)

    def Residual(self, x, filters, strides):
        """Two 3x3 convolutions with batch normalisation; where the shape changes, a 1x1 convolution beside them."""
        conv = {"padding": "same", "use_bias": False}
        y = self.use(L.Conv2D(filters, 3, strides=strides, **conv))(x)
        y = L.ReLU()(self.use(L.BatchNormalization())(y))
        y = self.use(L.Conv2D(filters, 3, **conv))(y)
        y = self.use(L.BatchNormalization())(y)
        if x.shape[-1] != filters or strides != 1:
            x = self.use(L.Conv2D(filters, 1, strides=strides, **conv))(x)
            x = self.use(L.BatchNormalization())(x)
        return L.ReLU()(L.Add()([x, y]))

    def SelfAttention(self, x, units):
        """One head of scaled dot-product attention, spelt out."""
        query, key, value = (self.use(L.Dense(units))(x) for _ in range(3))
        query = L.Rescaling(units**-0.5)(query)
        weights = L.Softmax()(L.Dot(axes=2)([query, key]))
        y = self.use(L.Dense(x.shape[-1]))(L.Dot(axes=(2, 1))([weights, value]))
        return self.use(L.LayerNormalization(epsilon=1e-5))(L.Add()([x, y]))

    def MultiHeadAttention(self, x, **options):
        return self.use(L.MultiHeadAttention(**options))(x, x)

    def AttentionBlock(self, x, **options):
        y = self.MultiHeadAttention(x, **options)
        return self.use(L.LayerNormalization(epsilon=1e-5))(L.Add()([x, y]))

    def TextVectorization(self, x, words, **options):
        return self.use(L.TextVectorization(vocabulary=[f"word{i}" for i in range(words)], **options))(x)

    def FeedForward(self, x, units):
        y = self.use(L.Dense(units, activation="relu"))(x)
        y = self.use(L.Dense(x.shape[-1]))(y)
        return self.use(L.LayerNormalization(epsilon=1e-5))(L.Add()([x, y]))

    def add(self, x, name, options):
        if hasattr(self, name):
            return getattr(self, name)(x, **options)
        return self.use(getattr(L, name)(**options))(x)


def build(workload):
    if "application" in workload:
        model = getattr(keras.applications, workload["application"])(weights=None, input_shape=workload["input"])
        return model, model.layers
    stateful = workload.get("stateful", False)
    dtype = "int32" if "vocabulary" in workload else "string" if "words" in workload else "float32"
    x = inputs = keras.Input(batch_shape=[1 if stateful else None, *workload["input"]], dtype=dtype)
    builder = Builder(stateful)
    for name, options in workload["layers"]:
        x = builder.add(x, name, options)
    return keras.Model(inputs, x), builder.made
