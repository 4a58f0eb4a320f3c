/** Activation functions as operations. Source: keras/src/ops/nn.py. */
import type { AnyDef } from "../define.ts";
import { bool, type Fields, float, int, nullableAxes } from "../fields.ts";
import { axisOf, inModule, tensor } from "../common/operation.ts";

const none: Fields = {};
const axis = { axis: int({ min: -32, default: -1 }) };

/** Class, the function's name, its options. */
const ROWS: readonly (readonly [name: string, fn: string, options: Fields])[] = [
  ["Relu", "relu", none],
  ["Relu6", "relu6", none],
  ["Sigmoid", "sigmoid", none],
  ["SparseSigmoid", "sparse_sigmoid", none],
  ["Softplus", "softplus", none],
  ["Softsign", "softsign", none],
  ["SoftShrink", "soft_shrink", { threshold: float(0.5) }],
  ["SparsePlus", "sparse_plus", none],
  ["Silu", "silu", none],
  ["Squareplus", "squareplus", { b: float(4) }],
  ["LogSigmoid", "log_sigmoid", none],
  ["LeakyRelu", "leaky_relu", { negative_slope: float(0.2) }],
  ["HardSigmoid", "hard_sigmoid", none],
  ["HardSilu", "hard_silu", none],
  ["Elu", "elu", { alpha: float(1) }],
  ["Selu", "selu", none],
  ["Gelu", "gelu", { approximate: bool(true) }],
  ["Celu", "celu", { alpha: float(1) }],
  ["Glu", "glu", axis],
  ["TanhShrink", "tanh_shrink", none],
  ["HardTanh", "hard_tanh", none],
  ["HardShrink", "hard_shrink", { threshold: float(0.5) }],
  ["Threshold", "threshold", { threshold: float(0), default_value: float(0) }],
  ["LogSoftmax", "log_softmax", axis],
  ["Sparsemax", "sparsemax", axis],
];

const nn = inModule("nn");

export const activationOperations: readonly AnyDef[] = [
  ...ROWS.map(([name, fn, options]) =>
    nn(name, ["x"], options, (cx, c, [x]) => cx.op.activation(tensor(cx, x), { ...(c as Record<string, number>), fn })),
  ),
  // Over all elements when the axis is null.
  nn("Softmax", ["x"], { axis: nullableAxes(-1) }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    return cx.op.softmax(x, c.axis?.map((a) => axisOf(x, a)) ?? x.shape.map((_, i) => i));
  }),
];
