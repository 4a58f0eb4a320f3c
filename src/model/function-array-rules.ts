/**
 * Operations of Keras 3 that several of TensorFlow's functions make, windows, products and images among them: a rule each.
 * Source: keras/src/backend/tensorflow/{numpy,nn,math,linalg,image}.py (3.15.1).
 */
import type { CallArg } from "../layers/define.ts";
import { ACTIVATIONS } from "./function-activations.ts";
import { einsumOf } from "./function-einsum.ts";
import { both, float, type FunctionCall, type FunctionRule, of, one, type OperationCall, plain, whole } from "./operation-call.ts"; // prettier-ignore

const rules = new Map<string, FunctionRule>();

/** By the class of the operation. */
export const ARRAY_FUNCTIONS: ReadonlyMap<string, FunctionRule> = rules;

const rule = (names: string, make: FunctionRule): void => {
  for (const name of names.split(" ")) rules.set(name, make);
};
/** Of floats. */
const floats = (names: string, make: (x: CallArg, o: OperationCall) => FunctionCall): void =>
  rule(names, (o) => {
    o.floats(o.given(0));
    return make(o.given(0), o);
  });

for (const [name, op] of [
  ["hard_sigmoid", "HardSigmoid"],
  ["hard_silu", "HardSilu"],
  ["celu", "Celu"],
  ["hard_tanh", "HardTanh"],
  ["tanh_shrink", "TanhShrink"],
  ["hard_shrink", "HardShrink"],
  ["soft_shrink", "SoftShrink"],
  ["threshold", "Threshold"],
  ["squareplus", "Squareplus"],
  ["sparse_plus", "SparsePlus"],
  ["sparse_sigmoid", "SparseSigmoid"],
] as const)
  floats(op, (x, o) => ACTIVATIONS[name]!(x, (option) => whole(o, option)));

const slice = (start: number | null, stop: number | null): CallArg => ({
  kind: "slice",
  start: plain(start),
  stop: plain(stop),
  step: plain(null),
});
/** A part along one axis. */
const part = (o: OperationCall, x: CallArg, axis: number, start: number | null, stop: number | null): FunctionCall => {
  const rank = o.rank(x);
  const items = Array.from({ length: rank }, (_, i) =>
    i === (axis + rank) % rank ? slice(start, stop) : slice(null, null),
  );
  return of("__operators__.getitem", { tensor: x, slice_spec: { kind: "list", items } });
};
const lengthOf = (o: OperationCall, x: CallArg, axis: number): number => {
  const rank = o.rank(x);
  return o.type(x)?.shape?.[(axis + rank) % rank] ?? o.refuse("a free length");
};
floats("Glu", (x, o) => {
  const axis = whole(o, "axis");
  const half = lengthOf(o, x, axis) / 2;
  const gate = of("math.sigmoid", { x: part(o, x, axis, half, null) });
  return both("math.multiply", part(o, x, axis, null, half), gate);
});
floats("Diff", (x, o) => {
  if (whole(o, "n") !== 1) return o.refuse("differences of differences");
  const axis = whole(o, "axis");
  return both("math.subtract", part(o, x, axis, 1, null), part(o, x, axis, null, -1));
});

rule(
  "Fabs",
  one("math.abs", "x", () => ({}), false),
);
for (const [op, fn] of [
  ["Erfc", "math.erfc"],
  ["Erfinv", "math.erfinv"],
  ["I0", "math.bessel_i0"],
] as const)
  rule(
    op,
    one(fn, "x", () => ({}), false),
  );
