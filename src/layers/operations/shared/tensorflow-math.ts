/** Functions of TensorFlow on numbers: elementwise, activations, comparisons, reductions, products. */
import { isFloat } from "../../../core/dtype.ts";
import { fail } from "../../../core/error.ts";
import type { Size, Sym } from "../../../ops/types.ts";
import type { Arg, Context } from "../../define.ts";
import { isSym } from "../../common/args.ts";
import { combined, knownSizes, type LengthFunction, reducedSizes, withSizes } from "./known-sizes.ts";
import { logSumExp } from "../../common/softmax.ts";
import { divisible } from "../../common/quotient.ts";
import { moments } from "../../common/normalization.ts";
import { wholeMean } from "../../common/whole-mean.ts";
import { minus } from "./sizes.ts";
import { joined } from "./tensorflow-texts.ts";
import { older, type TfRun, type TfArgs, TfTable } from "./tensorflow-call.ts";

type Operand = Sym | number;
type Unary = (cx: Context, x: Sym) => Sym;
type Binary = (cx: Context, a: Operand, b: Operand) => Sym;

const table = new TfTable();
const unary = (names: string, f: Unary, arg = "x"): void => table.both(names, arg, (cx, a) => f(cx, a.tensor(arg)));
const activation = (names: string, fn: string, arg = "features"): void =>
  unary(names, (cx, x) => cx.op.activation(x, { fn }), arg);
const pair =
  (f: Binary): TfRun =>
  (cx, a) =>
    f(cx, ...a.operands("x", "y"));
const binary = (names: string, f: Binary): void => table.both(names, "x, y", pair(f));

unary("identity", (_, x) => x, "input");
unary("stop_gradient", ({ op }, x) => op.stopGradient(x), "input");
unary("abs math.abs", ({ op }, x) => op.abs(x));
table.both("negative math.negative", "x", (cx, a) =>
  withSizes(cx, cx.op.negative(a.tensor("x")), knownSizes(cx, a.arg("x"))?.map((n) => minus(0, n)) ?? null),
);
unary("sign math.sign", ({ op }, x) => op.sign(x));
unary("exp math.exp", ({ op }, x) => op.exp(x));
unary("expm1 math.expm1", ({ op }, x) => op.expm1(x));
unary("log math.log", ({ op }, x) => op.log(x));
unary("log1p math.log1p", ({ op }, x) => op.log1p(x));
unary("sqrt math.sqrt", ({ op }, x) => op.sqrt(x));
unary("rsqrt math.rsqrt", ({ op }, x) => op.rsqrt(x));
unary("square math.square", ({ op }, x) => op.square(x));
unary("reciprocal math.reciprocal", ({ op }, x) => op.reciprocal(x));
unary("sin math.sin", ({ op }, x) => op.sin(x));
unary("cos math.cos", ({ op }, x) => op.cos(x));
unary("tan math.tan", ({ op }, x) => op.tan(x));
unary("asin math.asin", ({ op }, x) => op.asin(x));
unary("acos math.acos", ({ op }, x) => op.acos(x));
unary("atan math.atan", ({ op }, x) => op.atan(x));
unary("sinh math.sinh", ({ op }, x) => op.sinh(x));
unary("cosh math.cosh", ({ op }, x) => op.cosh(x));
unary("tanh math.tanh nn.tanh", ({ op }, x) => op.tanh(x));
activation("sigmoid math.sigmoid nn.sigmoid", "sigmoid", "x");
unary("erf math.erf", ({ op }, x) => op.erf(x));
unary("floor math.floor", ({ op }, x) => op.floor(x));
unary("ceil math.ceil", ({ op }, x) => op.ceil(x));
unary("round math.round rint math.rint", ({ op }, x) => op.round(x));
unary("is_nan math.is_nan debugging.is_nan", ({ op }, x) => op.isNan(x));
unary("is_inf math.is_inf debugging.is_inf", ({ op }, x) => op.isInf(x));
unary("is_finite math.is_finite debugging.is_finite", ({ op }, x) => op.isFinite(x));
unary("logical_not math.logical_not", ({ op }, x) => op.logicalNot(x));
activation("math.softplus nn.softplus", "softplus");
activation("math.softsign nn.softsign", "softsign");
activation("log_sigmoid math.log_sigmoid", "log_sigmoid", "x");
activation("nn.relu", "relu");
activation("nn.relu6", "relu6");
unary("nn.elu", ({ op }, x) => op.activation(x, { fn: "elu", alpha: 1 }), "features");
activation("nn.selu", "selu");
table.both("nn.silu nn.swish", "features, beta=1", ({ op }, a) => {
  const x = a.tensor("features");
  const beta = a.operand("beta");
  if (beta === 1) return op.activation(x, { fn: "silu" });
  return op.multiply(x, op.activation(op.multiply(x, beta), { fn: "sigmoid" }));
});
table.both("nn.leaky_relu", "features, alpha=0.2", ({ op }, a) =>
  op.activation(a.tensor("features"), { fn: "leaky_relu", negative_slope: a.number("alpha") }),
);
table.only("nn.gelu", "features, approximate=false", ({ op }, a) =>
  op.activation(a.tensor("features"), { fn: "gelu", approximate: a.flag("approximate") }),
);

