/**
 * The sum of all inputs. Inputs of lower rank get axes after the batch; lengths of 1 stretch. No weights.
 * Source: keras/src/layers/merging/add.py.
 */
import { layer } from "../define.ts";
import { added } from "../common/bias-add.ts";
import { summands } from "../common/dtypes.ts";
import { fold, mergedMask } from "../common/merge.ts";

export const add = layer({
  class: "Add",
  takes: summands,
  config: {},
  calls: { keepsLists: true, buildsOnce: true },
  mask: (cx, _c, masks) => mergedMask(cx, masks),
  forward: (cx, _c, _w, x) => fold(cx, x, (a, b) => added(cx, a, b)),
});
