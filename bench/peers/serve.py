"""What every candidate in Python shares: the workloads' files, and the loop that answers the driver (see serve.mjs)."""

import base64
import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
DATA = HERE.parent / "data"
WORKLOADS = json.loads((HERE.parent / "workloads.json").read_text())
STATEFUL_CALLS = 4


def outputs(call, workload):
    calls = STATEFUL_CALLS if workload.get("stateful") else 1
    values = np.concatenate([np.asarray(call(), np.float32).ravel() for _ in range(calls)])
    return base64.b64encode(values.tobytes()).decode()


def timed(call, ms):
    times = []
    start = time.perf_counter()
    while True:
        begin = time.perf_counter()
        call()
        end = time.perf_counter()
        times.append((end - begin) * 1e3)
        if (end - start) * 1e3 > ms:
            break
    return {"min": min(times), "median": statistics.median(times), "calls": len(times)}


def serve(prepare):
    """`prepare(name, workload, batch, x, variant)` gives a function that gives the outputs."""
    call = None

    def answer(request):
        nonlocal call
        if request["do"] == "time":
            return timed(call, request["ms"])
        call = None
        if request["do"] == "prepare":
            name, batch = request["workload"], request["batch"]
            workload = WORKLOADS[name]
            file, shape = DATA / f"{name}.b{batch}.x", [batch, *workload["input"]]
            if "words" in workload:
                x = np.array(json.loads(file.read_text()), object).reshape(shape)
            else:
                x = np.fromfile(file, np.int32 if "vocabulary" in workload else np.float32).reshape(shape)
            call = prepare(name, workload, batch, x, request["variant"])
            return {"output": outputs(call, workload)}
        return {}

    for line in sys.stdin:
        try:
            result = answer(json.loads(line))
        except Exception as error:  # whatever a peer cannot do is reported, not fatal
            result = {"error": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(result), flush=True)
