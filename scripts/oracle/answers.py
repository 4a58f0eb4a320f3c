"""Requests on standard input, a line of JSON each, and their answers on standard output; what else is printed goes to standard error."""

import json
import os
import sys
import traceback


def serve(answer_to):
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {**request, **answer_to(request)}
        except Exception as error:
            answer = {**request, "failed": f"{type(error).__name__}: {error}"[:300], "where": traceback.format_exc()[-400:]}
        out.write(json.dumps(answer) + "\n")
        out.flush()
