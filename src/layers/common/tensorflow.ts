/**
 * TensorFlow functions as tf-keras stores them in functional models, by their public names. Each says the names of its
 * arguments; the first stands in the call, the others mostly behind keywords.
 * Source: https://www.tensorflow.org/api_docs/python/tf, tf_keras/layers/core/tf_op_layer.py.
 */
import { fail } from "../../core/error.ts";
import type { Size, Sym } from "../../ops/types.ts";
import type { Arg, Context } from "../define.ts";
import { einsum } from "./einsum.ts";
import { fromStart, getItem } from "./get-item.ts";
import { combined, knownSizes, pickedSizes, shapeOf, withSizes } from "./known-sizes.ts";
import { moments } from "./normalization.ts";
import { reshapeKeepingBatch } from "./reshape.ts";
import { rolled } from "./roll.ts";
import { axisOf, dtypeOf, flat, lengthOf, operand, sizesOf, tensor, tensors } from "./operation.ts";

export interface TfFunction {
  readonly args: readonly string[];
  run(cx: Context, a: readonly Arg[]): Sym | readonly Sym[];
}

type Operand = Sym | number;
type Unary = (cx: Context, x: Sym) => Sym;
type Binary = (cx: Context, a: Operand, b: Operand) => Sym;

const table = new Map<string, TfFunction>();
const add = (names: string | readonly string[], args: readonly string[], run: TfFunction["run"]): void => {
  for (const name of typeof names === "string" ? [names] : names) table.set(name, { args, run });
};
const unary = (names: string | readonly string[], f: Unary): void =>
  add(names, ["x"], (cx, [x]) => f(cx, tensor(cx, x)));
const binary = (names: string | readonly string[], f: Binary): void =>
  add(names, ["x", "y"], (cx, [a, b]) => f(cx, operand(cx, a), operand(cx, b)));

const numbersOf = (arg: Arg | undefined): number[] | null => {
  if (arg === null || arg === undefined) return null;
  const list = Array.isArray(arg) ? (arg as readonly Arg[]) : [arg];
  if (list.every((n) => typeof n === "number")) return list as number[];
  return fail("unsupported/argument", { expected: "plain numbers" });
};
const numberOf = (arg: Arg | undefined, otherwise: number): number => numbersOf(arg)?.[0] ?? otherwise;
const axesOf = (x: Sym, arg: Arg | undefined): number[] =>
  numbersOf(arg)?.map((a) => axisOf(x, a)) ?? x.shape.map((_, i) => i);
const activated =
  (fn: string): Unary =>
  (cx, x) =>
    cx.op.activation(x, { fn });

