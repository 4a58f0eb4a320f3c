/** Functions of TensorFlow: more of numbers, bits, counts, segments and scattered values. Source: tensorflow/python/ops/math_ops.py. */
import { type DType, isFloat } from "../../../core/dtype.ts";
import { fail } from "../../../core/error.ts";
import { listOf } from "../../../core/list.ts";
import type { Size, Sym } from "../../../ops/types.ts";
import type { Arg, Context } from "../../define.ts";
import { isSym } from "../../common/args.ts";
import { knownSizes, shapeOf, withSizes } from "./known-sizes.ts";
import { axisOf, flat, lengthThere, operate, sizesOf } from "./operation.ts";
import { type SegmentFn, segmented } from "./segments.ts";
import { counted, counting, minus, most, productOfSizes, times } from "./sizes.ts";
import { type TfArgs, type TfRun, TfTable } from "./tensorflow-call.ts";

type Operand = Sym | number;

const table = new TfTable();
const unary = (names: string, f: (cx: Context, x: Sym) => Sym, arg = "x"): void => table.both(names, arg, (cx, a) => f(cx, a.tensor(arg))); // prettier-ignore
const binary = (names: string, f: (cx: Context, x: Operand, y: Operand) => Sym, args = "x, y"): void => {
  const [first, second] = args.split(", ") as [string, string];
  table.both(names, args, (cx, a) => f(cx, ...a.operands(first, second)));
};
/** Operations of Keras 3 that are the same. */
const same = (names: string, operation: string, ...args: readonly string[]): void =>
  table.both(names, args.join(", "), (cx, a) => operate(cx, operation, args.length === 1 ? [a.tensor(args[0]!)] : a.operands(args[0]!, args[1]!))); // prettier-ignore

same("bitwise.bitwise_and", "BitwiseAnd", "x", "y");
same("bitwise.bitwise_or", "BitwiseOr", "x", "y");
same("bitwise.bitwise_xor", "BitwiseXor", "x", "y");
same("bitwise.left_shift", "BitwiseLeftShift", "x", "y");
same("bitwise.right_shift", "BitwiseRightShift", "x", "y");
same("bitwise.invert", "BitwiseInvert", "x");
same("math.nextafter", "Nextafter", "x1", "x2");
same("math.bessel_i0 math.special.bessel_i0", "I0", "x");
same("math.angle compat.v1.angle", "Angle", "input");
same("math.imag compat.v1.imag", "Imag", "input");
same("math.erfinv", "Erfinv", "x");
unary("math.real compat.v1.real", (_, x) => x, "input");
unary("math.conj compat.v1.conj", (_, x) => x);
const normalQuantile = (cx: Context, x: Sym): Sym => {
  const y = operate(cx, "Erfinv", [cx.op.subtract(cx.op.multiply(x, 2), 1)]) as Sym;
  return cx.op.multiply(y, Math.SQRT2);
};
unary("math.ndtri", normalQuantile);
unary("math.erfcinv", (cx, x) => cx.op.multiply(normalQuantile(cx, cx.op.multiply(x, 0.5)), -Math.SQRT1_2));

/** 0 where x is, whatever the other side. */
const unlessZero = (f: (cx: Context, x: Operand, y: Operand) => Sym) => (cx: Context, x: Operand, y: Operand): Sym =>
  cx.op.where(cx.op.equal(x, 0), 0, f(cx, x, y)); // prettier-ignore