floats("Exp2", (x) => both("math.pow", float(2), x));
floats("Log2", (x) => both("math.truediv", of("math.log", { x }), float(Math.LN2)));
floats("Log10", (x) => both("math.truediv", of("math.log", { x }), float(Math.LN10)));
floats("Cbrt", (x) =>
  both("math.multiply", of("math.sign", { x }), both("math.pow", of("math.abs", { x }), float(1 / 3))),
);
floats("Deg2rad", (x) => both("math.multiply", x, float(Math.PI / 180)));
floats("Rad2deg", (x) => both("math.multiply", x, float(180 / Math.PI)));
floats("Trunc", (x) =>
  of("where", { condition: both("math.less", x, float(0)), x: of("math.ceil", { x }), y: of("math.floor", { x }) }),
);
floats("Real Conjugate Conj", (x) => of("identity", { input: x }));
rule("ConvertToTensor Array", (o) => {
  const [x, dtype] = [o.given(0), o.option("dtype")];
  if (o.type(x) === null) return o.refuse("of what is no tensor");
  return dtype === null ? of("identity", { input: x }) : of("cast", { x, dtype: plain(dtype) });
});
rule(
  "SaturateCast",
  one("saturate_cast", "value", (o) => ({ dtype: o.option("dtype") })),
);
rule("FullLike", (o) => {
  const [x, value] = [o.given(0), o.given(1)];
  if (o.option("dtype") !== null || value.kind !== "json") return o.refuse("a value of its own dtype");
  const [, number] = o.alike(x, value);
  return both("math.add", of("zeros_like", { input: x }), number!);
});
rule("Logaddexp", (o) => {
  const [x, y] = [o.given(0), o.given(1)];
  o.floats(x, y);
  const apart = both("math.subtract", x, y);
  const more = of("math.log1p", { x: of("math.exp", { x: of("math.negative", { x: of("math.abs", { x: apart }) }) }) });
  return of("where", {
    condition: of("math.is_nan", { x: apart }),
    x: both("math.add", x, y),
    y: both("math.add", both("math.maximum", x, y), more),
  });
});
for (const [op, fn] of [
  ["BitwiseAnd", "bitwise.bitwise_and"],
  ["BitwiseOr", "bitwise.bitwise_or"],
  ["BitwiseXor", "bitwise.bitwise_xor"],
] as const)
  rule(op, (o) => {
    const [x, y] = [o.given(0), o.given(1)];
    return /int/.test(o.dtype(x, y)) && o.type(x) !== null && o.type(y) !== null
      ? both(fn, x, y)
      : o.refuse("of what are no tensors of integers");
  });

const over = (o: OperationCall): Readonly<Record<string, unknown>> => ({
  axis: o.option("axis"),
  keepdims: o.option("keepdims") === true,
});
rule("Amax", one("math.reduce_max", "input_tensor", over));
rule("Amin", one("math.reduce_min", "input_tensor", over));
rule("Ptp", (o) => {
  const [max, min] = ["max", "min"].map((name) => one(`math.reduce_${name}`, "input_tensor", over)(o));
  return both("math.subtract", max!, min!);
});
floats("Average", (x, o) =>
  o.arg(1) === null
    ? of("math.reduce_mean", { input_tensor: x, axis: plain(o.option("axis")) })
    : o.refuse("weights of its own"),
);
rule(
  "CountNonzero",
  one("math.count_nonzero", "input", (o) => ({ axis: o.option("axis"), dtype: "int32" })),
);
rule(
  "Cumprod",
  one("math.cumprod", "x", (o) => ({ axis: whole(o, "axis") }), false),
);
rule(
  "Argsort",
  one("argsort", "values", (o) => ({ axis: whole(o, "axis"), stable: true }), false),
);
rule("Tril Triu", (o) => {
  const k = whole(o, "k");
  const isLower = o.class === "Tril";
  if (isLower ? k < 0 : k > 0) return o.refuse("without its diagonal");
  const [num_lower, num_upper] = isLower ? [-1, k] : [-k, -1];
  return of("linalg.band_part", { input: o.given(0), num_lower: plain(num_lower), num_upper: plain(num_upper) });
});
for (const [op, fn, first] of [
  ["Trace", "linalg.trace", "x"],
  ["Diagonal", "linalg.diag_part", "input"],
] as const)
  rule(op, (o) => {
    const x = o.given(0);
    const rank = o.rank(x);
    const axes = ["axis1", "axis2"].map((name) => (whole(o, name) + rank) % rank);
    const isLast = axes[0] === rank - 2 && axes[1] === rank - 1 && whole(o, "offset") === 0;
    return isLast ? of(fn, { [first]: x }) : o.refuse("of other axes");
  });
for (const [op, axis] of [
  ["Fliplr", 1],
  ["Flipud", 0],
] as const)
  rule(
    op,
    one("reverse", "tensor", () => ({ axis: [axis] })),
  );
rule(
  "Unstack",
  one("unstack", "value", (o) => ({ num: o.option("num"), axis: whole(o, "axis") })),
);
for (const [op, axis] of [
  ["Vstack", 0],
  ["Hstack", 1],
  ["Dstack", 2],
] as const)
  rule(op, (o) => {
    const values = o.given(0);
    if (values.kind !== "list" || values.items.some((x) => o.rank(x) <= axis || o.rank(x) < 2))
      return o.refuse("tensors of fewer axes");
    o.dtype(...values.items);
    return of("concat", { values, axis: plain(axis) });
  });
