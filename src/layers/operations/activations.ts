/** Activation functions as operations. Source: keras/src/ops/nn.py. */
import { isFloat } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import type { ActivationSpec } from "../../ops/attributes.ts";
import type { Sym } from "../../ops/types.ts";
import type { AnyDef, Context } from "../define.ts";
import { logSumExp } from "../common/softmax.ts";
import { axes, bool, type Fields, float, int, nullable } from "../fields.ts";
import { axisOf, inModule, POINTWISE, tensor } from "./shared/operation.ts";

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
  ["Threshold", "threshold", { threshold: float(), default_value: float() }],
  ["Sparsemax", "sparsemax", axis],
];

const nn = inModule("nn");

/** What keeps whole numbers whole; their thresholds must be whole too. */
const KEEPS_INTEGERS: ReadonlySet<string> = new Set(["Relu6", "SoftShrink", "HardShrink", "Threshold"]);

function activation(cx: Context, x: Sym, name: string, spec: ActivationSpec): Sym {
  if (!KEEPS_INTEGERS.has(name) || isFloat(x.dtype)) return cx.op.activation(x, spec);
  const fraction = Object.values(spec).find((v) => typeof v === "number" && !Number.isInteger(v));
  // Keras turns -threshold round into a large unsigned number.
  const turned = x.dtype.startsWith("uint") && name.endsWith("Shrink");
  if (x.dtype === "bool" || turned || fraction !== undefined)
    fail("unsupported/dtype", { found: x.dtype, ...(fraction !== undefined && { message: `beside ${fraction}` }) });
  return cx.op.cast(cx.op.activation(cx.op.cast(x, "float64"), spec), x.dtype);
}

/** Over some axes, or over all elements when the option is null. */
const along = (x: Sym, axes: readonly number[] | null): readonly number[] =>
  axes?.map((a) => axisOf(x, a)) ?? x.shape.map((_, i) => i);

export const activationOperations: readonly AnyDef[] = [
  ...ROWS.map(([name, fn, options]) =>
    nn(
      name,
      ["x"],
      options,
      (cx, c, [x]) => activation(cx, tensor(cx, x), name, { ...(c as Record<string, number>), fn }),
      POINTWISE,
    ),
  ),
  nn("Softmax", ["x"], { axis: nullable(axes(-1)) }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    return cx.op.softmax(x, along(x, c.axis));
  }),
  nn("LogSoftmax", ["x"], { axis: nullable(axes(-1)) }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    if (c.axis?.length === 1) return cx.op.activation(x, { fn: "log_softmax", axis: axisOf(x, c.axis[0]!) });
    return cx.op.subtract(x, logSumExp(cx, x, along(x, c.axis)));
  }),
];
