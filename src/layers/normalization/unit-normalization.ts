/**
 * y = x / ‖x‖₂ over `axis`, the norm at least 1e-12 (1e-6 in tf-keras). x[B, …] → y[B, …]. No weights.
 * Source: keras/src/layers/normalization/unit_normalization.py, tf_keras/layers/normalization/unit_normalization.py.
 */
import { isFloat } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { layer } from "../define.ts";
import { floatsIn } from "../common/dtypes.ts";
import { axes } from "../fields.ts";
import { l2Normalized } from "../common/l2.ts";
import { positive } from "../common/normalization.ts";

export const unitNormalization = layer({
  class: "UnitNormalization",
  takes: floatsIn("keras3"),
  config: { axis: axes(-1) },
  mask: "pass",
  forward(cx, c, _w, [x]) {
    if (!isFloat(cx.compute)) fail("unsupported/dtype", { expected: "a policy of floats", found: cx.compute });
    // tf-keras makes floats of whole numbers first, Keras 3 squares them as they are.
    const given = cx.semantics === "keras3" ? x! : cx.op.cast(x!, cx.compute);
    return l2Normalized(cx, given, positive(c.axis, x!.shape.length), 1e-12);
  },
});
