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
    import tf_keras as keras

    flatten = tf.nest.flatten
    set_floatx = keras.backend.set_floatx
else:
    import keras

    flatten = keras.tree.flatten
    set_floatx = keras.config.set_floatx
L = keras.layers


def shape_of(tensor):
    return tuple(tensor.shape)


def dtype_of(tensor):
    return tensor.dtype if isinstance(tensor.dtype, str) else tensor.dtype.name
