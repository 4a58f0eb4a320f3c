/**
 * The first input less the second. Inputs of lower rank get axes after the batch; lengths of 1 stretch. No weights.
 * Source: keras/src/layers/merging/subtract.py.
 */
import { layer } from "../define.ts";
import { summands } from "../common/dtypes.ts";
import { fold, mergedMask, needTwo } from "../common/merge.ts";

export const subtract = layer({
  class: "Subtract",
  takes: summands,
  config: {},
  calls: { buildsOnce: true },
  mask: (cx, _c, masks) => mergedMask(cx, masks),
  forward: (cx, _c, _w, x) => fold(cx, needTwo(x), cx.op.subtract),
});