const overAxis =
  (f: (cx: Context, x: Sym, axis: number) => Sym): TfRun =>
  (cx, a) => {
    const x = a.tensor("logits");
    return f(cx, x, a.axis(x, a.has("dim") ? "dim" : "axis", -1));
  };
const softmax = overAxis(({ op }, x, axis) => op.softmax(x, [axis]));
const logSoftmax = overAxis(({ op }, x, axis) => op.activation(x, { fn: "log_softmax", axis }));
table.only("nn.softmax math.softmax", "logits, axis=null", softmax);
table.only("nn.log_softmax math.log_softmax", "logits, axis=null", logSoftmax);
table.only("compat.v1.nn.softmax compat.v1.math.softmax", "logits, axis=null, dim=null", softmax);
table.only("compat.v1.nn.log_softmax compat.v1.math.log_softmax", "logits, axis=null, dim=null", logSoftmax);
table.both(
  "math.l2_normalize nn.l2_normalize linalg.l2_normalize",
  "x, axis=null, epsilon=1e-12, dim=null",
  (cx, a) => {
    const { op } = cx;
    const x = a.tensor("x");
    const squared = op.sum(op.square(x), a.axes(x, a.has("dim") ? "dim" : "axis"), true);
    return op.multiply(x, op.rsqrt(op.maximum(squared, a.operand("epsilon"))));
  },
);

