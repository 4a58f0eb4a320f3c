/**
 * The mean of all inputs. Inputs of lower rank get axes after the batch; lengths of 1 stretch. No weights.
 * Source: keras/src/layers/merging/average.py.
 */
import { layer } from "../define.ts";
import { isInteger } from "../../core/dtype.ts";
import { summands } from "../common/dtypes.ts";
import { fold, mergedMask } from "../common/merge.ts";

export const average = layer({
  class: "Average",
  takes: summands,
  config: {},
  mask: (cx, _c, masks) => mergedMask(cx, masks),
  forward(cx, _c, _w, x) {
    const sum = fold(cx, x, cx.op.add);
    // TensorFlow divides integers as float64, but for the smallest.
    const wide = isInteger(sum.dtype) && !sum.dtype.endsWith("8");
    return cx.op.divide(wide ? cx.op.cast(sum, "float64") : sum, x.length);
  },
});