unary(["identity", "stop_gradient"], (_, x) => x);
unary(["abs", "math.abs"], ({ op }, x) => op.abs(x));
unary(["negative", "math.negative"], ({ op }, x) => op.negative(x));
unary(["sign", "math.sign"], ({ op }, x) => op.sign(x));
unary(["exp", "math.exp"], ({ op }, x) => op.exp(x));
unary("math.expm1", ({ op }, x) => op.expm1(x));
unary(["math.log", "log"], ({ op }, x) => op.log(x));
unary("math.log1p", ({ op }, x) => op.log1p(x));
unary(["sqrt", "math.sqrt"], ({ op }, x) => op.sqrt(x));
unary("math.rsqrt", ({ op }, x) => op.rsqrt(x));
unary(["square", "math.square"], ({ op }, x) => op.square(x));
unary("math.reciprocal", ({ op }, x) => op.reciprocal(x));
unary(["sin", "math.sin"], ({ op }, x) => op.sin(x));
unary(["cos", "math.cos"], ({ op }, x) => op.cos(x));
unary(["tan", "math.tan"], ({ op }, x) => op.tan(x));
unary(["asin", "math.asin"], ({ op }, x) => op.asin(x));
unary(["acos", "math.acos"], ({ op }, x) => op.acos(x));
unary(["atan", "math.atan"], ({ op }, x) => op.atan(x));
unary(["sinh", "math.sinh"], ({ op }, x) => op.sinh(x));
unary(["cosh", "math.cosh"], ({ op }, x) => op.cosh(x));
unary(["tanh", "math.tanh", "nn.tanh"], ({ op }, x) => op.tanh(x));
unary(["sigmoid", "math.sigmoid", "nn.sigmoid"], ({ op }, x) => op.sigmoid(x));
unary("math.erf", ({ op }, x) => op.erf(x));
unary(["floor", "math.floor"], ({ op }, x) => op.floor(x));
unary(["math.ceil", "ceil"], ({ op }, x) => op.ceil(x));
unary(["round", "math.round", "math.rint"], ({ op }, x) => op.round(x));
unary("math.is_nan", ({ op }, x) => op.isNan(x));
unary("math.is_inf", ({ op }, x) => op.isInf(x));
unary("math.is_finite", ({ op }, x) => op.isFinite(x));
unary(["math.logical_not", "logical_not"], ({ op }, x) => op.logicalNot(x));
unary(["math.softplus", "nn.softplus"], activated("softplus"));
unary(["nn.softsign", "math.softsign"], activated("softsign"));
unary("math.log_sigmoid", activated("log_sigmoid"));
unary("nn.relu6", activated("relu6"));
unary("nn.elu", activated("elu"));
unary("nn.selu", activated("selu"));
add("nn.relu", ["features"], (cx, [x]) => cx.op.activation(tensor(cx, x), { fn: "relu" }));
add(["nn.silu", "nn.swish"], ["features", "beta"], (cx, [given, beta]) => {
  const x = tensor(cx, given);
  return cx.op.multiply(x, cx.op.sigmoid(cx.op.multiply(x, numberOf(beta, 1))));
});
add("nn.leaky_relu", ["features", "alpha"], (cx, [x, alpha]) =>
  cx.op.activation(tensor(cx, x), { fn: "leaky_relu", negative_slope: numberOf(alpha, 0.2) }),
);
add("nn.gelu", ["features", "approximate"], (cx, [x, approximate]) =>
  cx.op.activation(tensor(cx, x), { fn: "gelu", approximate: approximate === true }),
);
add(["nn.softmax", "compat.v1.nn.softmax"], ["logits", "axis"], (cx, [given, axis]) => {
  const x = tensor(cx, given);
  return cx.op.softmax(x, [axisOf(x, numberOf(axis, -1))]);
});
add("nn.log_softmax", ["logits", "axis"], (cx, [x, axis]) =>
  cx.op.activation(tensor(cx, x), { fn: "log_softmax", axis: numberOf(axis, -1) }),
);
add(
  ["math.l2_normalize", "nn.l2_normalize", "linalg.l2_normalize"],
  ["x", "axis", "epsilon"],
  (cx, [given, axis, epsilon]) => {
    const { op } = cx;
    const x = tensor(cx, given);
    const squared = op.sum(op.square(x), axesOf(x, axis), true);
    return op.multiply(x, op.rsqrt(op.maximum(squared, numberOf(epsilon, 1e-12))));
  },
);

