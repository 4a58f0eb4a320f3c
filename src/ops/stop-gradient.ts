/** x itself: a composite, and so without a gradient until it is spelt out. */
import type { CompositeRule } from "./define.ts";
import { anything } from "./dtypes.ts";

/** x, which no gradient flows through. */
export const stopGradient: CompositeRule<"stopGradient"> = {
  takes: anything,
  shape: ({ x }) => ({ y: x }),
  dtype: ({ x }) => ({ y: x }),
  expand: (_, { x }) => ({ y: x }),
};