binary(
  "math.xdivy",
  unlessZero(({ op }, x, y) => op.divide(x, y)),
);
binary(
  "math.xlogy",
  unlessZero(({ op }, x, y) => op.multiply(x, typeof y === "number" ? Math.log(y) : op.log(y))),
);
binary("math.xlog1py", unlessZero(({ op }, x, y) => op.multiply(x, typeof y === "number" ? Math.log1p(y) : op.log1p(y)))); // prettier-ignore
binary("math.multiply_no_nan", ({ op }, x, y) => op.where(op.equal(y, 0), 0, op.multiply(x, y)));
unary("math.reciprocal_no_nan", ({ op }, x) => {
  const none = op.equal(x, 0);
  return op.where(none, 0, op.reciprocal(op.where(none, 1, x)));
});
table.only("math.scalar_mul scalar_mul", "scalar, x", ({ op }, a) => op.multiply(...a.operands("scalar", "x")));
table.only("compat.v1.math.scalar_mul compat.v1.scalar_mul", "scalar, x", ({ op }, a) => op.multiply(...a.operands("scalar", "x"))); // prettier-ignore
const size = ({ op }: Context, x: Operand): Operand => (typeof x === "number" ? Math.abs(x) : op.abs(x));
/** Towards 0. */
const truncated = (f: "floorDivide" | "mod") => (cx: Context, x: Operand, y: Operand): Sym => {
  const { op } = cx;
  const own = op[f](size(cx, x), size(cx, y));
  const isBelow = f === "mod" ? op.less(x, 0) : op.notEqual(op.less(x, 0), op.less(y, 0));
  return op.where(isBelow, op.negative(own), own);
}; // prettier-ignore
binary("truncatediv", truncated("floorDivide"));
binary("truncatemod", truncated("mod"));
table.both("math.accumulate_n compat.v1.accumulate_n", "inputs, shape=null, tensor_dtype=null", ({ op }, a) => {
  a.ignore("shape", "tensor_dtype");
  return a.tensors("inputs").reduce((x, y) => op.add(x, y));
});
table.both("math.polyval", "coeffs, x", ({ op }, a) => {
  const x = a.tensor("x");
  const list = a.arg("coeffs");
  const all = (Array.isArray(list) ? (list as readonly Arg[]) : [list]).map((c): Sym => {
    if (typeof c === "number") return op.constant(c, x.dtype);
    return isSym(c) ? c : fail("unsupported/argument", { path: "coeffs", expected: "numbers or tensors" });
  });
  const [first, ...more] = all;
  return first === undefined ? op.multiply(x, 0) : more.reduce((y, c) => op.add(op.multiply(y, x), c), first);
});
table.both("dtypes.saturate_cast saturate_cast", "value, dtype", (cx, a) => {
  const x = a.tensor("value");
  return operate(cx, "SaturateCast", [x], { dtype: a.dtype("dtype", x.dtype) });
});
unary("keras.backend.cast_to_floatx", ({ op }, x) => op.cast(x, "float32"));
const asTensor: TfRun = (cx, a) => {
  a.ignore("dtype_hint", "preferred_dtype");
  const given = a.arg("value");
  const list = Array.isArray(given) && (given as readonly Arg[]).some((x) => typeof x === "object" && !Array.isArray(x)); // prettier-ignore
  const x = list ? cx.op.stack(a.tensors("value"), 0) : a.tensor("value");
  return cx.op.cast(x, a.dtype("dtype", x.dtype));
};
table.only("convert_to_tensor", "value, dtype=null, dtype_hint=null", asTensor);
table.only("compat.v1.convert_to_tensor", "value, dtype=null, preferred_dtype=null, dtype_hint=null", asTensor);
table.both("identity_n", "input", (_, a) => a.tensors("input"));
table.both("shape_n", 'input, out_type="int32"', (cx, a) =>
  a.tensors("input").map((x) => {
    const y = shapeOf(cx, x);
    return withSizes(cx, cx.op.cast(y, a.dtype("out_type", "int32")), knownSizes(cx, y));
  }),
);
// Of what is not finite TensorFlow gives none.
table.both("debugging.check_numerics compat.v1.check_numerics", "tensor, message", (_, a) => {
  a.ignore("message");
  return a.tensor("tensor");
});
table.only(
  "compat.v1.debugging.assert_all_finite compat.v1.verify_tensor_all_finite",
  "t=null, msg=null, x=null, message=null",
  (_, a) => {
    a.ignore("message", "msg");
    return a.tensor(a.has("x") ? "x" : "t");
  },
);
table.only("debugging.assert_all_finite", "x, message", (_, a) => {
  a.ignore("message");
  return a.tensor("x");
});

const linear: TfRun = (cx, a) => {
  const { op } = cx;
  const [start, stop] = [a.tensor("start"), a.tensor("stop")];
  const count = a.size("num");
  const dtype: DType = isFloat(start.dtype) ? start.dtype : "float64";
  const [first, last] = [start, stop].map((x) => op.cast(x, dtype)) as [Sym, Sym];
  const rank = Math.max(first.shape.length, last.shape.length) + 1;
  const given = a.number("axis")!;
  const axis = given < 0 ? given + rank : given;
  const [p, q] = [first, last].map((x) => (x.shape.length === 0 ? op.reshape(x, listOf(rank, () => 1)) : op.expandDims(x, [axis]))) as [Sym, Sym]; // prettier-ignore
  const shares =
    typeof count === "number"
      ? op.array(
          listOf(count, (i) => (count > 1 ? i / (count - 1) : 0)),
          [count],
          dtype,
        )
      : op.divide(op.iota(count, dtype), op.cast(counted(cx, most(minus(count, 1), 1)), dtype));
  const share = op.reshape(
    shares,
    listOf(rank, (i): Size => (i === axis ? count : 1)),
  );
  return op.add(p, op.multiply(op.subtract(q, p), share));
};
table.both("linspace compat.v1.lin_space", "start, stop, num, axis=0", linear);

