/** An activation by name. All keep the shape of their input but `glu`, which halves an axis. */
import { fail } from "../core/error.ts";
import type { ActivationSpec } from "./attributes.ts";
import { ACTIVATIONS } from "./activations.ts";
import type { CompositeRule } from "./define.ts";
import { floats, numbers, type Operands, signed } from "./dtypes.ts";
import { checkAxis, refuseShapes, withAxis } from "./shapes.ts";

/** TensorFlow computes these in integers too; with a slope there are numbers below 0. */
const operandsOf = (spec: ActivationSpec): Operands => {
  if (spec.fn === "relu6") return numbers;
  if (spec.fn !== "relu") return floats;
  return (spec["negative_slope"] ?? 0) === 0 ? numbers : signed;
};

/** An activation of Keras by name, element by element but for softmax and its kin. */
export const activation: CompositeRule<"activation"> = {
  takes: (x, spec) => operandsOf(spec)(x),
  shape({ x }, spec) {
    if (!ACTIVATIONS.has(spec.fn)) fail("unsupported/activation", { source: "graph", found: spec.fn });
    if (spec.fn !== "glu") return { y: x };
    const given = typeof spec["axis"] === "number" ? spec["axis"] : -1;
    const axis = given < 0 ? given + x.length : given;
    checkAxis("glu", x, axis);
    const length = x[axis]!;
    if (length !== null && length % 2 !== 0) refuseShapes("glu", `an even length at axis ${axis}`, x);
    return { y: withAxis(x, axis, length === null ? null : length / 2) };
  },
  expand: (cx, { x }, spec) => ({ y: ACTIVATIONS.get(spec.fn)!(cx, x, spec) }),
};
