/** Operations of the graph as operation nodes of Keras 3, a row each. Source: keras/src/ops/{numpy,nn,core}.py (3.15.1). */
import { isFloat } from "../core/dtype.ts";
import { isSym } from "../layers/common/args.ts";
import { longLengths } from "../layers/common/bias-add.ts";
import { fail } from "../core/error.ts";
import { showShape } from "../core/tensor.ts";
import type { Arg, CallArg } from "../layers/define.ts";
import type { ActivationSpec, ConvAttrs, SliceRange } from "../ops/attributes.ts";
import { isCut } from "../ops/move.ts";
import type { OpName } from "../ops/signatures.ts";
import type { Size } from "../ops/size.ts";
import type { Made } from "./function-arguments.ts";
import { takesDType } from "./plain-dtypes.ts";
import { besideInput, counted, filled, stretched, upTo } from "./spelt-lengths.ts";
import { isSpelt, type Spelt, type SpeltCall, type SpeltOf, type SpeltValue } from "./spelt.ts";

/** What is the same by another name, its operands in their order. */
export const PLAIN: Partial<Record<OpName, string>> = {
  negative: "Negative", abs: "Absolute", sign: "Sign", exp: "Exp", expm1: "Expm1", log: "Log", log1p: "Log1p",
  sqrt: "Sqrt", rsqrt: "Rsqrt", square: "Square", reciprocal: "Reciprocal", sin: "Sin", cos: "Cos", tan: "Tan",
  asin: "Arcsin", acos: "Arccos", atan: "Arctan", sinh: "Sinh", cosh: "Cosh", tanh: "Tanh", asinh: "Arcsinh",
  acosh: "Arccosh", atanh: "Arctanh", sigmoid: "Sigmoid", erf: "Erf", floor: "Floor", ceil: "Ceil", isNan: "Isnan",
  isInf: "Isinf", isFinite: "Isfinite", logicalNot: "LogicalNot", stopGradient: "StopGradient",
  add: "Add", subtract: "Subtract", multiply: "Multiply", divide: "TrueDivide", power: "Power", maximum: "Maximum",
  minimum: "Minimum", floorDivide: "FloorDivide", mod: "Mod", atan2: "Arctan2", equal: "Equal", notEqual: "NotEqual",
  less: "Less", lessEqual: "LessEqual", greater: "Greater", greaterEqual: "GreaterEqual", logicalAnd: "LogicalAnd",
  logicalOr: "LogicalOr", logicalXor: "LogicalXor", where: "Where",
}; // prettier-ignore
/** Activations by the names of their operations. */
export const ACTIVATIONS: Readonly<Record<string, string>> = {
  relu: "Relu", relu6: "Relu6", softplus: "Softplus", softsign: "Softsign", selu: "Selu", silu: "Silu",
  log_sigmoid: "LogSigmoid", hard_sigmoid: "HardSigmoid", gelu: "Gelu", elu: "Elu", leaky_relu: "LeakyRelu",
  log_softmax: "LogSoftmax", tanh: "Tanh", sigmoid: "Sigmoid",
}; // prettier-ignore
const FOLDS: Partial<Record<OpName, string>> = {
  sum: "Sum", mean: "Mean", prod: "Prod", max: "Max", min: "Min", any: "Any", all: "All",
}; // prettier-ignore

/** A length that a call decides is the one that follows from the others. */
export function lengthsOf(shape: readonly Size[]): readonly number[] {
  if (shape.filter((n) => typeof n !== "number" || n < 0).length > 1)
    return refuse("several lengths that calls decide");
  return shape.map((n) => (typeof n === "number" ? n : -1));
}

/** In Keras 3 the layer keeps the batch, so that another length may follow from the others. */
function reshaped(x: Arg | Made, shape: readonly Size[]): Made {
  const [batch, ...rest] = shape;
  const isOpen = (n: Size): boolean => typeof n !== "number" || n < 0;
  if (typeof batch === "object" && "of" in batch && batch.axis === 0 && rest.some(isOpen))
    return { op: "Reshape", isLayer: true, args: [x], options: { target_shape: [...lengthsOf(rest)] } };
  return { op: "Reshape", args: [x], options: { newshape: [...lengthsOf(shape)] } };
}
export const fixedLength = (n: Size | null): number | null =>
  typeof n === "object" && n !== null ? refuse("a length that a call decides") : n;
