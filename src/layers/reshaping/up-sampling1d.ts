/**
 * Each time step `size` times in a row; no weights. x[B, T, C] → y[B, T · size, C].
 * Source: keras/src/layers/reshaping/up_sampling1d.py.
 */
import { layer } from "../define.ts";
import { int } from "../fields.ts";
import { needRank } from "../common/checks.ts";

export const upSampling1d = layer({
  class: "UpSampling1D",
  config: { size: int({ min: 1, default: 2 }) },
  dialects: { keras1: { rename: { length: "size" } } },
  forward(cx, c, _w, [x]) {
    needRank(x!, 3);
    return cx.op.repeat(x!, 1, c.size);
  },
});
