/** What is spelt out once all lengths are numbers. */
import type { CompositeRule } from "./define.ts";
import { anything } from "./dtypes.ts";
import type { Sym } from "./types.ts";

/** Operations that a function emits; each output has the shape and the dtype of one of the operands. */
export const late: CompositeRule<"late"> = {
  takes: anything,
  shape: ({ xs }, { like }) => ({ ys: like.map((i) => xs[i]!) }),
  dtype: ({ xs }, { like }) => ({ ys: like.map((i) => xs[i]!) }),
  expand: (cx, { xs }, { emit, attrs }) => ({ ys: emit(cx as never, { xs, attrs } as never) as readonly Sym[] }),
};
