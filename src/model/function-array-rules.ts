/**
 * Operations of Keras 3 that are a function of TensorFlow, or several, where they cannot be spelt out in simpler ones, or not as
 * briefly: a rule each.
 * Source: keras/src/backend/tensorflow/{numpy,nn,math,linalg,image}.py (3.15.1).
 */
import type { CallArg } from "../layers/define.ts";
import { ACTIVATIONS } from "./function-activations.ts";
import { einsumOf } from "./function-einsum.ts";
import { both, type FunctionCall, type FunctionRule, of, one, type OperationCall, plain, whole } from "./operation-call.ts"; // prettier-ignore

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

floats("HardSigmoid", (x, o) => ACTIVATIONS["hard_sigmoid"]!(x, (option) => whole(o, option)));

const lengthOf = (o: OperationCall, x: CallArg, axis: number): number => {
  const rank = o.rank(x);
  return o.type(x)?.shape?.[(axis + rank) % rank] ?? o.refuse("a free length");
};
for (const [op, fn] of [
  ["Erfc", "math.erfc"],
  ["I0", "math.bessel_i0"],
] as const)
  rule(
    op,
    one(fn, "x", () => ({}), false),
  );
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

rule(
  "Cumprod",
  one("math.cumprod", "x", (o) => ({ axis: whole(o, "axis") }), false),
);
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