rule("SegmentSum SegmentProd SegmentMax SegmentMin", (o) => {
  const [data, ids, count] = [o.given(0), o.given(1), o.option("num_segments")];
  if (typeof count !== "number" || o.option("sorted") === true) return o.refuse("of as many as there are");
  const fn = `math.unsorted_segment_${o.class.slice("Segment".length).toLowerCase()}`;
  return of(fn, { data, segment_ids: ids, num_segments: plain(count) });
});

/** A product along the axes that are given. */
const product = (names: string, axes: (o: OperationCall, a: CallArg, b: CallArg) => unknown): void =>
  rule(names, (o) => {
    const [a, b] = [o.given(0), o.given(1)];
    o.floats(a, b);
    return of("tensordot", { a, b, axes: plain(axes(o, a, b)) });
  });
const vectors = (o: OperationCall, ...xs: readonly CallArg[]): void => {
  if (xs.some((x) => o.rank(x) === 0)) o.refuse("of one number");
};
product("Dot", (o, a, b) => {
  vectors(o, a, b);
  return [[o.rank(a) - 1], [Math.max(0, o.rank(b) - 2)]];
});
product("Inner", (o, a, b) => {
  vectors(o, a, b);
  return [[o.rank(a) - 1], [o.rank(b) - 1]];
});
product("Tensordot", (o) => o.json("axes"));
rule("Einsum", einsumOf);
for (const [op, fn, first] of [
  ["Det", "linalg.det", "input"],
  ["Inv", "linalg.inv", "input"],
  ["Cholesky", "linalg.cholesky", "input"],
] as const)
  rule(op, (o) => {
    o.floats(o.given(0));
    return o.option("upper") === true ? o.refuse("the upper one") : of(fn, { [first]: o.given(0) });
  });
rule("Solve", (o) => {
  const [matrix, rhs] = [o.given(0), o.given(1)];
  o.floats(matrix, rhs);
  return o.rank(matrix) === o.rank(rhs) ? of("linalg.solve", { matrix, rhs }) : o.refuse("of vectors");
});

/** A number for each axis of places. */
const each = (o: OperationCall, name: string, rank: number): readonly number[] => {
  const given = [o.option(name)].flat() as readonly number[];
  return given.length === 1 ? Array.from({ length: rank }, () => given[0]!) : given;
};
const channelsLast = (o: OperationCall): void => {
  if (o.option("data_format") === "channels_first") o.refuse("channels first");
};
const bordersOf = (o: OperationCall): CallArg => plain(String(o.option("padding")).toUpperCase());
for (const [op, fn] of [
  ["MaxPool", "max_pool"],
  ["AveragePool", "avg_pool"],
] as const)
  rule(op, (o) => {
    channelsLast(o);
    const input = o.given(0);
    o.floats(input);
    const rank = o.rank(input) - 2;
    const ksize = each(o, "pool_size", rank);
    const strides = o.option("strides") === null ? ksize : each(o, "strides", rank);
    return of(`nn.${fn}${rank}d`, { input, ksize: plain(ksize), strides: plain(strides), padding: bordersOf(o) });
  });
rule("Conv", (o) => {
  channelsLast(o);
  const [input, filters] = [o.given(0), o.given(1)];
  o.floats(input, filters);
  const rank = o.rank(input) - 2;
  if (lengthOf(o, input, -1) !== lengthOf(o, filters, -2)) return o.refuse("groups of channels");
  return of("nn.convolution", {
    input,
    filters,
    strides: plain(each(o, "strides", rank)),
    padding: bordersOf(o),
    dilations: plain(each(o, "dilation_rate", rank)),
  });
});
for (const [op, fn] of [
  ["DepthToSpace", "nn.depth_to_space"],
  ["SpaceToDepth", "nn.space_to_depth"],
] as const)
  rule(op, (o) => {
    channelsLast(o);
    return of(fn, { input: o.given(0), block_size: plain(whole(o, "block_size")) });
  });
for (const [op, fn] of [
  ["RGBToHSV", "rgb_to_hsv"],
  ["HSVToRGB", "hsv_to_rgb"],
  ["RGBToGrayscale", "rgb_to_grayscale"],
] as const)
  floats(op, (images, o) => {
    channelsLast(o);
    if (lengthOf(o, images, -1) !== 3) return o.refuse("images of three colours");
    return of(`image.${fn}`, { images });
  });
