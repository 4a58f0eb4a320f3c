/**
 * Masks the steps in which all features equal mask_value, and sets them to zero.
 * x[B, T, …, D] → y the same, mask[B, T, …]. No weights.
 * Source: keras/src/layers/core/masking.py, tf_keras/layers/core/masking.py, keras 1.2.2 keras/layers/core.py.
 */
import type { Sym } from "../../ops/types.ts";
import { type Context, layer } from "../define.ts";
import { floatsIn } from "../common/dtypes.ts";
import { maskValue, type MaskValue } from "./shared/mask-value.ts";

/** Whether a step has a feature that is not mask_value. */
function present({ op }: Context, c: { readonly mask_value: MaskValue }, x: Sym, keepdims: boolean): Sym {
  const { values, shape } = c.mask_value;
  return op.any(op.notEqual(x, shape.length === 0 ? values[0]! : op.array(values, shape, x.dtype)), [-1], keepdims);
}

export const masking = layer({
  class: "Masking",
  takes: floatsIn("tf-keras"),
  config: { mask_value: maskValue(0) },
  writing: {
    unread: ({ options }, { dialect }) => dialect === "keras2" && options.get("mask_value") instanceof Map,
    maskSteps: ({ mask_value: { values, shape } }) =>
      shape.length > 0
        ? null
        : [
            { op: "NotEqual", operand: values[0]! },
            { op: "Any", options: { axis: -1, keepdims: false } },
          ],
  },
  mask: (cx, c, _masks, [x]) => [present(cx, c, x!, false)],
  forward(cx, c, _w, [x]) {
    const kept = present(cx, c, x!, true);
    // Before Keras 3 it was a product: the same, but for an infinite mask_value, where it leaves NaN.
    const product = cx.semantics !== "keras3" && !c.mask_value.values.every(Number.isFinite);
    return product ? cx.op.multiply(x!, cx.op.cast(kept, x!.dtype)) : cx.op.where(kept, x!, 0);
  },
});
