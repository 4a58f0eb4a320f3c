/**
 * A vector n times as a sequence; no weights. x[B, D] → y[B, n, D].
 * Source: keras/src/layers/reshaping/repeat_vector.py.
 */
import { layer } from "../define.ts";
import { int } from "../fields.ts";
import { needRank } from "../common/checks.ts";

export const repeatVector = layer({
  class: "RepeatVector",
  config: { n: int({ min: 1 }) },
  forward(cx, c, _w, [x]) {
    needRank(x!, 2);
    return cx.op.repeat(cx.op.expandDims(x!, [1]), 1, c.n);
  },
});
