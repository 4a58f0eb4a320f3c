/**
 * y = eˣ / Σ eˣ over `axis`, one or several, or all with null, those of the examples too; masked places get 0. x[B, …] → y[B, …]. No weights.
 * Source: keras/src/layers/activations/softmax.py; tf_keras/layers/activation/softmax.py, which lowers masked places by 1e9.
 */
import { layer } from "../define.ts";
import { axes, nullable } from "../fields.ts";
import { floatsIn } from "../common/dtypes.ts";
import { maskOf } from "../common/args.ts";
import { maskedSoftmax } from "../common/softmax.ts";

export const softmax = layer({
  class: "Softmax",
  takes: floatsIn("tf-keras"),
  args: ["inputs", "mask"],
  config: { axis: nullable(axes(-1)) },
  calls: { masksAsLists: true, maskMeetsLast: true, overBatch: (c) => c.axis === null },
  mask: "pass",
  forward: (cx, c, _w, [x], kw) =>
    maskedSoftmax(cx, x!, maskOf(kw), c.axis ?? x!.shape.map((_, i) => i), {
      robust: cx.node.options.get("robust_masking") === true,
    }),
});