const countNonzero = (input: string): TfRun => ({ op }, a) => {
  const x = a.tensor(a.has("input") ? "input" : input);
  const axes = a.axes(x, a.has("reduction_indices") ? "reduction_indices" : "axis");
  const hit = op.cast(x.dtype === "bool" ? x : op.notEqual(x, 0), "int32");
  return op.cast(op.sum(hit, axes, a.flag(a.has("keep_dims") ? "keep_dims" : "keepdims")), a.dtype("dtype", "int64"));
}; // prettier-ignore
table.only("math.count_nonzero", 'input, axis=null, keepdims=null, dtype="int64"', countNonzero("input"));
table.only("compat.v1.math.count_nonzero compat.v1.count_nonzero", 'input_tensor=null, axis=null, keepdims=null, dtype="int64", reduction_indices=null, keep_dims=null, input=null', countNonzero("input_tensor")); // prettier-ignore
unary("math.zero_fraction nn.zero_fraction", ({ op }, x) => op.mean(op.cast(op.equal(x, 0), "float32"), x.shape.map((_, i) => i)), "value"); // prettier-ignore
const rising = (name: string, f: (cx: Context, x: Sym, y: Sym) => Sym): void =>
  unary(`math.${name} compat.v1.debugging.${name} compat.v1.${name}`, (cx, given) => {
    const x = flat(cx, given);
    const part = (start: number, stop: number | null): Sym => cx.op.slice(x, [{ axis: 0, start, stop, step: 1 }]);
    return cx.op.all(f(cx, part(0, -1), part(1, null)), [0]);
  });
rising("is_non_decreasing", ({ op }, x, y) => op.lessEqual(x, y));
rising("is_strictly_increasing", ({ op }, x, y) => op.less(x, y));
unary("math.invert_permutation compat.v1.invert_permutation", (cx, x) => cx.op.cast(cx.op.argsort(x, 0), x.dtype)); // prettier-ignore

/** Which of `count` steps of a range each value lies in. */
const bins = ({ op }: Context, a: TfArgs): readonly [Sym, number] => {
  const x = a.tensor("values");
  const [low, high] = [0, 1].map((i) => op.cast(op.take(a.tensor("value_range"), 0, i), x.dtype)) as [Sym, Sym];
  const count = a.number("nbins")!;
  if (low === undefined || high === undefined) return fail("unsupported/argument", { path: "value_range", expected: "two numbers" }); // prettier-ignore
  const step = op.floor(op.multiply(op.divide(op.subtract(x, low), op.subtract(high, low)), count));
  return [op.cast(op.maximum(op.minimum(step, count - 1), 0), "int32"), count];
};
const HISTOGRAM = 'values, value_range, nbins=100, dtype="int32"';
table.both("histogram_fixed_width_bins", HISTOGRAM, (cx, a) => cx.op.cast(bins(cx, a)[0], a.dtype("dtype", "int32")));
table.both("histogram_fixed_width", HISTOGRAM, (cx, a) => {
  const [place, count] = bins(cx, a);
  const hit = cx.op.equal(flat(cx, place), counting(cx, count, 0, 2));
  return cx.op.cast(cx.op.sum(cx.op.cast(hit, "int32"), [1]), a.dtype("dtype", "int32"));
});
/** [..., n, classes]: 1 where x[..., n] is the class. */
const hot = (cx: Context, x: Sym, classes: number, dtype: DType): Sym =>
  cx.op.cast(cx.op.equal(cx.op.expandDims(cx.op.cast(x, "int32"), [x.shape.length]), cx.op.iota(classes, "int32")), dtype); // prettier-ignore
