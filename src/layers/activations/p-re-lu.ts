/**
 * y = x where x ≥ 0, else alpha · x, with alpha learned. x[B, …] → y[B, …].
 * alpha: as x without the batch, 1 along shared_axes. Keras 1 does not write shared_axes: there the stored shape decides.
 * Source: keras/src/layers/activations/prelu.py, keras 1.2.2 keras/layers/advanced_activations.py.
 */
import { fail } from "../../core/error.ts";
import type { Shape } from "../../ops/types.ts";
import { layer } from "../define.ts";
import { floatsIn } from "../common/dtypes.ts";
import { constraint, initializer, intList, optional, regularizer } from "../fields.ts";

/** x, refused where it has not all of the axes. */
function sharedIn(x: Shape, shared: readonly number[]): Shape {
  if (shared.some((axis) => axis < 1 || axis >= x.length))
    fail("mismatch/axis", { path: "shared_axes", expected: `axes 1 to ${x.length - 1}`, found: shared.join(", ") });
  return x;
}

export const pReLU = layer({
  class: "PReLU",
  takes: floatsIn("keras3", "tf-keras"),
  config: {
    alpha_initializer: initializer("Zeros"),
    alpha_regularizer: regularizer(),
    alpha_constraint: constraint(),
    shared_axes: optional(intList()),
  },
  weights: {
    alpha: {
      shape: ({ shared_axes: shared }, [x]) =>
        sharedIn(x!, shared ?? [])
          .slice(1)
          .map((n, i) => (shared?.length === 0 ? null : shared?.includes(i + 1) ? 1 : n)),
      init: "alpha_initializer",
    },
  },
  dialects: {
    keras1: { rename: { init: "alpha_initializer" }, upgrade: (config) => void config.set("shared_axes", []) },
  },
  mask: "pass",
  forward(cx, _c, w, [x]) {
    const { op } = cx;
    return op.subtract(op.maximum(0, x!), op.multiply(w.alpha, op.maximum(0, op.negative(x!))));
  },
});
