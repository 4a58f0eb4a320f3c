/** y = x: a penalty in training only. No weights. Source: keras/src/layers/regularization/activity_regularization.py. */
import type { Sym } from "../../ops/types.ts";
import { layer } from "../define.ts";
import { fail } from "../../core/error.ts";
import { floatsIn } from "../common/dtypes.ts";
import { float, within } from "../fields.ts";

const penalty = within(float(0), [0], ["keras3"]);

export const activityRegularization = layer({
  class: "ActivityRegularization",
  takes: floatsIn("tf-keras"),
  config: { l1: penalty, l2: penalty },
  calls: { counted: true },
  mask: "pass",
  forward(cx, c, _w, [x]) {
    if (c.l1 !== 0 || c.l2 !== 0) {
      // Keras computes the penalty even where it does not count; TensorFlow sums narrow integers as wider ones, which it then refuses.
      if (/^(bool|u?int(8|16))$/.test(x!.dtype))
        fail("unsupported/dtype", { expected: "floats or wider integers", found: x!.dtype });
      const { op } = cx;
      const sum = (values: Sym, factor: number): Sym => op.multiply(op.sum(values), factor);
      cx.addLoss(() => op.add(sum(op.abs(x!), c.l1), sum(op.square(x!), c.l2)), x!);
    }
    return x!;
  },
});
