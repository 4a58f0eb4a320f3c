/**
 * All axes but the batch as one, channels last; no weights. x[B, …] → y[B, N]; x[B] → y[B, 1].
 * Source: keras/src/layers/reshaping/flatten.py.
 */
import { layer } from "../define.ts";
import { dataFormat } from "../fields.ts";
import { reshapeKeepingBatch } from "../common/reshape.ts";

export const flatten = layer({
  class: "Flatten",
  config: { data_format: dataFormat() },
  forward(cx, c, _w, [x]) {
    const rank = x!.shape.length;
    const last = x!.shape.map((_, axis) => (axis === 0 ? 0 : axis === rank - 1 ? 1 : axis + 1));
    const y = c.data_format === "channels_first" && rank > 2 ? cx.op.transpose(x!, last) : x!;
    return reshapeKeepingBatch(cx, y, [-1]);
  },
});
