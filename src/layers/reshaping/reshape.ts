/**
 * The same elements under another shape; no weights. x[B, …] → y[B, ...target_shape]; one length may be -1.
 * Source: keras/src/layers/reshaping/reshape.py.
 */
import { layer } from "../define.ts";
import { intList } from "../fields.ts";
import { reshapeKeepingBatch } from "../common/reshape.ts";

export const reshape = layer({
  class: "Reshape",
  config: { target_shape: intList() },
  forward: (cx, c, _w, [x]) => reshapeKeepingBatch(cx, x!, c.target_shape),
});
