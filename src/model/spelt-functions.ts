/** Operations of the graph as calls of TensorFlow's functions, a row each: the mirror of `spelt-operations.ts`. */
import { isFloat } from "../core/dtype.ts";
import { fail } from "../core/error.ts";
import { showShape } from "../core/tensor.ts";
import type { CallArg } from "../layers/define.ts";
import type { ActivationSpec } from "../ops/attributes.ts";
import type { AttrsOf, OpName } from "../ops/signatures.ts";
import { float, type FunctionCall, of, plain } from "./operation-call.ts";
import { isGuessed } from "./plain-dtypes.ts";
import { ACTIVATIONS, aroundConv, checkDTypes, fixedLength, lengthsOf, PLAIN } from "./spelt-operations.ts";
import { isSpelt, type Spelt, type SpeltOf, type SpeltValue } from "./spelt.ts";
import { PLAIN_FUNCTIONS } from "./tensorflow-rules.ts";

type Value = CallArg | FunctionCall;
const refuse = (message: string): never => fail("unsupported/translation", { message });

const FOLDS: Partial<Record<OpName, string>> = {
  sum: "sum", mean: "mean", prod: "prod", max: "max", min: "min", any: "any", all: "all",
}; // prettier-ignore

/** A value; `before` it stands one of the same dtype. */
type Argument = (value: SpeltValue, before?: SpeltValue) => Value;
const isTensor = (value: SpeltValue): boolean => isSpelt(value) || value.kind === "ref";
/** Each after the first. */
const inRow = (values: readonly SpeltValue[], arg: Argument): Value[] =>
  values.map((value, i) => (i === 0 ? arg(value) : arg(value, values[0])));

type Row<N extends OpName> = (x: SpeltOf<N>, arg: Argument) => FunctionCall;
type Rows = { readonly [N in OpName]?: Row<N> };

const one = (axes: readonly number[]): CallArg =>
  axes.length === 1 ? plain(axes[0]!) : refuse("several axes that are one");
const number = (value: number, dtype: Spelt["dtype"]): CallArg => (isFloat(dtype) ? float(value) : plain(value));

const ROWS: Rows = {
  where: ({ in: { condition, a, b } }, arg) => of("where", { condition: arg(condition), x: arg(a), y: arg(b, a) }),
  cast: ({ in: { x }, attrs }, arg) => of("cast", { x: arg(x), dtype: plain(attrs.dtype) }),
  reshape: ({ in: { x }, attrs }, arg) => of("reshape", { tensor: arg(x), shape: plain(lengthsOf(attrs.shape)) }),
  expandDims: ({ in: { x }, attrs }, arg) => expanded(arg(x), attrs.axes),
  squeeze: ({ in: { x }, attrs }, arg) => of("squeeze", { input: arg(x), axis: plain([...attrs.axes]) }),
  transpose: ({ in: { x }, attrs }, arg) => of("transpose", { a: arg(x), perm: plain([...attrs.perm]) }),
  broadcastTo: ({ in: { x }, attrs }, arg) =>
    of("broadcast_to", { input: arg(x), shape: plain(attrs.shape.map(fixedLength)) }),
  slice: ({ in: { x }, attrs, shape }, arg) => {
    const items = shape.map((_, axis): CallArg => {
      const { start = null, stop = null, step = null } = attrs.ranges.find((range) => range.axis === axis) ?? {};
      return { kind: "slice", start: plain(fixedLength(start)), stop: plain(fixedLength(stop)), step: plain(step) };
    });
    return of("__operators__.getitem", { tensor: arg(x), slice_spec: { kind: "list", items } });
  },
  reverse: ({ in: { x }, attrs }, arg) => of("reverse", { tensor: arg(x), axis: plain([...attrs.axes]) }),
  concat: ({ in: { xs }, attrs }, arg) => of("concat", { values: inRow(xs, arg), axis: plain(attrs.axis) }),
  conv: ({ in: { x, kernel, bias }, attrs }, arg) => {
    const { amounts, padding } = aroundConv(attrs);
    const input = amounts === null ? arg(x) : of("pad", { tensor: arg(x), paddings: plain(amounts) });
    const words = { strides: plain([...attrs.strides]), padding: plain(padding.toUpperCase()), dilations: plain([...attrs.dilation]) }; // prettier-ignore
    const made = of("nn.convolution", { input, filters: arg(kernel), ...words });
    return bias === null ? made : of("math.add", { x: made, y: arg(bias, x) });
  },
  resize: ({ in: { x }, attrs }, arg) =>
    attrs.layout !== "last" || attrs.fit !== undefined
      ? refuse("images that are laid out otherwise")
      : of("image.resize", {
          images: arg(x),
          size: plain(attrs.to.map(fixedLength)),
          method: plain(attrs.method),
          antialias: plain(attrs.antialias === true),
        }),
  pad: ({ in: { x }, attrs, dtype }, arg) =>
    of("pad", {
      tensor: arg(x),
      paddings: plain(attrs.amounts.map((pair) => [...pair])),
      constant_values: number(attrs.value, dtype),
    }),
  round: ({ in: { x } }, arg) => of("math.round", { x: arg(x) }),
  repeat: ({ in: { x }, attrs }, arg) =>
    of("repeat", { input: arg(x), repeats: plain(attrs.times), axis: plain(attrs.axis) }),
  tile: ({ in: { x }, attrs }, arg) => of("tile", { input: arg(x), multiples: plain([...attrs.repeats]) }),
  gather: ({ in: { table, indices }, attrs }, arg) =>
    of("gather", { params: arg(table), indices: arg(indices), axis: plain(attrs.axis) }),
  cumsum: ({ in: { x }, attrs }, arg) =>
    of("math.cumsum", { x: arg(x), axis: plain(attrs.axis), reverse: plain(attrs.reverse) }),
  scatterAdd: ({ in: { indices, updates }, attrs }, arg) => {
    if (attrs.axis !== 0) refuse("sums of places along another axis");
    const segments = plain(fixedLength(attrs.length));
    return of("math.unsorted_segment_sum", { data: arg(updates), segment_ids: arg(indices), num_segments: segments });
  },
  sort: ({ in: { x }, attrs }, arg) => of("sort", ordering(arg(x), attrs)),
  argsort: ({ in: { x }, attrs }, arg) => of("argsort", ordering(arg(x), attrs)),
  argmax: ({ in: { x }, attrs }, arg) => placeOf("argmax", arg(x), attrs),
  argmin: ({ in: { x }, attrs }, arg) => placeOf("argmin", arg(x), attrs),
  matmul: ({ in: { a, b }, attrs }, arg) =>
    of("linalg.matmul", {
      a: arg(a),
      b: arg(b, a),
      transpose_a: plain(attrs.transposeA),
      transpose_b: plain(attrs.transposeB),
    }),
  softmax: ({ in: { x }, attrs }, arg) => of("nn.softmax", { logits: arg(x), axis: one(attrs.axes) }),
  activation: ({ in: { x }, attrs }, arg) => {
    const { fn, apply, negative_slope: slope, approximate, axis, ...others } = attrs as ActivationSpec;
    if (apply !== undefined || Object.values(others).some((option) => option !== undefined))
      refuse(`the activation ${fn}`);
    if (fn === "leaky_relu") return of("nn.leaky_relu", { features: arg(x), alpha: plain(slope) });
    if (fn === "gelu") return of("nn.gelu", { features: arg(x), approximate: plain(approximate === true) });
    if (fn === "silu") return of("nn.silu", { features: arg(x) });
    if (fn === "log_softmax") return of("nn.log_softmax", { logits: arg(x), axis: plain(axis ?? -1) });
    return named(ACTIVATIONS[fn], [arg(x)]) ?? refuse(`the activation ${fn}`);
  },
};

