"""Keras itself (TensorFlow backend, all cores). Variants: `predict`; `compiled`, model(x) inside one tf.function."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import tensorflow as tf

from serve import DATA, serve


def prepare(name, workload, batch, x, variant):
    model = keras.saving.load_model(DATA / f"{name}.keras", compile=False)
    if "words" in workload:
        x = tf.constant(x, tf.string)
    if variant == "predict":
        return lambda: model.predict(x, batch_size=batch, verbose=0)
    function = tf.function(
        lambda t: model(t, training=False), input_signature=[tf.TensorSpec(x.shape, tf.as_dtype(x.dtype))]
    )
    return lambda: function(tf.constant(x)).numpy()


serve(prepare)
