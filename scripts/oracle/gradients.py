"""Gradients of saved models by TensorFlow's tape: `python gradients.py keras3|tf-keras`. Reads one JSON request a line,
`{"files": [model, weights?], "given": x.npz, "out": y.npz}`: inputs `x/<i>`, and `c/<i>` which each float output is multiplied by
before all are summed; and writes the sum's gradients, `inputs/<i>` and `weights/<i>` in Keras's orders, none where Keras has none."""

from answers import serve
from lib import TFK, flatten, keras, np, tf


def opened(files):
    model, *weights = files
    if not weights:
        return keras.models.load_model(model, compile=False)
    with open(model) as file:
        made = keras.models.model_from_json(file.read())
    made.load_weights(weights[0])
    return made


def make(request):
    keras.backend.clear_session()
    model = opened(request["files"])
    given = np.load(request["given"], allow_pickle=True)
    xs = [tf.constant(given[f"x/{i}"]) for i in range(len(model.inputs))]
    variables = [w if TFK else w.value for w in model.weights]
    reals = [v for v in [*xs, *variables] if v.dtype.is_floating]
    with tf.GradientTape() as tape:
        tape.watch(reals)
        ys = [y for y in flatten(model(xs[0] if len(xs) == 1 else xs, training=False)) if y.dtype in (tf.float32, tf.float64)]
        total = tf.add_n([tf.reduce_sum(tf.cast(y, "float32") * given[f"c/{i}"]) for i, y in enumerate(ys)])
    found = iter(tape.gradient(total, reals))
    arrays = {}
    for kind, all in (("inputs", xs), ("weights", variables)):
        for i, v in enumerate(all):
            gradient = next(found) if v.dtype.is_floating else None
            if gradient is not None:
                arrays[f"{kind}/{i}"] = np.asarray(tf.cast(tf.convert_to_tensor(gradient), "float32"))
    np.savez(request["out"], **arrays)
    return {}


if __name__ == "__main__":
    serve(make)
