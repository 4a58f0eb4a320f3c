/** y = x: a penalty in training only. No weights. Source: keras/src/layers/regularization/activity_regularization.py. */
import type { Sym } from "../../ops/types.ts";
import { layer } from "../define.ts";
import { anyFloats } from "../../ops/dtypes.ts";
import { float, within } from "../fields.ts";

const penalty = within(float(0), [0], ["keras3"]);

export const activityRegularization = layer({
  class: "ActivityRegularization",
  // Its penalty is computed even where it does not count.
  takes: (x, semantics) =>
    semantics === "tf-keras" ? anyFloats({ x }) : /^(bool|u?int8)$/.test(x[0]!) ? "floats or wider integers" : null,
  config: { l1: penalty, l2: penalty },
  calls: { counted: true },
  mask: "pass",
  forward(cx, c, _w, [x]) {
    if (c.l1 !== 0 || c.l2 !== 0) {
      const { op } = cx;
      const sum = (values: Sym, factor: number): Sym => op.multiply(op.sum(values), factor);
      cx.addLoss(() => op.add(sum(op.abs(x!), c.l1), sum(op.square(x!), c.l2)), x!);
    }
    return x!;
  },
});
