/** softmax(x) = exp(x - max) / Σ exp(x - max) over one or several axes. */
import type { CompositeRule } from "./define.ts";
import { floats } from "./dtypes.ts";
import { checkAxes } from "./shapes.ts";

/** exp(x) / Σ exp(x) along an axis. */
export const softmax: CompositeRule<"softmax"> = {
  takes: floats,
  shape({ x }, { axes }) {
    checkAxes("softmax", x, axes);
    return { y: x };
  },
  expand({ op }, { x }, { axes }) {
    const grown = op.exp(op.subtract(x, op.max(x, axes, true, true)));
    return { y: op.divide(grown, op.sum(grown, axes, true)) };
  },
};
