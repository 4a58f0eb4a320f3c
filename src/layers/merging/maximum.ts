/**
 * The largest of the inputs, element by element. Inputs of lower rank get axes after the batch; lengths of 1 stretch. No weights.
 * Source: keras/src/layers/merging/maximum.py.
 */
import { layer } from "../define.ts";
import { summands } from "../common/dtypes.ts";
import { extreme, mergedMask } from "../common/merge.ts";

export const maximum = layer({
  class: "Maximum",
  takes: summands,
  config: {},
  calls: { keepsLists: true, buildsOnce: true },
  mask: (cx, _c, masks) => mergedMask(cx, masks),
  forward: (cx, _c, _w, x) => extreme(cx, x, cx.op.maximum),
});
