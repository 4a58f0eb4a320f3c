"""Who takes what is written: ONNX's checker, ONNX Runtime, OpenVINO, safetensors and NumPy. Reads one JSON request a line, as
worker.py: of each folder, every `.onnx` is checked and run on the rows of `rows.npz`, and the arrays of `.safetensors` and
`.npz` are listed."""

import hashlib
import json
import os
import sys
from pathlib import Path

import ml_dtypes  # noqa: F401: bfloat16 for NumPy
import numpy as np
import onnx
import onnxruntime
import openvino
from safetensors.numpy import load_file

onnxruntime.set_default_logger_severity(4)
CORE = openvino.Core()
CPU = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
STATE = "state_in_"


def first_line(error):
    return f"{type(error).__name__}: {str(error).strip()}"[:300].replace("\n", " ")


def at_the_door(path):
    """The file with what NumPy has no type for, bfloat16, cast at its ends; the names of its outputs."""
    model = onnx.load(str(path))
    graph = model.graph
    for ends in (graph.input, graph.output):
        for end in ends:
            kind = end.type.tensor_type
            if kind.elem_type != onnx.TensorProto.BFLOAT16:
                continue
            inner = f"{end.name}/bfloat16"
            for node in graph.node:
                for names in (node.input, node.output):
                    names[:] = [inner if name == end.name else name for name in names]
            outside, inside = (end.name, inner) if ends is graph.input else (inner, end.name)
            to = onnx.TensorProto.BFLOAT16 if ends is graph.input else onnx.TensorProto.FLOAT
            cast = onnx.helper.make_node("Cast", [outside], [inside], to=to)
            graph.node.insert(0 if ends is graph.input else len(graph.node), cast)
            kind.elem_type = onnx.TensorProto.FLOAT
    return model.SerializeToString(), [end.name for end in graph.output]


def by_onnxruntime(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    content, names = at_the_door(path)
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return lambda feeds: dict(zip(names, session.run(names, feeds)))


def by_openvino(path):
    content, names = at_the_door(path)
    compiled = CORE.compile_model(CORE.read_model(content), "CPU", CPU)
    return lambda feeds: dict(zip(names, list(compiled(feeds).values())))


RUNTIMES = {"onnxruntime": by_onnxruntime, "openvino": by_openvino}


def arrays_of(found):
    return {
        name: [str(a.dtype), list(a.shape), hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest()]
        for name, a in found.items()
    }


def stored(folder, kind):
    def list_them():
        if kind == "npz":
            with np.load(folder / "model.npz", allow_pickle=False) as file:
                return arrays_of({name: file[name] for name in file.files if name != "keras_config"})
        return arrays_of(load_file(folder / "model.safetensors"))

    return list_them


def consumed(folder, without=None):
    folder = Path(folder)
    answers = {}

    def judge(name, make):
        try:
            answers[name] = make()
        except Exception as error:
            answers[name] = {"failed": first_line(error)}

    for kind in ("safetensors", "npz"):
        if (folder / f"model.{kind}").exists():
            judge(kind, stored(folder, kind))
    for path in folder.glob("*.onnx"):
        judge(f"checker {path.stem}", lambda: onnx.checker.check_model(str(path), full_check=True))
        rows = np.load(folder / "rows.npz", allow_pickle=False)
        asked = json.loads((folder / "rows.json").read_text())
        for runtime, opened in RUNTIMES.items():
            if runtime == without:
                continue

            def run():
                call = opened(path)
                found, states = {}, {}
                for row in asked:
                    if row["fresh"]:
                        states = {name: rows[key] for name, key in row["states"].items()}
                    feeds = {**{name: rows[key] for name, key in row["inputs"].items()}, **states}
                    outputs = call(feeds)
                    states = {name: outputs[name.replace(STATE, "state_out_", 1)] for name in states}
                    own = [value for name, value in outputs.items() if not name.startswith("state_out_")]
                    found.update({f"{row['at']}/{i}": value for i, value in enumerate(own)})
                np.savez(folder / f"{path.stem}.{runtime}.npz", **found)

            judge(f"{runtime} {path.stem}", run)
    return answers


def main():
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        out.write(json.dumps([consumed(folder, request.get("without")) for folder in request["folders"]]) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