const refuse = (message: string): never => fail("unsupported/translation", { message });

type Row<N extends OpName> = (x: SpeltOf<N>, arg: (value: SpeltValue) => Arg | Made) => Made;
type Rows = { readonly [N in OpName]?: Row<N> };

/** An index for each axis. */
const keyOf = (ranges: readonly SliceRange[], rank: number): Arg =>
  Array.from({ length: rank }, (_, axis) => {
    const range = ranges.find((one) => one.axis === axis);
    return {
      slice: range === undefined ? [null, null, null] : [fixedLength(range.start), fixedLength(range.stop), range.step],
    };
  });

const ROWS: Rows = {
  cast: ({ in: { x }, attrs }, arg) => ({ op: "Cast", args: [arg(x)], options: { dtype: attrs.dtype } }),
  reshape: ({ in: { x }, attrs }, arg) => reshaped(arg(x), attrs.shape),
  expandDims: ({ in: { x }, attrs }, arg) => ({ op: "ExpandDims", args: [arg(x)], options: { axis: one(attrs.axes) } }),
  squeeze: ({ in: { x }, attrs }, arg) => ({ op: "Squeeze", args: [arg(x)], options: { axis: one(attrs.axes) } }),
  transpose: ({ in: { x }, attrs }, arg) => ({ op: "Transpose", args: [arg(x)], options: { axes: [...attrs.perm] } }),
  broadcastTo: ({ in: { x }, attrs: { shape }, shapes: [from], dtype, measured }, arg) =>
    shape.every((n) => typeof n === "number")
      ? { op: "BroadcastTo", args: [arg(x)], options: { shape } }
      : stretched(arg(x), from!, shape, dtype, { measured, arg }),
  full: ({ attrs: { shape, value, dtype }, measured }, arg) => filled(shape, value, dtype, { measured, arg }),
  iota: ({ attrs: { length, dtype }, measured }, arg) => counted(length, dtype, { measured, arg }),
  slice: ({ in: { x }, attrs: { ranges }, shapes: [from], measured }, arg) => {
    const computed = ranges.filter(({ start, stop, step }) => typeof stop === "object" && stop !== null && step === 1 && (start ?? 0) === 0); // prettier-ignore
    const others = ranges.filter((range) => !computed.includes(range));
    const first: Arg | Made =
      computed.length > 0 && !others.some(isCut)
        ? arg(x)
        : { op: "GetItem", args: [arg(x), keyOf(others, from!.length)] };
    const site = { measured, arg };
    return computed.reduce((made, { axis, stop }) => upTo(made, stop!, x, from!, axis, site), first) as Made;
  },
  reverse: ({ in: { x }, attrs }, arg) => ({ op: "Flip", args: [arg(x)], options: { axis: one(attrs.axes) } }),
  concat: ({ in: { xs }, attrs }, arg) => ({ op: "Concatenate", args: [xs.map(arg)], options: { axis: attrs.axis } }),
  pad: ({ in: { x }, attrs }, arg) => ({
    op: "Pad",
    args: [arg(x), ...(attrs.value === 0 ? [] : [attrs.value])],
    options: { pad_width: attrs.amounts.map((pair) => [...pair]), mode: "constant" },
  }),
  round: ({ in: { x } }, arg) => ({ op: "Round", args: [arg(x)], options: { decimals: 0 } }),
  repeat: ({ in: { x }, attrs }, arg) => ({
    op: "Repeat",
    args: [arg(x)],
    options: { repeats: attrs.times, axis: attrs.axis },
  }),
  tile: ({ in: { x }, attrs }, arg) => ({ op: "Tile", args: [arg(x)], options: { repeats: [...attrs.repeats] } }),
  gather: ({ in: { table, indices }, attrs }, arg) => ({
    op: "Take",
    args: [arg(table), arg(indices)],
    options: { axis: attrs.axis },
  }),
  argmax: ({ in: { x }, attrs }, arg) => ({ op: "Argmax", args: [arg(x)], options: { ...attrs } }),
  argmin: ({ in: { x }, attrs }, arg) => ({ op: "Argmin", args: [arg(x)], options: { ...attrs } }),
  cumsum: ({ in: { x }, attrs }, arg) => {
    const turned = (made: Arg | Made): Made => ({ op: "Flip", args: [made], options: { axis: attrs.axis } });
    const summed = (made: Arg | Made): Made => ({ op: "Cumsum", args: [made], options: { axis: attrs.axis } });
    return attrs.reverse ? turned(summed(turned(arg(x)))) : summed(arg(x));
  },
  scatterAdd: ({ in: { indices, updates }, attrs }, arg) =>
    attrs.axis === 0
      ? {
          op: "SegmentSum",
          args: [arg(updates), arg(indices)],
          options: { num_segments: fixedLength(attrs.length), sorted: false },
        }
      : refuse("sums of places along another axis"),
  sort: ({ in: { x }, attrs }, arg) => {
    const sorted: Made = { op: "Sort", args: [arg(x)], options: { axis: attrs.axis } };
    return attrs.descending ? { op: "Flip", args: [sorted], options: { axis: attrs.axis } } : sorted;
  },
  argsort: ({ in: { x }, operands: [dtype], attrs }, arg) => {
    if (attrs.descending && !isFloat(dtype!)) return refuse("places of integers in descending order");
    const given: Arg | Made = attrs.descending ? { op: "Negative", args: [arg(x)] } : arg(x);
    return { op: "Argsort", args: [given], options: { axis: attrs.axis } };
  },
  matmul: ({ in: { a, b }, attrs }, arg) => {
    const side = (value: SpeltValue, turned: boolean): Arg | Made =>
      turned ? { op: "Swapaxes", args: [arg(value)], options: { axis1: -2, axis2: -1 } } : arg(value);
    return { op: "Matmul", args: [side(a, attrs.transposeA), side(b, attrs.transposeB)] };
  },
  conv: ({ in: { x, kernel, bias }, attrs }, arg) => {
    if (attrs.groups !== 1) return refuse("groups of channels, which Keras 3 refuses");
    const { amounts, padding } = aroundConv(attrs);
    const options = { strides: one(attrs.strides), padding, data_format: "channels_last", dilation_rate: one(attrs.dilation) }; // prettier-ignore
    const given: Arg | Made =
      amounts === null ? arg(x) : { op: "Pad", args: [arg(x)], options: { pad_width: amounts, mode: "constant" } };
    const made: Made = { op: "Conv", args: [given, arg(kernel)], options };
    return bias === null ? made : { op: "Add", args: [made, arg(bias)] };
  },
  resize: ({ in: { x }, attrs }, arg) => {
    if (attrs.layout !== "last" || attrs.fit === "center") return refuse("images that are laid out otherwise");
    const size = attrs.to.map(fixedLength);
    const fit = { crop_to_aspect_ratio: attrs.fit === "crop", pad_to_aspect_ratio: attrs.fit === "pad" };
    const how = { interpolation: attrs.method, antialias: attrs.antialias === true, data_format: "channels_last" };
    return { op: "Resize", args: [arg(x)], options: { size, ...how, ...fit } };
  },
  softmax: ({ in: { x }, attrs }, arg) => ({ op: "Softmax", args: [arg(x)], options: { axis: one(attrs.axes) } }),
  activation: ({ in: { x }, attrs }, arg) => {
    const { fn, apply, ...options } = attrs as ActivationSpec;
    const op = apply === undefined ? ACTIVATIONS[fn] : undefined;
    return op === undefined
      ? refuse(`the activation ${fn}`)
      : { op, args: [arg(x)], options: options as Made["options"] };
  },
};

