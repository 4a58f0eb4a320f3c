/**
 * The vocabulary in which layers and composites are written: one typed function per operation, which emits a node
 * through the tracer and returns its outputs. Python scalars promote weakly, as in Keras: `add(x, 1)` keeps x's dtype.
 */
import { type DType, isFloat, isInteger } from "../core/dtype.ts";
import type { Attrs, Graph, Size, Sym } from "./types.ts";

export type Layout = "first" | "last";
/** Explicit padding is [before, after] for each spatial axis. */
export type Padding = "valid" | "same" | "causal" | readonly (readonly [number, number])[];

export interface ConvAttrs {
  readonly layout: Layout;
  readonly strides: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
  readonly padding: Padding;
}

export interface ConvTransposeAttrs {
  readonly layout: Layout;
  readonly strides: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: "valid" | "same";
  readonly outputPadding: readonly number[] | null;
}

export interface PoolAttrs {
  readonly fn: "max" | "average";
  readonly layout: Layout;
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly padding: "valid" | "same";
}

export interface ResizeAttrs {
  readonly layout: Layout;
  /** Whole-number growth of each spatial axis. */
  readonly factors: readonly number[];
  readonly method: "nearest" | "bilinear" | "bicubic" | "lanczos3" | "lanczos5" | "gaussian" | "mitchellcubic";
}

/** An activation by its Keras name, with the options that a layer or object form may give it. */
export interface ActivationSpec {
  readonly fn: string;
  readonly [option: string]: number | string | boolean | null | undefined | readonly number[];
}

/** Python slice semantics for one axis: null is "from the end that the step starts at"; negatives count from the end. */
export interface SliceRange {
  readonly axis: number;
  readonly start: Size | null;
  readonly stop: Size | null;
  readonly step: number;
}

