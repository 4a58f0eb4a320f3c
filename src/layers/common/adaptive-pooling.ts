/**
 * Pooling to a given size: y[i] of n looks at x[floor(i·L/n)] up to x[ceil((i+1)·L/n)], axis by axis.
 * Source: keras/src/layers/pooling/base_adaptive_pooling.py, keras/src/backend/tensorflow/nn.py (`adaptive_average_pool`).
 */
import { listOf } from "../../core/list.ts";
import { fail } from "../../core/error.ts";
import type { Sym } from "../../ops/types.ts";
import type { Context } from "../define.ts";
import { type Config, dataFormat, ints } from "../fields.ts";
import { needRank } from "./checks.ts";
import { layoutOf, type Rank, spatialAxes } from "./spatial.ts";

/** Every window is a node of its own. */
const MAX_WINDOWS = 4096;

/** output_size, one length a spatial axis, and data_format. */
export const adaptiveOptions = (rank: Rank) => ({ output_size: ints(rank, { min: 1 }), data_format: dataFormat() });

/** What is taken of each window; lengths must be known. */
export function adaptivePool(
  cx: Context,
  fn: "max" | "mean",
  x: Sym,
  c: Config<ReturnType<typeof adaptiveOptions>>,
): Sym {
  needRank(x, c.output_size.length + 2);
  return spatialAxes(c.data_format, x.shape.length).reduce((y, axis, i) => {
    const [length, n] = [x.shape[axis] ?? null, c.output_size[i]!];
    if (length === null || length < 1) return fail("unsupported/free-length", { expected: "known lengths" });
    if (length === n) return y;
    if (n > MAX_WINDOWS) return fail("limit/size", { path: "output_size", expected: `at most ${MAX_WINDOWS}` });
    const windows = listOf(n, (k) => {
      const [start, stop] = [Math.floor((k * length) / n), Math.ceil(((k + 1) * length) / n)];
      const window = cx.op.slice(y, [{ axis, start, stop, step: 1 }]);
      if (fn === "mean") return cx.op.mean(window, [axis], true);
      // Of equal numbers the first is the largest one, which training follows.
      const size = c.output_size.map((_, at) => (at === i ? stop - start : 1));
      return cx.op.pool(window, { fn, layout: layoutOf(c.data_format), size, strides: size, padding: "valid" });
    });
    return cx.op.concat(windows, axis);
  }, x);
}
