/** Largest or average element of sliding windows; padding never counts. Follows tf.nn.max_pool and tf.nn.avg_pool. */
import type { DType } from "../core/dtype.ts";
import type { PoolAttrs } from "./attributes.ts";
import type { PrimitiveRule } from "./define.ts";
import { floats, LEAST, poolable } from "./dtypes.ts";
import { arrange, channelsOf, type Slide, slideShape } from "./window.ts";

/** How the windows slide. */
export function slideOf(a: PoolAttrs): Slide {
  return { ...a, dilation: a.size.map(() => 1) };
}

/**
 * What the largest number of a window is looked for above. NaN is left out, as TensorFlow's kernels do: a window of nothing else gives
 * this. Those of three axes start at -Infinity.
 */
export const floorOf = (dtype: DType, rank: number): number => (rank === 5 ? -Infinity : (LEAST[dtype] ?? -Infinity));

/** The largest number, or the mean, of each window of x[B, ...spatial, C], or channels first. */
export const pool: PrimitiveRule<"pool"> = {
  takes: ({ x }, { fn, size }) => (fn === "max" ? poolable(x, size.length) : floats({ x })),
  shape: ({ x }, a) => ({
    y: arrange(a.layout, x[0]!, slideShape("pool", x, a.layout, slideOf(a)), channelsOf(x, a.layout)),
  }),
};