/** The zeros around the images of a convolution that lie there of their own, and the word for the others. */
export function aroundConv({ layout, padding }: ConvAttrs): {
  readonly amounts: [number, number][] | null;
  readonly padding: "valid" | "same";
} {
  // prettier-ignore
  if (layout !== "last" || padding === "causal") return refuse("channels first, or a causal convolution");
  if (typeof padding === "string") return { amounts: null, padding };
  return { amounts: [[0, 0], ...padding.map(([before, after]): [number, number] => [before, after]), [0, 0]], padding: "valid" }; // prettier-ignore
}

const one = (axes: readonly number[]): Arg => (axes.length === 1 ? axes[0]! : [...axes]);

/**
 * The operation node that gives these values, with those of its operands; `stored` is an argument of the file as rules read
 * it. What is read twice is one node.
 */
export function operationsFor({ outputs, behind }: SpeltCall, stored: (arg: CallArg) => Arg): Made {
  const known = new Map<SpeltValue, Arg | Made>();
  const arg = (of: SpeltValue): Arg | Made => {
    const made = known.get(of) ?? (isSpelt(of) ? nodeFor(of, arg) : stored(of));
    known.set(of, made);
    return made;
  };
  const [first, ...others] = outputs.map(arg);
  const isMade = (of: Arg | Made): of is Made => typeof of === "object" && of !== null && "op" in of && "args" in of;
  if (others.length === 0) {
    if (isMade(first!)) return first;
    const [value, from] = [outputs[0]!, behind?.[0]];
    const x = from === undefined ? undefined : stored(from);
    const isConstant = !isSpelt(value) && value.kind === "constant";
    return isConstant && isSym(x) ? besideInput(first!, value.dtype, x) : { op: "Copy", args: [first!] };
  }
  // Nothing else hands on several values as they are; it casts floats to its dtype.
  const dtypes = outputs.map((one) =>
    isSpelt(one) || one.kind === "ref" ? one.dtype : refuse("a constant beside values"),
  );
  const [dtype = "float32", ...more] = new Set(dtypes.filter(isFloat));
  if (more.length > 0) return refuse("values of several dtypes of floats");
  return { op: "Identity", isLayer: true, args: [[first!, ...others]], options: { dtype } };
}

