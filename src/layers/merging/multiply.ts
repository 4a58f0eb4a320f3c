/**
 * The product of all inputs. Inputs of lower rank get axes after the batch; lengths of 1 stretch. No weights.
 * Source: keras/src/layers/merging/multiply.py.
 */
import { layer } from "../define.ts";
import { sameIn } from "../common/dtypes.ts";
import { mergedMask, product } from "../common/merge.ts";

export const multiply = layer({
  class: "Multiply",
  takes: sameIn("tf-keras"),
  config: {},
  mask: (cx, _c, masks) => mergedMask(cx, masks),
  forward: (cx, _c, _w, x) => product(cx, x),
});