export const UNARY = [
  "negative", "abs", "sign", "exp", "expm1", "log", "log1p", "sqrt", "rsqrt", "square", "reciprocal",
  "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
  "sigmoid", "erf", "floor", "ceil", "round",
] as const; // prettier-ignore
/** Of the unary ones: those that leave integers integers. */
export const KEEPS_INTEGERS: ReadonlySet<string> = new Set([
  "negative",
  "abs",
  "sign",
  "square",
  "floor",
  "ceil",
  "round",
]);
export const UNARY_BOOL = ["logicalNot", "isNan", "isInf", "isFinite"] as const;
export const BINARY = ["add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "floorDivide", "mod", "atan2"] as const; // prettier-ignore
/** Of the binary ones: those that make floats of integers. */
export const FLOAT_BINARY: ReadonlySet<string> = new Set(["divide", "atan2"]);
export const COMPARE = ["equal", "notEqual", "less", "lessEqual", "greater", "greaterEqual", "logicalAnd", "logicalOr", "logicalXor"] as const; // prettier-ignore
export const REDUCE = ["sum", "mean", "prod", "max", "min"] as const;
export const REDUCE_BOOL = ["any", "all"] as const;
export const ARG_REDUCE = ["argmax", "argmin"] as const;

type UnaryOps = { [K in (typeof UNARY)[number] | (typeof UNARY_BOOL)[number]]: (x: Sym) => Sym };
type BinaryOps = {
  [K in (typeof BINARY)[number] | (typeof COMPARE)[number]]: (a: Sym | number, b: Sym | number) => Sym;
};
/** Without `axes`: over all of them. */
type ReduceOps = {
  [K in (typeof REDUCE)[number] | (typeof REDUCE_BOOL)[number]]: (
    x: Sym,
    axes?: readonly number[] | null,
    keepdims?: boolean,
  ) => Sym;
};
type ArgReduceOps = { [K in (typeof ARG_REDUCE)[number]]: (x: Sym, axis: number, keepdims?: boolean) => Sym };

export interface Ops extends UnaryOps, BinaryOps, ReduceOps, ArgReduceOps {
  constant(value: number | boolean, dtype: DType): Sym;
  /** A small constant array, row-major. */
  array(values: readonly number[], shape: readonly number[], dtype: DType): Sym;
  full(shape: readonly Size[], value: number, dtype: DType): Sym;
  /** 0, 1 … length-1. */
  iota(length: Size, dtype: DType): Sym;
  cast(x: Sym, dtype: DType): Sym;
  where(condition: Sym, a: Sym | number, b: Sym | number): Sym;
  /** One entry may be -1. */
  reshape(x: Sym, shape: readonly Size[]): Sym;
  expandDims(x: Sym, axes: readonly number[]): Sym;
  /** `longer`: axes of unknown length that must not turn out to be of length 1. */
  squeeze(x: Sym, axes: readonly number[], longer?: readonly number[]): Sym;
  transpose(x: Sym, perm: readonly number[]): Sym;
  broadcastTo(x: Sym, shape: readonly Size[]): Sym;
  slice(x: Sym, ranges: readonly SliceRange[]): Sym;
  /** Element `index` of an axis, which goes away. */
  take(x: Sym, axis: number, index: number): Sym;
  concat(x: readonly Sym[], axis: number): Sym;
  stack(x: readonly Sym[], axis: number): Sym;
  /** `amounts`: [before, after] for every axis. */
  pad(x: Sym, amounts: readonly (readonly [number, number])[], value?: number): Sym;
  reverse(x: Sym, axes: readonly number[]): Sym;
  /** Each element `times` times in a row: np.repeat. */
  repeat(x: Sym, axis: number, times: number): Sym;
  tile(x: Sym, repeats: readonly number[]): Sym;
  /** Rows of `table` along `axis` at integer `indices`; an index outside is refused when run. */
  gather(table: Sym, indices: Sym, axis: number): Sym;
  cumsum(x: Sym, axis: number, reverse?: boolean): Sym;
  /** Numbers from large to small along the last axis. */
  sort(x: Sym, axis: number, descending?: boolean): Sym;
  /** a[..., M, K] · b[..., K, N], leading axes broadcast. */
  matmul(a: Sym, b: Sym, options?: { transposeA?: boolean; transposeB?: boolean }): Sym;
  /** kernel[...spatial, Cin / groups, Cout]; bias[Cout]. */
  conv(x: Sym, kernel: Sym, bias: Sym | undefined, attrs: ConvAttrs): Sym;
  /** kernel[...spatial, Cout, Cin]; bias[Cout]. */
  convTranspose(x: Sym, kernel: Sym, bias: Sym | undefined, attrs: ConvTransposeAttrs): Sym;
  pool(x: Sym, attrs: PoolAttrs): Sym;
  resize(x: Sym, attrs: ResizeAttrs): Sym;
  // Composites
  softmax(x: Sym, axes: readonly number[]): Sym;
  activation(x: Sym, spec: ActivationSpec): Sym;
  /** (x - mean) / sqrt(variance + epsilon) * gamma + beta along `axis`; gamma and beta may be missing. */
  batchNorm(
    x: Sym,
    mean: Sym,
    variance: Sym,
    gamma: Sym | undefined,
    beta: Sym | undefined,
    attrs: { axis: number; epsilon: number },
  ): Sym;
  layerNorm(
    x: Sym,
    gamma: Sym | undefined,
    beta: Sym | undefined,
    attrs: { axes: readonly number[]; epsilon: number; rms: boolean },
  ): Sym;
  /** One step of an LSTM, gates i f c o: x[B, D], h[B, U], c[B, U], kernel[D, 4U], recurrent[U, 4U], bias[4U] → h, c. */
  lstmCell(
    x: Sym,
    h: Sym,
    c: Sym,
    kernel: Sym,
    recurrent: Sym,
    bias: Sym | undefined,
    attrs: CellAttrs,
  ): readonly [Sym, Sym];
  /** One step of a GRU, gates z r h: kernel[D, 3U], recurrent[U, 3U], bias[3U] or, with resetAfter, [2, 3U] → h. */
  gruCell(
    x: Sym,
    h: Sym,
    kernel: Sym,
    recurrent: Sym,
    bias: Sym | undefined,
    attrs: CellAttrs & { resetAfter: boolean },
  ): Sym;
  /** h' = activation(x·kernel + bias + h·recurrent) → h. */
  simpleRnnCell(
    x: Sym,
    h: Sym,
    kernel: Sym,
    recurrent: Sym,
    bias: Sym | undefined,
    attrs: { activation: ActivationSpec },
  ): Sym;
  /** As lstmCell with convolutions; `conv` is that of the input, the recurrent one has stride 1 and keeps the size (default `same`). */
  convLstmCell(
    x: Sym,
    h: Sym,
    c: Sym,
    kernel: Sym,
    recurrent: Sym,
    bias: Sym | undefined,
    attrs: CellAttrs & { conv: ConvAttrs; recurrentPadding?: Padding },
  ): readonly [Sym, Sym];
}

export interface CellAttrs {
  readonly activation: ActivationSpec;
  readonly recurrentActivation: ActivationSpec;
}

export interface Emitter {
  emit(op: string, x: readonly Sym[], attrs?: Attrs, body?: Graph): readonly Sym[];
  constant(values: readonly number[], shape: readonly number[], dtype: DType): Sym;
}

/** Activations that Keras on TensorFlow computes of integers as floats; it refuses the others, but for `relu`. */
const MAKES_FLOATS: ReadonlySet<string> = new Set(["exponential", "tanh", "leaky_relu"]);

const makesFloats = (fn: string, dtype: DType): boolean =>
  MAKES_FLOATS.has(fn) && (fn !== "leaky_relu" || dtype !== "bool");

const FLOAT_RANK: readonly DType[] = ["float16", "bfloat16", "float32", "float64"];

/** The dtype of an operation on both: bool < integers < floats, the wider of a kind. */
export function promote(a: DType, b: DType): DType {
  if (a === b) return a;
  if (isFloat(a) !== isFloat(b)) return isFloat(a) ? a : b;
  if (isFloat(a)) {
    if ((a === "float16" && b === "bfloat16") || (a === "bfloat16" && b === "float16")) return "float32";
    return FLOAT_RANK.indexOf(a) > FLOAT_RANK.indexOf(b) ? a : b;
  }
  if (a === "bool") return b;
  if (b === "bool") return a;
  const width = (d: DType) => Number(/\d+/.exec(d)![0]);
  const signed = (d: DType) => d.startsWith("int");
  if (signed(a) === signed(b)) return width(a) > width(b) ? a : b;
  const [s, u] = signed(a) ? [a, b] : [b, a];
  if (width(s) > width(u)) return s;
  return width(u) === 64 ? "float32" : (`int${width(u) * 2}` as DType);
}

/** A Python scalar beside a tensor of `dtype`: takes its dtype, but a fraction beside integers makes float32. */
function scalarDType(value: number, dtype: DType): DType {
  if (isFloat(dtype)) return dtype;
  return Number.isInteger(value) ? (dtype === "bool" ? "int32" : dtype) : "float32";
}

/** What small integers are added up in. Source: keras/src/backend/tensorflow/numpy.py (`sum`, `prod`). */
const SUMMED: { readonly [D in DType]?: DType } = {
  int8: "int32",
  int16: "int32",
  uint8: "uint32",
  uint16: "uint32",
};

/** The operations over an emitter (the tracer, or a composite's expansion). */
export function makeOps(e: Emitter): Ops {
  const one = (op: string, x: readonly Sym[], attrs?: Attrs): Sym => e.emit(op, x, attrs)[0]!;
  const cast = (x: Sym, dtype: DType): Sym => (x.dtype === dtype ? x : one("cast", [x], { dtype }));
  const pair = (a: Sym | number, b: Sym | number): [Sym, Sym] => {
    if (typeof a === "number" && typeof b === "number")
      return [e.constant([a], [], "float32"), e.constant([b], [], "float32")];
    if (typeof a === "number") {
      const d = scalarDType(a, (b as Sym).dtype);
      return [e.constant([a], [], d), cast(b as Sym, d)];
    }
    if (typeof b === "number") {
      const d = scalarDType(b, a.dtype);
      return [cast(a, d), e.constant([b], [], d)];
    }
    const dtype = promote(a.dtype, b.dtype);
    return [cast(a, dtype), cast(b, dtype)];
  };
  const floating = (x: Sym): Sym => (isFloat(x.dtype) ? x : cast(x, "float32"));
  const present = (x: readonly (Sym | undefined)[]): Sym[] => x.filter((s) => s !== undefined);
  const ops: Record<string, unknown> = {};
  for (const name of UNARY)
    ops[name] = (x: Sym) => one(name, [KEEPS_INTEGERS.has(name) && isInteger(x.dtype) ? x : floating(x)]);
  for (const name of UNARY_BOOL) ops[name] = (x: Sym) => one(name, [name === "logicalNot" ? cast(x, "bool") : x]);
  for (const name of BINARY) {
    ops[name] = (a: Sym | number, b: Sym | number) => {
      const whole = [a, b].every((x) => typeof x === "number" || !isFloat(x.dtype));
      const side = (x: Sym | number) => (FLOAT_BINARY.has(name) && whole && typeof x !== "number" ? floating(x) : x);
      return one(name, pair(side(a), side(b)));
    };
  }
  for (const name of COMPARE) {
    ops[name] = (a: Sym | number, b: Sym | number) => {
      const [p, q] = pair(a, b);
      return name.startsWith("logical") ? one(name, [cast(p, "bool"), cast(q, "bool")]) : one(name, [p, q]);
    };
  }
  const axesOf = (x: Sym, axes?: readonly number[] | null): number[] =>
    (axes ?? x.shape.map((_, i) => i)).map((a) => (a < 0 ? a + x.shape.length : a));
  for (const name of REDUCE) {
    ops[name] = (x: Sym, axes?: readonly number[] | null, keepdims = false) => {
      const adds = name === "sum" || name === "prod";
      const input =
        name === "mean" ? floating(x) : cast(x, (adds && SUMMED[x.dtype]) || (x.dtype === "bool" ? "int32" : x.dtype));
      return one(name, [input], { axes: axesOf(x, axes), keepdims });
    };
  }
  for (const name of REDUCE_BOOL) {
    ops[name] = (x: Sym, axes?: readonly number[] | null, keepdims = false) =>
      one(name, [cast(x, "bool")], { axes: axesOf(x, axes), keepdims });
  }
  for (const name of ARG_REDUCE) {
    ops[name] = (x: Sym, axis: number, keepdims = false) => one(name, [x], { axis: axesOf(x, [axis])[0]!, keepdims });
  }
  const own: Omit<Ops, keyof UnaryOps | keyof BinaryOps | keyof ReduceOps | keyof ArgReduceOps> = {
    constant: (value, dtype) => e.constant([Number(value)], [], dtype),
    array: (values, shape, dtype) => e.constant(values, shape, dtype),
    full: (shape, value, dtype) => one("full", [], { shape, value, dtype }),
    iota: (length, dtype) => one("iota", [], { length, dtype }),
    cast,
    where: (condition, a, b) => one("where", [cast(condition, "bool"), ...pair(a, b)]),
    reshape: (x, shape) => one("reshape", [x], { shape }),
    expandDims: (x, axes) =>
      one("expandDims", [x], {
        axes: axes.map((a) => (a < 0 ? a + x.shape.length + axes.length : a)).sort((a, b) => a - b),
      }),
    squeeze: (x, axes, longer = []) =>
      one("squeeze", [x], { axes: axesOf(x, axes), ...(longer.length > 0 && { longer }) }),
    transpose: (x, perm) => one("transpose", [x], { perm: axesOf(x, perm) }),
    broadcastTo: (x, shape) => one("broadcastTo", [x], { shape }),
    slice: (x, ranges) => one("slice", [x], { ranges: ranges.map((r) => ({ ...r, axis: axesOf(x, [r.axis])[0]! })) }),
    take: (x, axis, index) =>
      own.squeeze(own.slice(x, [{ axis, start: index, stop: index === -1 ? null : index + 1, step: 1 }]), [axis]),
    concat: (x, axis) => {
      const dtype = x.map((s) => s.dtype).reduce(promote);
      return one(
        "concat",
        x.map((s) => cast(s, dtype)),
        { axis: axesOf(x[0]!, [axis])[0]! },
      );
    },
    stack: (x, axis) => {
      const at = axis < 0 ? axis + x[0]!.shape.length + 1 : axis;
      return own.concat(
        x.map((s) => own.expandDims(s, [at])),
        at,
      );
    },
    pad: (x, amounts, value = 0) => one("pad", [x], { amounts, value }),
    reverse: (x, axes) => one("reverse", [x], { axes: axesOf(x, axes) }),
    repeat: (x, axis, times) => one("repeat", [x], { axis: axesOf(x, [axis])[0]!, times }),
    tile: (x, repeats) => one("tile", [x], { repeats }),
    gather: (table, indices, axis) => one("gather", [table, indices], { axis: axesOf(table, [axis])[0]! }),
    cumsum: (x, axis, reverse = false) => one("cumsum", [x], { axis: axesOf(x, [axis])[0]!, reverse }),
    sort: (x, axis, descending = false) => one("sort", [x], { axis: axesOf(x, [axis])[0]!, descending }),
    matmul: (a, b, o = {}) => {
      const [p, q] = pair(a, b);
      return one("matmul", [p, q], { transposeA: o.transposeA ?? false, transposeB: o.transposeB ?? false });
    },
    conv: (x, kernel, bias, attrs) => one("conv", present([x, kernel, bias]), { ...attrs }),
    convTranspose: (x, kernel, bias, attrs) => one("convTranspose", present([x, kernel, bias]), { ...attrs }),
    pool: (x, attrs) => one("pool", [x], { ...attrs }),
    resize: (x, attrs) => {
      const whole = attrs.method === "nearest" || x.dtype === "uint32" || !isInteger(x.dtype);
      return one("resize", [whole ? x : floating(x)], { ...attrs });
    },
    softmax: (x, axes) => one("softmax", [x], { axes: axesOf(x, axes) }),
    activation: (x, spec) =>
      spec.fn === "linear" ? x : one("activation", [makesFloats(spec.fn, x.dtype) ? floating(x) : x], { ...spec }),
    batchNorm: (x, mean, variance, gamma, beta, attrs) =>
      one("batchNorm", present([floating(x), mean, variance, gamma, beta]), {
        ...attrs,
        scale: gamma !== undefined,
        center: beta !== undefined,
      }),
    layerNorm: (x, gamma, beta, attrs) =>
      one("layerNorm", present([floating(x), gamma, beta]), {
        ...attrs,
        scale: gamma !== undefined,
        center: beta !== undefined,
      }),
    lstmCell: (x, h, c, kernel, recurrent, bias, a) => {
      const [h1, c1] = e.emit("lstmCell", present([cast(x, kernel.dtype), h, c, kernel, recurrent, bias]), {
        ...a,
        useBias: bias !== undefined,
      });
      return [h1!, c1!];
    },
    gruCell: (x, h, kernel, recurrent, bias, a) =>
      one("gruCell", present([cast(x, kernel.dtype), h, kernel, recurrent, bias]), {
        ...a,
        useBias: bias !== undefined,
      }),
    simpleRnnCell: (x, h, kernel, recurrent, bias, a) =>
      one("simpleRnnCell", present([cast(x, kernel.dtype), h, kernel, recurrent, bias]), {
        ...a,
        useBias: bias !== undefined,
      }),
    convLstmCell: (x, h, c, kernel, recurrent, bias, a) => {
      const attrs = { ...a, conv: { ...a.conv }, useBias: bias !== undefined };
      const [h1, c1] = e.emit("convLstmCell", present([x, h, c, kernel, recurrent, bias]), attrs);
      return [h1!, c1!];
    },
  };
  return Object.assign(ops, own) as unknown as Ops;
}
