"""Makes the files of every workload of workloads.json (or of those named) in bench/data:
NAME.keras, NAME.weights (float32, in the order of the layers), NAME.json (their shapes), and for each batch size
NAME.bN.x, NAME.bN.y (inputs and Keras's outputs), NAME.bN.onnx and NAME.bN.tflite.
Of a stateful workload, the outputs of four calls in a row. Of keras.applications exported.mjs writes ONNX, and NAME.tfjs,
from NAME.keras. Texts have a .x of JSON, and no other form.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

import keras_models
import onnx_models
from flops import mflop

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "peers"))
from applications import drawn  # noqa: E402
DATA = HERE.parent / "data"
WORKLOADS = json.loads((HERE.parent / "workloads.json").read_text())
STATEFUL_CALLS = 4


def seeded(variable, rng):
    """Values that keep activations of the usual size through any depth."""
    values = rng.standard_normal(variable.shape)
    if variable.name == "gamma":
        return 1 + 0.1 * values
    if variable.name == "moving_variance":
        return 1 + 0.1 * np.abs(values)
    if "kernel" in variable.name:
        is_depthwise = len(variable.shape) == 4 and variable.shape[-1] == 1
        return values / np.sqrt(np.prod(variable.shape[:2] if is_depthwise else variable.shape[:-1]))
    return values if variable.name == "embeddings" else 0.1 * values


def weights_of(layers):
    return [v for layer in layers for v in layer.weights if "state" not in v.name]


def inputs_for(workload, batch, rng):
    shape = [batch, *workload["input"]]
    if "words" in workload:
        texts = rng.integers(0, 6000, [batch, workload["words"]])
        return np.array([[" ".join(f"Word{i}," for i in text)] for text in texts])
    if "application" in workload:
        return rng.uniform(0, 255, shape).astype(np.float32)
    if "vocabulary" in workload:
        return rng.integers(0, workload["vocabulary"], shape).astype(np.int32)
    return rng.standard_normal(shape).astype(np.float32)


def outputs_for(workload, model, x):
    if not workload.get("stateful"):
        return np.asarray(model(tf.constant(x)))
    return np.concatenate([np.asarray(model(x)) for _ in range(STATEFUL_CALLS)])


def check_onnx(model, x, y):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    feeds = {i.name: x if i.name == "x" else np.zeros(i.shape, np.float32) for i in session.get_inputs()}
    found = session.run(["y"], feeds)[0]
    if not np.allclose(found, y[: len(found)], rtol=1e-3, atol=1e-4):
        raise SystemExit(f"the ONNX graph differs from Keras by {np.abs(found - y[: len(found)]).max()}")


def to_tflite(model, x):
    """Frozen first: the converter alone drops the weights of a Keras 3 model."""
    function = tf.function(lambda t: model(t, training=False), input_signature=[tf.TensorSpec(x.shape, x.dtype)])
    frozen = convert_variables_to_constants_v2(function.get_concrete_function(), lower_control_flow=False)
    return tf.lite.TFLiteConverter.from_concrete_functions([frozen], model).convert()


def make(name, workload):
    rng = np.random.default_rng(7)
    model, layers = keras_models.build(workload)
    variables = weights_of(layers)
    is_application, is_text = "application" in workload, "words" in workload
    weights = []
    if is_application:
        drawn(model, rng, *(rng.uniform(0, 255, (n, *workload["input"])).astype(np.float32) for n in (16, 1)))
    elif not is_text:
        weights = [seeded(v, rng).astype(np.float32) for v in variables]
        for variable, values in zip(variables, weights):
            variable.assign(values)
        np.concatenate([a.ravel() for a in weights]).tofile(DATA / f"{name}.weights")
    model.save(DATA / f"{name}.keras")
    for batch in workload["batches"]:
        x = inputs_for(workload, batch, rng)
        y = outputs_for(workload, model, x)
        y.astype(np.float32).tofile(DATA / f"{name}.b{batch}.y")
        if is_text:
            (DATA / f"{name}.b{batch}.x").write_text(json.dumps(x.ravel().tolist()))
            continue
        x.tofile(DATA / f"{name}.b{batch}.x")
        if is_application:
            subprocess.run(["node", HERE / "exported.mjs", name, str(batch)], check=True)
        else:
            graph = onnx_models.build(name, workload, batch, weights)
            check_onnx(graph, x, y)
            onnx.save(graph, DATA / f"{name}.b{batch}.onnx")
        if not workload.get("stateful"):
            (DATA / f"{name}.b{batch}.tflite").write_bytes(to_tflite(model, x))
    description = {
        "weights": [list(a.shape) for a in weights],
        "output": list(y.shape[1:]),
        "mflop": mflop(model),
    }
    (DATA / f"{name}.json").write_text(json.dumps(description))
    print(name, workload["title"], sum(int(np.prod(v.shape)) for v in variables), "weights", flush=True)


DATA.mkdir(exist_ok=True)
keras.utils.set_random_seed(1)
for name, workload in WORKLOADS.items():
    if len(sys.argv) == 1 or name in sys.argv[1:]:
        make(name, workload)
