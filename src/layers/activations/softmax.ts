/**
 * y = eˣ / Σ eˣ over `axis`, one or several; masked places get 0. x[B, …] → y[B, …]. No weights.
 * Source: keras/src/layers/activations/softmax.py; tf_keras/layers/activation/softmax.py, which lowers masked places by 1e9.
 */
import { layer } from "../define.ts";
import { axes } from "../fields.ts";
import { maskOf } from "../common/args.ts";

const LARGE = 1e9;

export const softmax = layer({
  class: "Softmax",
  args: ["inputs", "mask"],
  config: { axis: axes(-1) },
  mask: "pass",
  forward(cx, c, _w, [x], kw) {
    const { op } = cx;
    const given = maskOf(kw);
    if (given === undefined) return op.softmax(x!, c.axis);
    if (cx.semantics !== "keras3" && cx.node.options.get("robust_masking") !== true) {
      const adder = op.multiply(op.subtract(1, op.cast(given, x!.dtype)), -LARGE);
      return op.softmax(op.add(x!, adder), c.axis);
    }
    const mask = given.dtype === "bool" ? given : op.greater(given, 0.5);
    const y = op.softmax(op.where(mask, x!, -LARGE), c.axis);
    return cx.semantics === "keras3" ? op.where(mask, y, 0) : y;
  },
});
