/**
 * A vector n times as a sequence; no weights. x[B, D] → y[B, n, D].
 * Source: keras/src/layers/reshaping/repeat_vector.py.
 */
import { layer } from "../define.ts";
import { int } from "../fields.ts";
import { specRank } from "../common/checks.ts";

export const repeatVector = layer({
  class: "RepeatVector",
  config: { n: int({ min: 1 }) },
  forward(cx, c, _w, [x]) {
    specRank(cx, x!, 2);
    const steps = cx.isBare ? cx.op.reshape(x!, [cx.size(x!, 0), 1, cx.size(x!, 1)]) : cx.op.expandDims(x!, [1]);
    return cx.op.repeat(steps, 1, c.n);
  },
});
