/**
 * The product of all inputs. Inputs of lower rank get axes after the batch; lengths of 1 stretch. No weights.
 * Source: keras/src/layers/merging/multiply.py.
 */
import { layer } from "../define.ts";
import { same } from "../../ops/dtypes.ts";
import { mergedMask, multiplied } from "../common/merge.ts";

export const multiply = layer({
  class: "Multiply",
  takes: (x, semantics) =>
    semantics === "tf-keras" ? same({ x }) : x.every((dtype) => dtype === "bool") ? "numbers" : null,
  config: {},
  calls: { keepsLists: true, buildsOnce: true },
  mask: (cx, _c, masks) => mergedMask(cx, masks),
  forward: (cx, _c, _w, x) => multiplied(cx, x),
});
