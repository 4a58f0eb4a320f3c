/**
 * The inputs one after the other along `axis`; their other lengths are the same. No weights.
 * TFDConcat is what a FeatureSpace has of it.
 * Source: keras/src/layers/merging/concatenate.py, tf_keras/layers/merging/concatenate.py.
 */
import { fail } from "../../core/error.ts";
import { layer } from "../define.ts";
import { sameIn } from "../common/dtypes.ts";
import { int } from "../fields.ts";
import { concatenatedMask } from "../common/merge.ts";

export const concatenate = layer({
  class: "Concatenate",
  names: ["TFDConcat"],
  takes: sameIn("tf-keras"),
  calls: { keepsLists: true },
  config: { axis: int({ min: -32, default: -1 }) },
  mask: (cx, c, masks, x) => concatenatedMask(cx, masks, x, c.axis),
  forward(cx, c, _w, x) {
    if (x.length === 0) return fail("mismatch/inputs", { expected: "a list of inputs", found: "none" });
    return cx.op.concat(x, c.axis);
  },
});