/** One axis after the other, as TensorFlow makes them. */
const expanded = (x: Value, axes: readonly number[]): FunctionCall =>
  axes.reduce((input, axis) => of("expand_dims", { input, axis: plain(axis) }), x) as FunctionCall;

const ordering = (values: Value, { axis, descending }: AttrsOf<"sort">): Record<string, Value> => ({
  values,
  axis: plain(axis),
  direction: plain(descending ? "DESCENDING" : "ASCENDING"),
});

function placeOf(
  name: string,
  input: Value,
  { axis, keepdims }: { readonly axis: number; readonly keepdims: boolean },
): FunctionCall {
  const found = of(`math.${name}`, { input, axis: plain(axis), output_type: plain("int32") });
  return keepdims ? of("expand_dims", { input: found, axis: plain(axis) }) : found;
}

/** The function of an operation of Keras 3. */
function named(op: string | undefined, operands: readonly Value[]): FunctionCall | null {
  const known = op === undefined ? undefined : PLAIN_FUNCTIONS.get(op);
  return known === undefined
    ? null
    : of(known.fn, Object.fromEntries(known.args.map((name, i) => [name, operands[i]!])));
}

function callFor(x: Spelt, arg: Argument): FunctionCall {
  const row = ROWS[x.op] as Row<OpName> | undefined;
  if (row !== undefined) return row(x as SpeltOf<OpName>, arg);
  const fold = FOLDS[x.op];
  if (fold === undefined) {
    const plain = PLAIN[x.op] ?? refuse(`${x.op} of ${showShape(x.shape)} has no word there`);
    checkDTypes(plain, x);
    return named(plain, inRow(Object.values(x.in) as SpeltValue[], arg)) ?? refuse(`${plain} has no word there`);
  }
  const { in: folded, attrs } = x as SpeltOf<"sum">;
  return of(`math.reduce_${fold}`, {
    input_tensor: arg(folded.x),
    axis: plain([...attrs.axes]),
    keepdims: plain(attrs.keepdims),
  });
}

/**
 * A constant as TensorFlow's functions take it, a number alone where it is one: with the dtype of the tensor that stands
 * before it, else with one that they guess.
 */
function stored(arg: CallArg, isBeside: boolean): CallArg {
  if (arg.kind !== "constant") return arg;
  if (!isBeside && !isGuessed(arg.dtype)) refuse(`a constant of ${arg.dtype}, which TensorFlow takes for another`);
  return arg.shape.length === 0 && arg.dtype !== "bool" ? number(arg.values[0]!, arg.dtype) : arg;
}

/** The call that gives these outputs, with those of its operands; what is read twice is one. */
export function functionsFor(outputs: readonly SpeltValue[]): FunctionCall {
  const known = new Map<SpeltValue, Value>();
  const arg: Argument = (of, before) => {
    if (!isSpelt(of)) return stored(of, before !== undefined && isTensor(before));
    const made = known.get(of) ?? callFor(of, arg);
    known.set(of, made);
    return made;
  };
  const made = outputs.map((output) => arg(output));
  const [first] = made;
  if (made.length > 1) return of("identity_n", { input: made });
  return first !== undefined && "fn" in first ? first : of("identity", { input: first! });
}