/** Refuses what TensorFlow has no arithmetic for. */
export function checkDTypes(op: string, { operands }: Spelt): void {
  const other = operands.find((dtype) => !takesDType(op, dtype));
  if (other !== undefined) refuse(`${op} of ${other} has no word there`);
}

export const NO_TEXTS = "no operation of Keras 3 takes texts";

function nodeFor(x: Spelt, arg: (value: SpeltValue) => Arg | Made): Made {
  const plain = PLAIN[x.op];
  if (plain !== undefined && plain !== "Where") checkDTypes(plain, x);
  if (plain !== undefined) {
    const args = (Object.values(x.in) as SpeltValue[]).map(arg);
    // Keras 3 may take what stands second for a bias, and add it along another axis: `bias-add.ts`.
    return { op: plain, args: plain === "Add" && longLengths(x.shapes[1]!).length === 1 ? args.reverse() : args };
  }
  const fold = FOLDS[x.op];
  if (fold !== undefined) {
    const { in: operands, attrs } = x as SpeltOf<"sum">;
    return { op: fold, args: [arg(operands.x)], options: { axis: [...attrs.axes], keepdims: attrs.keepdims } };
  }
  const row = ROWS[x.op] as Row<OpName> | undefined;
  return row === undefined
    ? refuse(x.op === "text" ? NO_TEXTS : `${x.op} of ${showShape(x.shape)} has no word there`)
    : row(x as SpeltOf<OpName>, arg);
}

/** Whether either generation says it as it is, though it could be spelt out further. */
export const hasWord = ({ op, attrs }: { readonly op: OpName; readonly attrs: object }): boolean =>
  op === "softmax" ||
  op === "stopGradient" ||
  (op === "activation" && Object.hasOwn(ACTIVATIONS, (attrs as ActivationSpec).fn));