const length = (fn: LengthFunction, f: Binary): TfRun => {
  const run = pair(f);
  return (cx, a) => withSizes(cx, run(cx, a) as Sym, combined(cx, fn, a.arg("x"), a.arg("y")));
};
const sum = length("add", ({ op }, a, b) => op.add(a, b));
const isText = (arg: Arg): boolean => isSym(arg) && arg.dtype === "string";
const plus: TfRun = (cx, a) => {
  const both = [a.arg("x"), a.arg("y")];
  return both.some(isText) ? joined(cx, both, "") : sum(cx, a);
};
table.both("math.add add", "x, y", plus);
table.only("__operators__.add", "x, y", plus);
table.both(
  "math.subtract subtract",
  "x, y",
  length("sub", ({ op }, a, b) => op.subtract(a, b)),
);
table.both(
  "math.multiply multiply",
  "x, y",
  length("mul", ({ op }, a, b) => op.multiply(a, b)),
);
const isWhole = (x: Operand): boolean => typeof x !== "number" && !isFloat(x.dtype);
const divide: Binary = ({ op }, a, b) => op.divide(a, b);
const floorDivide: Binary = ({ op }, a, b) => op.floorDivide(a, b);
/** Of integers a float, as wide as holds them. */
binary("math.truediv truediv math.divide divide", (cx, a, b) => {
  const whole = [a, b].find(isWhole) as Sym | undefined;
  const fraction = [a, b].find((side) => typeof side === "number" && !Number.isInteger(side));
  if (whole !== undefined && (whole.dtype === "bool" || fraction !== undefined))
    fail("unsupported/dtype", { found: whole.dtype, ...(fraction !== undefined && { message: `beside ${fraction}` }) });
  const [x, y] = [a, b].map((side) => (typeof side === "number" ? side : divisible(cx, side)));
  return divide(cx, x!, y!);
});
binary("realdiv", (cx, a, b) =>
  isWhole(a) || isWhole(b)
    ? fail("unsupported/dtype", { message: "TensorFlow has no realdiv of integers" })
    : divide(cx, a, b),
);
table.only(
  "compat.v1.div",
  "x, y",
  pair((cx, a, b) => (isWhole(a) || isWhole(b) ? floorDivide : divide)(cx, a, b)),
);
table.both("math.floordiv floordiv floor_div", "x, y", length("div", floorDivide));
table.both(
  "math.floormod floormod math.mod mod",
  "x, y",
  length("mod", ({ op }, a, b) => op.mod(a, b)),
);
binary("math.pow pow", ({ op }, a, b) => op.power(a, b));
table.both(
  "math.maximum maximum",
  "x, y",
  length("max", ({ op }, a, b) => op.maximum(a, b)),
);
table.both(
  "math.minimum minimum",
  "x, y",
  length("min", ({ op }, a, b) => op.minimum(a, b)),
);
table.both("math.atan2 atan2", "y, x", ({ op }, a) => op.atan2(...a.operands("y", "x")));
binary("math.squared_difference squared_difference", ({ op }, a, b) => op.square(op.subtract(a, b)));
binary("math.divide_no_nan div_no_nan", ({ op }, a, b) => {
  const zero = op.equal(b, 0);
  return op.where(zero, 0, op.divide(a, op.where(zero, 1, b)));
});
binary("math.equal equal", ({ op }, a, b) => op.equal(a, b));
binary("math.not_equal not_equal", ({ op }, a, b) => op.notEqual(a, b));
table.only("__operators__.eq", "self, other", ({ op }, a) => op.equal(...a.operands("self", "other")));
table.only("__operators__.ne", "self, other", ({ op }, a) => op.notEqual(...a.operands("self", "other")));
binary("math.less less", ({ op }, a, b) => op.less(a, b));
binary("math.less_equal less_equal", ({ op }, a, b) => op.lessEqual(a, b));
table.both(
  "math.greater greater",
  "x, y",
  length("greater", ({ op }, a, b) => op.greater(a, b)),
);
binary("math.greater_equal greater_equal", ({ op }, a, b) => op.greaterEqual(a, b));
binary("math.logical_and logical_and", ({ op }, a, b) => op.logicalAnd(a, b));
binary("math.logical_or logical_or", ({ op }, a, b) => op.logicalOr(a, b));
binary("math.logical_xor logical_xor", ({ op }, a, b) => op.logicalXor(a, b));
table.both("math.add_n add_n", "inputs", ({ op }, a) => a.tensors("inputs").reduce((x, y) => op.add(x, y)));

type Reduction = (cx: Context, x: Sym, axes: readonly number[], keepdims: boolean) => Sym;
const reduction = (fn: string, f: Reduction): void => {
  const run = (cx: Context, a: TfArgs, axis: string, keepdims: string): Sym => {
    const x = a.tensor("input_tensor");
    return f(cx, x, a.axes(x, axis), a.flag(keepdims));
  };
  const names = `reduce_${fn} math.reduce_${fn}`;
  table.only(names, "input_tensor, axis=null, keepdims=false", (cx, a) => run(cx, a, "axis", "keepdims"));
  table.only(older(names), "input_tensor, axis=null, keepdims=null, reduction_indices=null, keep_dims=null", (cx, a) =>
    run(
      cx,
      a,
      a.has("reduction_indices") ? "reduction_indices" : "axis",
      a.has("keep_dims") ? "keep_dims" : "keepdims",
    ),
  );
};
const kept = (cx: Context, y: Sym, axes: readonly number[], keepdims: boolean): Sym =>
  keepdims ? y : cx.op.squeeze(y, axes);
