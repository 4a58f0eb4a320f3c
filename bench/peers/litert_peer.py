"""LiteRT (TensorFlow Lite), one thread, on the workload's .tflite file. It has no file for stateful workloads."""

from ai_edge_litert.interpreter import Interpreter

from serve import DATA, serve


def prepare(name, workload, batch, x, variant):
    if workload.get("stateful"):
        raise ValueError("no file for stateful workloads")
    interpreter = Interpreter(str(DATA / f"{name}.b{batch}.tflite"), num_threads=1)
    interpreter.allocate_tensors()
    [source], [target] = interpreter.get_input_details(), interpreter.get_output_details()

    def call():
        interpreter.set_tensor(source["index"], x)
        interpreter.invoke()
        return interpreter.get_tensor(target["index"])

    return call


serve(prepare)