const binCount: TfRun = (cx, a) => {
  const { op } = cx;
  const given = a.tensor("arr");
  const [least, most] = [a.number("minlength"), a.number("maxlength")];
  if (least === null || least !== most)
    return fail("unsupported/free-length", { message: "the length depends on the values", expected: "minlength and maxlength of one number" }); // prettier-ignore
  const isLines = a.has("axis") && given.shape.length > 1;
  if (isLines && a.number("axis") !== -1) fail("unsupported/argument", { path: "axis", found: String(a.number("axis")) }); // prettier-ignore
  if (a.has("axis")) void a.number("axis");
  const line = (x: Sym): Sym => (isLines ? x : flat(cx, x));
  const weights = a.has("weights") ? line(a.tensor("weights")) : null;
  const dtype = weights?.dtype ?? a.dtype("dtype", "int32");
  if (weights !== null) a.ignore("dtype");
  const each = hot(cx, line(given), least, dtype);
  const last = each.shape.length - 2;
  if (a.has("binary_output") && a.flag("binary_output")) return op.max(each, [last], false, true);
  return op.cast(op.sum(weights === null ? each : op.multiply(each, op.expandDims(weights, [last + 1])), [last]), dtype); // prettier-ignore
};
table.only("math.bincount", 'arr, weights=null, minlength=null, maxlength=null, dtype="int32", axis=null, binary_output=false', binCount); // prettier-ignore
table.only("compat.v1.math.bincount compat.v1.bincount", 'arr, weights=null, minlength=null, maxlength=null, dtype="int32"', binCount); // prettier-ignore
const confusion: TfRun = (cx, a) => {
  const { op } = cx;
  const classes = a.number("num_classes");
  if (classes === null) return fail("unsupported/free-length", { message: "the length depends on the values", expected: "num_classes" }); // prettier-ignore
  const dtype = a.dtype("dtype", "int32");
  const [own, other] = ["labels", "predictions"].map((name) => hot(cx, flat(cx, a.tensor(name)), classes, "float64")) as [Sym, Sym]; // prettier-ignore
  const weights = a.has("weights") ? op.expandDims(op.cast(flat(cx, a.tensor("weights")), "float64"), [1]) : 1;
  return op.cast(op.matmul(op.multiply(own, weights), other, { transposeA: true }), dtype);
};
table.only("math.confusion_matrix", 'labels, predictions, num_classes=null, weights=null, dtype="int32"', confusion);
table.only("compat.v1.math.confusion_matrix compat.v1.confusion_matrix", 'labels, predictions, num_classes=null, dtype="int32", weights=null', confusion); // prettier-ignore

/** Ids may have several axes; those behind them stay. */
const segments = (name: string, f: (cx: Context, into: (fn: SegmentFn, x: Sym) => Sym, x: Sym, ones: Sym) => Sym): void =>
  table.both(`math.unsorted_segment_${name} compat.v1.unsorted_segment_${name}`, "data, segment_ids, num_segments", (cx, a) => {
    const { op } = cx;
    const [data, ids] = [a.tensor("data"), a.tensor("segment_ids")];
    const rest = sizesOf(cx, data).slice(ids.shape.length);
    const n = productOfSizes(sizesOf(cx, ids));
    const count = a.size("num_segments");
    const into = (fn: SegmentFn, x: Sym): Sym => segmented(cx, fn, x, flat(cx, ids), count);
    const x = ids.shape.length === 1 ? data : op.reshape(data, [n, ...rest]);
    return f(cx, into, x, op.full([n, ...rest.map(() => 1)], 1, data.dtype));
  }); // prettier-ignore
for (const fn of ["sum", "prod", "max", "min"] as const) segments(fn, (_, into, x) => into(fn, x));
segments("mean", ({ op }, into, x, ones) => op.divide(into("sum", x), op.maximum(into("sum", ones), 1)));
segments("sqrt_n", ({ op }, into, x, ones) => op.divide(into("sum", x), op.sqrt(op.maximum(into("sum", ones), 1)))); // prettier-ignore

const updated = (names: string, reduction: "add" | "max" | "min" | null, negates = false): void =>
  table.both(names, `tensor, indices, updates${reduction === null ? "" : ', bad_indices_policy=""'}`, (cx, a) => {
    const updates = a.tensor("updates");
    const args = [a.tensor("tensor"), a.tensor("indices"), negates ? cx.op.negative(updates) : updates];
    return operate(cx, "ScatterUpdate", args, { reduction });
  }); // prettier-ignore
