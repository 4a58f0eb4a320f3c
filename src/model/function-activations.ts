/**
 * Activations of Keras 3 that Keras 2 has no name for, as TensorFlow's functions. Source: keras/src/activations/activations.py,
 * keras/src/backend/tensorflow/nn.py.
 */
import type { CallArg } from "../layers/define.ts";
import { both, float, type FunctionCall, of, plain } from "./operation-call.ts";

type Value = CallArg | FunctionCall;

const times = (x: Value, y: Value): FunctionCall => both("math.multiply", x, y);
const plus = (x: Value, y: Value): FunctionCall => both("math.add", x, y);
const sixths = (x: Value): FunctionCall =>
  both("math.truediv", of("nn.relu6", { features: plus(x, float(3)) }), float(6));
const where = (condition: FunctionCall, x: Value, y: Value): FunctionCall => of("where", { condition, x, y });
const above = (x: Value, n: number): FunctionCall => both("math.greater", x, float(n));

/** By name, of a tensor and of numbers by name. */
export const ACTIVATIONS: Readonly<Record<string, (x: Value, n: (name: string) => number) => FunctionCall>> = {
  hard_sigmoid: sixths,
  hard_silu: (x) => times(x, sixths(x)),
  relu6: (x) => of("nn.relu6", { features: x }),
  leaky_relu: (x) => of("nn.leaky_relu", { features: x, alpha: float(0.2) }),
  log_sigmoid: (x) => of("math.log_sigmoid", { x }),
  log_softmax: (x) => of("nn.log_softmax", { logits: x, axis: plain(-1) }),
  celu: (x, n) => {
    const alpha = n("alpha");
    if (alpha === 1) return of("nn.elu", { features: x });
    const below = both("math.truediv", both("math.minimum", x, float(0)), float(alpha));
    return plus(both("math.maximum", x, float(0)), times(float(alpha), of("math.expm1", { x: below })));
  },
  hard_tanh: (x) => of("clip_by_value", { t: x, clip_value_min: float(-1), clip_value_max: float(1) }),
  tanh_shrink: (x) => both("math.subtract", x, of("math.tanh", { x })),
  hard_shrink: (x, n) => where(above(of("math.abs", { x }), n("threshold")), x, float(0)),
  soft_shrink: (x, n) => {
    const by = n("threshold");
    const low = where(both("math.less", x, float(-by)), plus(x, float(by)), float(0));
    return where(above(x, by), both("math.subtract", x, float(by)), low);
  },
  threshold: (x, n) => where(above(x, n("threshold")), x, float(n("default_value"))),
  squareplus: (x, n) => {
    const root = of("math.sqrt", { x: plus(of("math.square", { x }), float(n("b"))) });
    return both("math.truediv", plus(x, root), float(2));
  },
  sparse_plus: (x) => {
    const bend = times(float(0.25), of("math.square", { x: plus(x, float(1)) }));
    return where(both("math.less_equal", x, float(-1)), float(0), where(both("math.less", x, float(1)), bend, x));
  },
  sparse_sigmoid: (x) =>
    of("clip_by_value", {
      t: times(float(0.5), plus(x, float(1))),
      clip_value_min: float(0),
      clip_value_max: float(1),
    }),
};
