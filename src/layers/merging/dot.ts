/**
 * Sums of products of two inputs over one axis of each; with normalize, cosines. No weights.
 * a[B, …], b[B, …] → [B, other axes of a, other axes of b]; [B, 1] for two vectors.
 * Source: keras/src/layers/merging/dot.py.
 */
import { layer } from "../define.ts";
import { fail } from "../../core/error.ts";
import { isFloat } from "../../core/dtype.ts";
import { same } from "../../ops/dtypes.ts";
import { axes, bool } from "../fields.ts";
import { batchDot, dotAxes } from "./shared/batch-dot.ts";
import { l2Normalized } from "../common/l2.ts";
import { needTwo } from "../common/merge.ts";

export const dot = layer({
  class: "Dot",
  // TensorFlow multiplies few integers.
  takes(x, semantics) {
    if (semantics !== "tf-keras") return null;
    return x.some((dtype) => !isFloat(dtype) && !["int16", "int32", "int64"].includes(dtype))
      ? "floats, int16, int32 or int64"
      : same({ x });
  },
  config: { axes: axes(), normalize: bool(false) },
  forward(cx, c, _w, x) {
    const [a, b] = needTwo(x);
    const axes = dotAxes(c.axes, a, b);
    if (c.normalize && !(isFloat(a.dtype) && isFloat(b.dtype)))
      fail("unsupported/dtype", { expected: "floats", found: `${a.dtype}, ${b.dtype}` });
    // Sums of products of int8 are int32, those of truths whether any holds.
    const alike = a.dtype === b.dtype ? a.dtype : null;
    if (alike === "int8" || alike === "bool") {
      const sums = batchDot(cx, cx.op.cast(a, "int32"), cx.op.cast(b, "int32"), axes);
      return alike === "bool" ? cx.op.cast(sums, "bool") : sums;
    }
    if (!c.normalize) return batchDot(cx, a, b, axes);
    return batchDot(cx, l2Normalized(cx, a, [axes[0]], 1e-7), l2Normalized(cx, b, [axes[1]], 1e-7), axes);
  },
});