// A sum of narrow integers is as narrow, and so goes around.
for (const fn of ["sum", "max", "min", "prod", "any", "all"] as const)
  reduction(fn, (cx, x, axes, keepdims) =>
    withSizes(cx, cx.op.cast(cx.op[fn](x, axes, keepdims), x.dtype), fn === "any" || fn === "all" ? null : reducedSizes(cx, fn, x)),
  ); // prettier-ignore
reduction("mean", wholeMean);
reduction("logsumexp", (cx, x, axes, keepdims) => {
  return kept(cx, logSumExp(cx, x, axes, true), axes, keepdims);
});
for (const [fn, root] of [
  ["variance", false],
  ["std", true],
] as const) {
  table.both(`math.reduce_${fn}`, "input_tensor, axis=null, keepdims=false", (cx, a) => {
    const x = a.tensor("input_tensor");
    const axes = a.axes(x);
    const variance = kept(cx, moments(cx, x, axes).variance, axes, a.flag("keepdims"));
    return root ? cx.op.sqrt(variance) : variance;
  });
}
for (const fn of ["argmax", "argmin"] as const) {
  const run: TfRun = ({ op }, a) => {
    const x = a.tensor("input");
    return op.cast(op[fn](x, a.axis(x, a.has("dimension") ? "dimension" : "axis")), a.dtype("output_type", "int64"));
  };
  const names = `math.${fn} ${fn}`;
  table.only(names, 'input, axis=null, output_type="int64"', run);
  table.only(older(names), 'input, axis=null, dimension=null, output_type="int64"', run);
}
table.both("math.cumsum cumsum", "x, axis=0, exclusive=false, reverse=false", ({ op }, a) => {
  const x = a.tensor("x");
  const axis = a.axis(x);
  const reverse = a.flag("reverse");
  const y = op.cumsum(x, axis, reverse);
  if (!a.flag("exclusive")) return y;
  // One place further, 0 first.
  const [start, stop]: [Size | null, Size | null] = reverse ? [1, null] : [null, -1];
  const rest = op.slice(y, [{ axis, start, stop, step: 1 }]);
  const amounts = x.shape.map((_, i): [number, number] => (i !== axis ? [0, 0] : reverse ? [0, 1] : [1, 0]));
  return op.pad(rest, amounts);
});
// Where the ends are the wrong way round, the lower one is the result.
table.both("clip_by_value", "t, clip_value_min, clip_value_max", ({ op }, a) => {
  const high = op.minimum(...a.operands("t", "clip_value_max"));
  const low = a.operand("clip_value_min");
  return op.maximum(high, typeof low === "number" ? low : op.cast(low, high.dtype));
});
table.both(
  "linalg.matmul matmul",
  "a, b, transpose_a=false, transpose_b=false, adjoint_a=false, adjoint_b=false, a_is_sparse=false, b_is_sparse=false, output_type=null, grad_a=false, grad_b=false",
  ({ op }, a) => {
    const [left, right] = a.operands("a", "b");
    if (typeof left === "number" || typeof right === "number")
      return fail("unsupported/argument", { expected: "two matrices" });
    // The adjoint of real numbers is the transpose; the rest says how, not what.
    a.ignore("a_is_sparse", "b_is_sparse", "grad_a", "grad_b");
    const turned = (side: string): boolean => [a.flag(`transpose_${side}`), a.flag(`adjoint_${side}`)].includes(true);
    return op.matmul(left, right, { transposeA: turned("a"), transposeB: turned("b") });
  },
);

/** Functions of TensorFlow that compute with numbers, by name. */
export const TENSORFLOW_MATH = table;