add(["math.add", "add", "__operators__.add"], ["x", "y"], (cx, [a, b]) =>
  withSizes(cx, cx.op.add(operand(cx, a), operand(cx, b)), combined(cx, "add", a, b)),
);
add(["math.subtract", "subtract", "__operators__.sub"], ["x", "y"], (cx, [a, b]) =>
  withSizes(cx, cx.op.subtract(operand(cx, a), operand(cx, b)), combined(cx, "sub", a, b)),
);
add(["math.multiply", "multiply", "__operators__.mul"], ["x", "y"], (cx, [a, b]) =>
  withSizes(cx, cx.op.multiply(operand(cx, a), operand(cx, b)), combined(cx, "mul", a, b)),
);
binary(["math.truediv", "truediv", "math.divide", "divide", "realdiv", "compat.v1.div"], ({ op }, a, b) =>
  op.divide(a, b),
);
binary(["math.floordiv", "floordiv", "compat.v1.floor_div", "compat.v1.floordiv"], ({ op }, a, b) =>
  op.floorDivide(a, b),
);
binary(["math.floormod", "math.mod", "math.floor_mod"], ({ op }, a, b) => op.mod(a, b));
binary(["math.pow", "pow"], ({ op }, a, b) => op.power(a, b));
binary(["math.maximum", "maximum"], ({ op }, a, b) => op.maximum(a, b));
binary(["math.minimum", "minimum"], ({ op }, a, b) => op.minimum(a, b));
add("math.atan2", ["y", "x"], (cx, [y, x]) => cx.op.atan2(operand(cx, y), operand(cx, x)));
binary(["math.squared_difference"], ({ op }, a, b) => op.square(op.subtract(a, b)));
binary("math.divide_no_nan", ({ op }, a, b) => {
  const zero = op.equal(b, 0);
  return op.where(zero, 0, op.divide(a, op.where(zero, 1, b)));
});
binary(["math.equal", "equal", "__operators__.eq"], ({ op }, a, b) => op.equal(a, b));
binary(["math.not_equal", "not_equal", "__operators__.ne"], ({ op }, a, b) => op.notEqual(a, b));
binary(["math.less", "less"], ({ op }, a, b) => op.less(a, b));
binary(["math.less_equal", "less_equal"], ({ op }, a, b) => op.lessEqual(a, b));
binary(["math.greater", "greater"], ({ op }, a, b) => op.greater(a, b));
binary(["math.greater_equal", "greater_equal"], ({ op }, a, b) => op.greaterEqual(a, b));
binary(["math.logical_and", "logical_and"], ({ op }, a, b) => op.logicalAnd(a, b));
binary(["math.logical_or", "logical_or"], ({ op }, a, b) => op.logicalOr(a, b));
binary("math.logical_xor", ({ op }, a, b) => op.logicalXor(a, b));
add("math.add_n", ["inputs"], (cx, [xs]) => tensors(cx, xs).reduce((a, b) => cx.op.add(a, b)));

for (const [name, fn] of [
  ["sum", "sum"],
  ["mean", "mean"],
  ["max", "max"],
  ["min", "min"],
  ["prod", "prod"],
  ["any", "any"],
  ["all", "all"],
] as const) {
  add(
    [`math.reduce_${name}`, `reduce_${name}`],
    ["input_tensor", "axis", "keepdims"],
    (cx, [given, axis, keepdims]) => {
      const x = tensor(cx, given);
      return cx.op[fn](x, axesOf(x, axis), keepdims === true);
    },
  );
}
for (const [name, root] of [
  ["math.reduce_variance", false],
  ["math.reduce_std", true],
] as const) {
  add(name, ["input_tensor", "axis", "keepdims"], (cx, [given, axis, keepdims]) => {
    const x = tensor(cx, given);
    const along = axesOf(x, axis);
    const { variance } = moments(cx, x, along);
    const y = root ? cx.op.sqrt(variance) : variance;
    return keepdims === true ? y : cx.op.squeeze(y, along);
  });
}
add("math.reduce_logsumexp", ["input_tensor", "axis", "keepdims"], (cx, [given, axis, keepdims]) => {
  const { op } = cx;
  const x = tensor(cx, given);
  const along = axesOf(x, axis);
  const most = op.max(x, along, true);
  const y = op.add(op.log(op.sum(op.exp(op.subtract(x, most)), along, true)), most);
  return keepdims === true ? y : op.squeeze(y, along);
});
for (const fn of ["argmax", "argmin"] as const) {
  add([`math.${fn}`, fn], ["input", "axis", "output_type"], (cx, [given, axis, type]) => {
    const x = tensor(cx, given);
    return cx.op.cast(
      cx.op[fn](x, axisOf(x, numberOf(axis, 0))),
      dtypeOf(typeof type === "string" ? type : null, "int64"),
    );
  });
}
add(["math.cumsum", "cumsum"], ["x", "axis", "exclusive", "reverse"], (cx, [given, axis, exclusive, reverse]) => {
  const x = tensor(cx, given);
  const y = cx.op.cumsum(x, axisOf(x, numberOf(axis, 0)), reverse === true);
  return exclusive === true ? cx.op.subtract(y, x) : y;
});
add("clip_by_value", ["t", "clip_value_min", "clip_value_max"], (cx, [t, low, high]) =>
  cx.op.minimum(cx.op.maximum(tensor(cx, t), operand(cx, low)), operand(cx, high)),
);

