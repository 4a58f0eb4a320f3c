/**
 * y = x where x ≥ 0, else alpha · x, with alpha learned. x[B, …] → y[B, …].
 * alpha: as x without the batch, 1 along shared_axes. Keras 1 does not write shared_axes: there the stored shape decides.
 * Source: keras/src/layers/activations/prelu.py, keras 1.2.2 keras/layers/advanced_activations.py.
 */
import { fail } from "../../core/error.ts";
import { showShape } from "../../core/tensor.ts";
import type { Shape } from "../../ops/types.ts";
import { layer } from "../define.ts";
import { signedNumbers } from "../common/dtypes.ts";
import { constraint, initializer, intList, optional, regularizer } from "../fields.ts";

/** Places among the axes after the batch. Keras takes 1 off an axis, and of a negative place Python counts from the end: -1 is the last but one. */
function placesIn(x: Shape, shared: readonly number[]): readonly number[] {
  const n = x.length - 1;
  if (shared.some((axis) => axis - 1 < -n || axis > n))
    fail("mismatch/axis", { path: "shared_axes", expected: `axes 1 to ${n}`, found: shared.join(", ") });
  return shared.map((axis) => (axis < 1 ? axis - 1 + n : axis - 1));
}

export const pReLU = layer({
  class: "PReLU",
  takes: signedNumbers,
  config: {
    alpha_initializer: initializer("Zeros"),
    alpha_regularizer: regularizer(),
    alpha_constraint: constraint(),
    shared_axes: optional(intList()),
  },
  weights: {
    alpha: {
      shape({ shared_axes: shared }, [x]) {
        const places = placesIn(x!, shared ?? []);
        return x!.slice(1).map((n, i) => (shared?.length === 0 ? null : places.includes(i) ? 1 : n));
      },
      init: "alpha_initializer",
    },
  },
  dialects: {
    keras1: { rename: { init: "alpha_initializer" }, upgrade: (config) => void config.set("shared_axes", []) },
  },
  mask: "pass",
  forward(cx, _c, w, [x]) {
    const { op } = cx;
    if (w.alpha.dtype !== x!.dtype)
      fail("unsupported/dtype", { expected: `numbers of alpha's dtype, ${w.alpha.dtype}`, found: x!.dtype });
    // Of fewer axes than it was built on, Keras would multiply examples by alpha's rows.
    if (cx.isBare && w.alpha.shape.length >= x!.shape.length)
      fail("unsupported/argument", {
        expected: `x of ${w.alpha.shape.length + 1} axes, as alpha is for`,
        found: showShape(x!.shape),
      });
    return op.subtract(op.maximum(0, x!), op.multiply(w.alpha, op.maximum(0, op.negative(x!))));
  },
});
