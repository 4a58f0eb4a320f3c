/**
 * Sums of products of two inputs over one axis of each; with normalize, cosines. No weights.
 * a[B, …], b[B, …] → [B, other axes of a, other axes of b]; [B, 1] for two vectors.
 * Source: keras/src/layers/merging/dot.py.
 */
import { layer } from "../define.ts";
import { bool, requiredAxes } from "../fields.ts";
import { batchDot, dotAxes } from "../common/batch-dot.ts";
import { l2Normalized } from "../common/l2.ts";
import { needTwo } from "../common/merge.ts";

export const dot = layer({
  class: "Dot",
  config: { axes: requiredAxes(), normalize: bool(false) },
  forward(cx, c, _w, x) {
    const [a, b] = needTwo(x);
    const axes = dotAxes(c.axes, a, b);
    if (!c.normalize) return batchDot(cx, a, b, axes);
    return batchDot(cx, l2Normalized(cx, a, [axes[0]], 1e-7), l2Normalized(cx, b, [axes[1]], 1e-7), axes);
  },
});