updated("tensor_scatter_nd_add compat.v1.tensor_scatter_add", "add");
updated("tensor_scatter_nd_sub compat.v1.tensor_scatter_sub", "add", true);
updated("tensor_scatter_nd_max", "max");
updated("tensor_scatter_nd_min", "min");
updated("tensor_scatter_nd_update compat.v1.tensor_scatter_update", null);
table.both("scatter_nd compat.v1.manip.scatter_nd", 'indices, updates, shape, bad_indices_policy=""', (cx, a) => {
  const updates = a.tensor("updates");
  const args = [cx.op.full(a.sizes("shape"), 0, updates.dtype), a.tensor("indices"), updates];
  return operate(cx, "ScatterUpdate", args, { reduction: "add" });
});
table.both("searchsorted", 'sorted_sequence, values, side="left", out_type="int32"', (cx, a) => {
  const { op } = cx;
  const [sorted, values] = [a.tensor("sorted_sequence"), a.tensor("values")];
  const [among, each] = [op.expandDims(sorted, [-2]), op.expandDims(values, [-1])];
  const before = a.text("side") === "right" ? op.lessEqual(among, each) : op.less(among, each);
  return op.cast(op.sum(op.cast(before, "int32"), [-1]), a.dtype("out_type", "int32"));
});
table.both("unravel_index", "indices, dims", ({ op }, a) => {
  let x = a.tensor("indices");
  const parts = [...a.numbers("dims")!].reverse().map((length) => {
    const place = op.mod(x, length);
    x = op.floorDivide(x, length);
    return place;
  });
  return op.stack(parts.reverse(), 0);
});

/** Blocks of places as images of their own, in front of the batch, and back. */
const pairs = (a: TfArgs, name: string): readonly (readonly [number, number])[] => {
  const arg = a.arg(name);
  const rows = Array.isArray(arg) ? (arg as readonly Arg[]) : [];
  const isPair = (row: Arg): boolean => Array.isArray(row) && row.length === 2 && row.every((n) => typeof n === "number" && n >= 0); // prettier-ignore
  return rows.every(isPair) ? (rows as never) : fail("unsupported/argument", { path: name, expected: "pairs of numbers" }); // prettier-ignore
};
const divided = (n: Size, by: number): Size => (typeof n === "number" ? n / by : { fn: "div", a: n, b: by });
const blocksOf = (a: TfArgs, name: string, x: Sym) => {
  const [block, amounts] = [a.numbers("block_shape")!, pairs(a, name)];
  if (block.length !== amounts.length || block.length >= x.shape.length || block.some((n) => n < 1))
    fail("mismatch/shape", { path: "block_shape", expected: `${amounts.length} numbers` });
  return { block, amounts, count: block.length, all: block.reduce((p, q) => p * q, 1) };
};
table.both("space_to_batch_nd compat.v1.manip.space_to_batch_nd", "input, block_shape, paddings", (cx, a) => {
  const { op } = cx;
  const given = a.tensor("input");
  const { block, amounts, count, all } = blocksOf(a, "paddings", given);
  const x = op.pad(given, given.shape.map((_, i) => amounts[i - 1] ?? [0, 0])); // prettier-ignore
  block.forEach((n, i) => { if (lengthThere(x, i + 1) % n !== 0) fail("mismatch/shape", { expected: `a length that ${n} divides` }); }); // prettier-ignore
  const [batch, ...sizes] = sizesOf(cx, x);
  const rest = sizes.slice(count);
  const apart = op.reshape(x, [batch!, ...block.flatMap((n, i) => [divided(sizes[i]!, n), n]), ...rest]);
  const perm = [...block.map((_, i) => 2 * i + 2), 0, ...block.map((_, i) => 2 * i + 1), ...rest.map((_, i) => 2 * count + 1 + i)]; // prettier-ignore
  return op.reshape(op.transpose(apart, perm), [times(batch!, all), ...block.map((n, i) => divided(sizes[i]!, n)), ...rest]); // prettier-ignore
});
table.only("compat.v1.batch_to_space_nd compat.v1.manip.batch_to_space_nd", "input, block_shape, crops", (cx, a) => {
  const { op } = cx;
  const x = a.tensor("input");
  const { block, amounts, count, all } = blocksOf(a, "crops", x);
  const [whole, ...sizes] = sizesOf(cx, x);
  const [batch, rest] = [divided(whole!, all), sizes.slice(count)];
  const apart = op.reshape(x, [...block, batch, ...sizes]);
  const perm = [count, ...block.flatMap((_, i) => [count + 1 + i, i]), ...rest.map((_, i) => 2 * count + 1 + i)];
  const y = op.reshape(op.transpose(apart, perm), [batch, ...block.map((n, i) => times(sizes[i]!, n)), ...rest]);
  return op.slice(y, amounts.map(([before, after], i) => ({ axis: axisOf(y, i + 1), start: before, stop: after > 0 ? -after : null, step: 1 }))); // prettier-ignore
});

/** Functions of TensorFlow that count, order and scatter, by name. */
export const TENSORFLOW_COUNTS = table;
