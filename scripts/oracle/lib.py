"""The library under the oracle: Keras 3 or tf-keras, chosen by the worker's first argument."""

import os
import sys

NAME = sys.argv[1] if len(sys.argv) > 1 else "keras3"
TFK = NAME == "tf-keras"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["KERAS_BACKEND"] = "tensorflow"

import numpy as np  # noqa: E402, F401
import tensorflow as tf  # noqa: E402

tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
if TFK:
    os.environ["TF_USE_LEGACY_KERAS"] = "1"  # its SpectralNormalization looks for tf.keras
    import tf_keras as keras

    flatten = tf.nest.flatten
    set_floatx = keras.backend.set_floatx
    set_policy = keras.mixed_precision.set_global_policy
else:
    import keras

    flatten = keras.tree.flatten
    set_floatx = keras.config.set_floatx
    set_policy = keras.config.set_dtype_policy
L = keras.layers


def layer_class(name):
    """A class of layers, also of those that files may hold though `keras.layers` lacks them; None where there is none."""
    return getattr(L, name, None) or INTERNAL.get(name)


def _internal():
    if TFK:
        from tf_keras.src.layers.rnn import cell_wrappers
        from tf_keras.src.premade_models import linear, wide_deep

        return {c.__name__: c for c in (cell_wrappers.DeviceWrapper, cell_wrappers.DropoutWrapper, cell_wrappers.ResidualWrapper, linear.LinearModel, wide_deep.WideDeepModel)}
    from keras.src.applications.convnext import LayerScale
    from keras.src.applications.inception_resnet_v2 import CustomScaleLayer
    from keras.src.layers.rnn.conv_lstm import ConvLSTMCell

    return {c.__name__: c for c in (LayerScale, CustomScaleLayer, ConvLSTMCell)}


INTERNAL = _internal()


OPEN = []  # of the model that runs: whether the axis after the batch is open


def _mend_add():
    """Keras 3 on TensorFlow takes a second summand with one long axis for a bias, wherever it lies. Where that is the batch,
    which is known to models that are called and not to those that predict, it is called as it predicts; where it is as long
    as an axis that the model leaves open, which is known or not by the lengths of earlier calls, as where it is not."""
    from keras.src.backend.tensorflow import numpy as backend

    add = backend.add

    def mended(x1, x2):
        shape = getattr(x2, "shape", None)
        long = [i for i, n in enumerate(shape) if n != 1] if shape is not None and shape.rank is not None else []
        rank = len(getattr(x1, "shape", ()))
        if long == [0] and len(shape) == rank:
            return tf.add(x1, x2)
        if OPEN and len(long) == 1 and rank > 2 and len(shape) <= rank and shape[long[0]] != x1.shape[-1]:
            return tf.add(x1, x2)
        return add(x1, x2)

    backend.add = mended


if not TFK:
    _mend_add()


def shape_of(tensor):
    return tuple(tensor.shape)


def dtype_of(tensor):
    return tensor.dtype if isinstance(tensor.dtype, str) else tensor.dtype.name


def first_line(error):
    text = str(error).strip()
    cause = text.rfind("Exception encountered: ")  # after the whole config
    return f"{type(error).__name__}: {text[cause if cause > 0 else 0:]}"[:400]