const sizesFrom = (cx: Context, arg: Arg | undefined): readonly Size[] =>
  knownSizes(cx, arg) ?? fail("unsupported/argument", { expected: "a shape of numbers and lengths" });

add(["shape", "compat.v1.shape"], ["input"], (cx, [x]) => shapeOf(cx, tensor(cx, x)));
add("reshape", ["tensor", "shape"], (cx, [x, shape]) => cx.op.reshape(tensor(cx, x), sizesFrom(cx, shape)));
add("keras.backend.batch_flatten", ["x"], (cx, [x]) => reshapeKeepingBatch(cx, tensor(cx, x), [-1]));
for (const [name, value] of [
  ["zeros", 0],
  ["ones", 1],
] as const) {
  add(name, ["shape", "dtype"], (cx, [shape, dtype]) =>
    cx.op.full(sizesFrom(cx, shape), value, dtypeOf(typeof dtype === "string" ? dtype : null, "float32")),
  );
}
add("fill", ["dims", "value"], (cx, [dims, value]) =>
  cx.op.broadcastTo(
    typeof value === "number" ? cx.op.constant(value, "float32") : tensor(cx, value),
    sizesFrom(cx, dims),
  ),
);
add(["transpose", "compat.v1.transpose"], ["a", "perm"], (cx, [given, perm]) => {
  const x = tensor(cx, given);
  return cx.op.transpose(x, numbersOf(perm) ?? x.shape.map((_, i) => x.shape.length - 1 - i));
});
add(["expand_dims", "compat.v1.expand_dims"], ["input", "axis"], (cx, [x, axis]) =>
  cx.op.expandDims(tensor(cx, x), [numberOf(axis, 0)]),
);
add(["squeeze", "compat.v1.squeeze"], ["input", "axis"], (cx, [given, axis]) => {
  const x = tensor(cx, given);
  const some = numbersOf(axis);
  return cx.op.squeeze(x, some === null || some.length === 0 ? x.shape.flatMap((n, i) => (n === 1 ? [i] : [])) : some);
});
add("concat", ["values", "axis"], (cx, [xs, axis]) => cx.op.concat(tensors(cx, xs), numberOf(axis, 0)));
add("stack", ["values", "axis"], (cx, [xs, axis]) => {
  const y = cx.op.stack(tensors(cx, xs), numberOf(axis, 0));
  return y.shape.length === 1 ? withSizes(cx, y, knownSizes(cx, xs)) : y;
});
add("unstack", ["value", "num", "axis"], (cx, [given, num, axis]) => {
  const x = tensor(cx, given);
  const at = axisOf(x, numberOf(axis, 0));
  const n = lengthOf(x, at);
  if (numberOf(num, n) !== n) fail("mismatch/shape", { expected: `a length of ${numberOf(num, n)}`, found: String(n) });
  return Array.from({ length: n }, (_, i) => cx.op.take(x, at, i));
});
add("split", ["value", "num_or_size_splits", "axis"], (cx, [given, pieces, axis]) => {
  const x = tensor(cx, given);
  const at = axisOf(x, numberOf(axis, 0));
  const count = typeof pieces === "number" ? pieces : 0;
  if (count > 0 && (count > lengthOf(x, at) || lengthOf(x, at) % count !== 0))
    fail("mismatch/shape", { expected: `a length that ${count} divides` });
  const sizes = count > 0 ? new Array<number>(count).fill(lengthOf(x, at) / count) : (numbersOf(pieces) ?? []);
  if (sizes.some((n) => n < 0)) fail("unsupported/argument", { expected: "the sizes of all pieces" });
  let start = 0;
  return sizes.map((n) => cx.op.slice(x, [{ axis: at, start, stop: (start += n), step: 1 }]));
});
add("tile", ["input", "multiples"], (cx, [x, repeats]) => cx.op.tile(tensor(cx, x), numbersOf(repeats) ?? []));
add("repeat", ["input", "repeats", "axis"], (cx, [given, repeats, axis]) => {
  const x = axis === null || axis === undefined ? flat(cx, tensor(cx, given)) : tensor(cx, given);
  return cx.op.repeat(x, axisOf(x, numberOf(axis, 0)), numberOf(repeats, 1));
});
add("roll", ["input", "shift", "axis"], (cx, [given, shift, axis]) => {
  const x = tensor(cx, given);
  const shifts = numbersOf(shift) ?? [];
  return axesOf(x, axis).reduce((y, a, i) => rolled(cx, y, shifts[i] ?? 0, a), x);
});
add("reverse", ["tensor", "axis"], (cx, [x, axis]) => cx.op.reverse(tensor(cx, x), numbersOf(axis) ?? []));
add(["pad", "compat.v1.pad"], ["tensor", "paddings", "mode", "constant_values"], (cx, [x, amounts, mode, value]) => {
  const pairs = (amounts as readonly Arg[]).map((pair) => numbersOf(pair) as [number, number]);
  if (typeof mode === "string" && mode.toUpperCase() !== "CONSTANT") fail("unsupported/padding", { found: mode });
  return cx.op.pad(tensor(cx, x), pairs, numberOf(value, 0));
});
add("broadcast_to", ["input", "shape"], (cx, [x, shape]) => cx.op.broadcastTo(tensor(cx, x), sizesFrom(cx, shape)));
add("cast", ["x", "dtype"], (cx, [given, dtype]) => {
  const x = tensor(cx, given);
  return cx.op.cast(x, dtypeOf(typeof dtype === "string" ? dtype : null, x.dtype));
});
for (const [name, value] of [
  ["zeros_like", 0],
  ["ones_like", 1],
] as const) {
  add([name, `compat.v1.${name}`], ["input", "dtype"], (cx, [given, dtype]) => {
    const x = tensor(cx, given);
    return cx.op.full(sizesOf(cx, x), value, dtypeOf(typeof dtype === "string" ? dtype : null, x.dtype));
  });
}
add(["where", "compat.v1.where"], ["condition", "x", "y"], (cx, [condition, a, b]) => {
  if (a === null || b === null) return fail("unsupported/where", { expected: "both x and y" });
  return cx.op.where(tensor(cx, condition), operand(cx, a), operand(cx, b));
});
add(
  ["gather", "compat.v1.gather"],
  ["params", "indices", "validate_indices", "axis"],
  (cx, [given, indices, , axis]) => {
    const x = tensor(cx, given);
    const at = axisOf(x, numberOf(axis, 0));
    const wanted = typeof indices === "number" ? cx.op.constant(indices, "int32") : tensor(cx, indices);
    return cx.op.gather(x, fromStart(cx, x, wanted, at), at);
  },
);
add("one_hot", ["indices", "depth"], (cx, [given, depth]) => {
  const x = tensor(cx, given);
  const classes = cx.op.iota(numberOf(depth, 0), "int32");
  return cx.op.cast(cx.op.equal(cx.op.expandDims(cx.op.cast(x, "int32"), [-1]), classes), "float32");
});
add(["linalg.matmul", "matmul"], ["a", "b", "transpose_a", "transpose_b"], (cx, [a, b, left, right]) =>
  cx.op.matmul(tensor(cx, a), tensor(cx, b), { transposeA: left === true, transposeB: right === true }),
);
add(["einsum"], ["equation", "inputs"], (cx, [equation, ...inputs]) => {
  const list = inputs.length === 1 && Array.isArray(inputs[0]) ? (inputs[0] as readonly Arg[]) : inputs;
  return einsum(
    cx,
    typeof equation === "string" ? equation : "",
    list.map((x) => tensor(cx, x)),
  );
});
add("__operators__.getitem", ["tensor", "slice_spec"], (cx, [given, key]) => {
  const x = tensor(cx, given);
  const y = getItem(cx, x, Array.isArray(key) ? (key as readonly Arg[]) : [key ?? null]);
  return withSizes(cx, y, pickedSizes(cx, x, key));
});

/** By public name, without the leading `tf.`. */
export const TENSORFLOW: ReadonlyMap<string, TfFunction> = table;
