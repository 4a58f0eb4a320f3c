/**
 * The vocabulary in which layers and composites are written: one typed function per operation, which emits a node
 * through the tracer and returns its outputs. Python scalars promote weakly, as in Keras: `add(x, 1)` keeps x's dtype.
 */
import { type DType, isInteger } from "../core/dtype.ts";
import type {
  ActivationSpec,
  CellAttrs,
  ConvAttrs,
  ConvLstmAttrs,
  ConvTransposeAttrs,
  PoolAttrs,
  ResizeAttrs,
  SliceRange,
  TextAttrs,
} from "./attributes.ts";
import { refusing } from "./operands.ts";
import type { PlainOps } from "./plain-ops.ts";
import { promote } from "./promote.ts";
import { axesOf, cast, type Emitter, floating, pair, plainRows, type Emits } from "./plain-rows.ts";
import type { Graph, Size, Sym } from "./types.ts";

type LstmStep<A> = (
  x: Sym,
  h: Sym,
  c: Sym,
  kernel: Sym,
  recurrent: Sym,
  bias: Sym | null | undefined,
  attrs: A,
) => readonly [Sym, Sym];

/**
 * What a layer's forward may emit: each function adds an operation to the graph and gives its output. Dtypes are
 * promoted as in Keras 3; throws `mismatch/*` and `unsupported/dtype` for operands that do not fit.
 */
export interface Ops extends PlainOps {
  /** One number, of no axes. */
  constant(value: number | boolean, dtype: DType): Sym;
  /** A small constant array, row-major. */
  array(values: readonly number[], shape: readonly number[], dtype: DType): Sym;
  /** A value everywhere. */
  full(shape: readonly Size[], value: number, dtype: DType): Sym;
  /** 0, 1 … length-1. */
  iota(length: Size, dtype: DType): Sym;
  /** The same values in another dtype. */
  cast(x: Sym, dtype: DType): Sym;
  /** The same bits as float32, float64 or int32: of float64 a last axis of 2 int32, the lower one first. */
  bitcast(x: Sym, dtype: "float32" | "float64" | "int32"): Sym;
  /** As the dtype of x holds it, whatever an engine computes in: where Keras counts on digits that are lost. */
  rounded(x: Sym): Sym;
  /** `a` where the condition holds, `b` elsewhere. */
  where(condition: Sym, a: Sym | number, b: Sym | number): Sym;
  /** One entry may be -1. */
  reshape(x: Sym, shape: readonly Size[]): Sym;
  /** New axes of length 1, at these places of the result. */
  expandDims(x: Sym, axes: readonly number[]): Sym;
  /** `longer`: axes of unknown length that must not turn out to be of length 1. */
  squeeze(x: Sym, axes: readonly number[], longer?: readonly number[]): Sym;
  /** The axes in another order. */
  transpose(x: Sym, perm: readonly number[]): Sym;
  /** Repeated along axes of length 1, as NumPy does. */
  broadcastTo(x: Sym, shape: readonly Size[]): Sym;
  /** Parts of axes, as Python slices them. */
  slice(x: Sym, ranges: readonly SliceRange[]): Sym;
  /** Element `index` of an axis, which goes away. */
  take(x: Sym, axis: number, index: number): Sym;
  /** Joined along an axis. */
  concat(x: readonly Sym[], axis: number): Sym;
  /** Joined along a new axis. */
  stack(x: readonly Sym[], axis: number): Sym;
  /** `amounts`: [before, after] for every axis. */
  pad(x: Sym, amounts: readonly (readonly [number, number])[], value?: number): Sym;
  /** Backward along axes. */
  reverse(x: Sym, axes: readonly number[]): Sym;
  /** Each element `times` times in a row: np.repeat. */
  repeat(x: Sym, axis: number, times: number): Sym;
  /** All of it repeated along each axis. */
  tile(x: Sym, repeats: readonly number[]): Sym;
  /** Rows of `table` along `axis` at integer `indices`; an index outside is refused when run. */
  gather(table: Sym, indices: Sym, axis: number): Sym;
  /** Zeros, `length` along `axis`, with the slices of `updates` added at integer `indices`; one outside is refused when run. */
  scatterAdd(indices: Sym, updates: Sym, axis: number, length: Size): Sym;
  /** Even in [0, 1), a function of an integer, the seed, and of the number of the stream. */
  random(seed: Sym, shape: readonly Size[], stream: number, dtype: DType): Sym;
  /** Sums of all up to each place. */
  cumsum(x: Sym, axis: number, reverse?: boolean): Sym;
  /** Numbers from large to small along the last axis. */
  sort(x: Sym, axis: number, descending?: boolean): Sym;
  /** Where the elements stand, as int32: equal ones keep their order, NaN is beyond all numbers. */
  argsort(x: Sym, axis: number, descending?: boolean): Sym;
  /** a[..., M, K] · b[..., K, N], leading axes broadcast. */
  matmul(a: Sym, b: Sym, options?: { transposeA?: boolean; transposeB?: boolean }): Sym;
  /** kernel[...spatial, Cin / groups, Cout]; bias[Cout]. */
  conv(x: Sym, kernel: Sym, bias: Sym | null | undefined, attrs: ConvAttrs): Sym;
  /** kernel[...spatial, Cout, Cin]; bias[Cout]. */
  convTranspose(x: Sym, kernel: Sym, bias: Sym | null | undefined, attrs: ConvTransposeAttrs): Sym;
  /** The largest, or mean, of windows. */
  pool(x: Sym, attrs: PoolAttrs): Sym;
  /** Images in another size. */
  resize(x: Sym, attrs: ResizeAttrs): Sym;
  /** What layers do with texts. */
  text(x: readonly Sym[], attrs: TextAttrs): Sym;
  // Composites
  /** x, which no gradient flows through. */
  stopGradient(x: Sym): Sym;
  /** eˣ, divided by its sum over the axes. */
  softmax(x: Sym, axes: readonly number[]): Sym;
  /** One of Keras's activations, by name: `{ fn: "relu" }`. */
  activation(x: Sym, spec: ActivationSpec): Sym;
  /** (x - mean) / sqrt(variance + epsilon) * gamma + beta along `axis`; gamma and beta may be missing. */
  batchNorm(
    x: Sym,
    mean: Sym,
    variance: Sym,
    gamma: Sym | null | undefined,
    beta: Sym | null | undefined,
    attrs: { axis: number; epsilon: number },
  ): Sym;
  /** The same with mean and variance over `axes`; `rms` without a mean. */
  layerNorm(
    x: Sym,
    gamma: Sym | null | undefined,
    beta: Sym | null | undefined,
    attrs: { axes: readonly number[]; epsilon: number; rms: boolean },
  ): Sym;
  /** One step of an LSTM, gates i f c o: x[B, D], h[B, U], c[B, U], kernel[D, 4U], recurrent[U, 4U], bias[4U] → h, c. */
  lstmCell: LstmStep<CellAttrs>;
  /** One step of a GRU, gates z r h: kernel[D, 3U], recurrent[U, 3U], bias[3U] or, with resetAfter, [2, 3U] → h. */
  gruCell(
    x: Sym,
    h: Sym,
    kernel: Sym,
    recurrent: Sym,
    bias: Sym | null | undefined,
    attrs: CellAttrs & { resetAfter: boolean },
  ): Sym;
  /** h' = activation(x·kernel + bias + h·recurrent) → h. */
  simpleRnnCell(
    x: Sym,
    h: Sym,
    kernel: Sym,
    recurrent: Sym,
    bias: Sym | null | undefined,
    attrs: { activation: ActivationSpec },
  ): Sym;
  /** As lstmCell with convolutions; `conv` is that of the input, the recurrent one has stride 1 and keeps the size (default `same`). */
  convLstmCell: LstmStep<ConvLstmAttrs>;
}

/** What a composite may use to expand itself. */
export interface OpContext {
  /** The operations. */
  readonly op: Ops;
  /** The length of an axis: a number where known, else a reference that `resolve` fills in. Negative axes count from the end. */
  size(x: Sym, axis: number): Size;
  /** Emits a `scan`: `xs` are cut along `axis` (default 1), one slice a step; `ys` are stacked along it. */
  scan(
    init: readonly Sym[],
    xs: readonly Sym[],
    step: (carry: readonly Sym[], x: readonly Sym[]) => { carry: readonly Sym[]; ys: readonly Sym[] },
    options?: { axis?: number },
  ): { carry: readonly Sym[]; ys: readonly Sym[] };
  /** Emits a body's nodes here, its inputs replaced by `x` and its captures by `captured`; returns its outputs. */
  inline(body: Graph, x: readonly Sym[], captured: readonly Sym[]): readonly Sym[];
}

/** Activations that Keras on TensorFlow computes of whatever as floats; of integers it refuses the others, but for `relu` and what is leaky. */
const MAKES_FLOATS: ReadonlySet<string> = new Set(["exponential", "tanh"]);

/** A slope alone is what TensorFlow's `leaky_relu` does, which takes no bools. */
const isLeaky = (spec: ActivationSpec): boolean =>
  spec.fn === "leaky_relu" ||
  (spec.fn === "relu" &&
    (spec["negative_slope"] ?? 0) !== 0 &&
    (spec["threshold"] ?? 0) === 0 &&
    (spec["max_value"] ?? null) === null);

/** An axis that is the last, as it is without one, is left out. */
function alongLast(spec: ActivationSpec, { shape }: Sym): ActivationSpec {
  const { axis, ...others } = spec;
  return axis === -1 || axis === shape.length - 1 ? others : spec;
}

const makesFloats = (spec: ActivationSpec, dtype: DType): boolean =>
  isLeaky(spec) ? dtype !== "bool" : MAKES_FLOATS.has(spec.fn);

/** An emitter, and the operations over it. */
interface Over extends Emitter {
  readonly ops: Ops;
}

const OWN: Emits<Omit<Ops, keyof PlainOps>, Over> = {
  constant: (e, value, dtype) => e.constant([Number(value)], [], dtype),
  array: (e, values, shape, dtype) => e.constant(values, shape, dtype),
  full: (e, shape, value, dtype) => e.emit("full", {}, { shape, value, dtype }).y,
  iota: (e, length, dtype) => e.emit("iota", {}, { length, dtype }).y,
  cast,
  bitcast: (e, x, dtype) => e.emit("bitcast", { x }, { from: x.dtype as typeof dtype, dtype }).y,
  rounded: (e, x) => e.emit("cast", { x }, { dtype: x.dtype, rounded: true }).y,
  where: (e, condition, a, b) => {
    const [p, q] = pair(e, a, b);
    return e.emit("where", { condition: cast(e, condition, "bool"), a: p, b: q }, {}).y;
  },
  reshape: (e, x, shape) => e.emit("reshape", { x }, { shape }).y,
  expandDims: (e, x, axes) =>
    e.emit(
      "expandDims",
      { x },
      { axes: axes.map((a) => (a < 0 ? a + x.shape.length + axes.length : a)).sort((a, b) => a - b) },
    ).y,
  squeeze: (e, x, axes, longer = []) =>
    e.emit("squeeze", { x }, { axes: axesOf(x, axes), ...(longer.length > 0 && { longer }) }).y,
  transpose: (e, x, perm) => e.emit("transpose", { x }, { perm: axesOf(x, perm) }).y,
  broadcastTo: (e, x, shape) => e.emit("broadcastTo", { x }, { shape }).y,
  slice: (e, x, ranges) =>
    e.emit("slice", { x }, { ranges: ranges.map((r) => ({ ...r, axis: axesOf(x, [r.axis])[0]! })) }).y,
  take: (e, x, axis, index) =>
    e.ops.squeeze(e.ops.slice(x, [{ axis, start: index, stop: index === -1 ? null : index + 1, step: 1 }]), [axis]),
  concat: (e, x, axis) => {
    const dtype = x.map((s) => s.dtype).reduce(promote);
    return e.emit("concat", { xs: x.map((s) => cast(e, s, dtype)) }, { axis: axesOf(x[0]!, [axis])[0]! }).y;
  },
  stack: (e, x, axis) => {
    const at = axis < 0 ? axis + x[0]!.shape.length + 1 : axis;
    return e.ops.concat(
      x.map((s) => e.ops.expandDims(s, [at])),
      at,
    );
  },
  pad: (e, x, amounts, value = 0) => e.emit("pad", { x }, { amounts, value }).y,
  reverse: (e, x, axes) => e.emit("reverse", { x }, { axes: axesOf(x, axes) }).y,
  repeat: (e, x, axis, times) => e.emit("repeat", { x }, { axis: axesOf(x, [axis])[0]!, times }).y,
  tile: (e, x, repeats) => e.emit("tile", { x }, { repeats }).y,
  gather: (e, table, indices, axis) => e.emit("gather", { table, indices }, { axis: axesOf(table, [axis])[0]! }).y,
  scatterAdd: (e, indices, updates, axis, length) => e.emit("scatterAdd", { indices, updates }, { axis, length }).y,
  random: (e, seed, shape, stream, dtype) => e.emit("random", { seed }, { shape, stream, dtype }).y,
  cumsum: (e, x, axis, reverse = false) => e.emit("cumsum", { x }, { axis: axesOf(x, [axis])[0]!, reverse }).y,
  sort: (e, x, axis, descending = false) => e.emit("sort", { x }, { axis: axesOf(x, [axis])[0]!, descending }).y,
  argsort: (e, x, axis, descending = false) => e.emit("argsort", { x }, { axis: axesOf(x, [axis])[0]!, descending }).y,
  matmul: (e, a, b, o = {}) => {
    const [p, q] = pair(e, a, b);
    const { transposeA = false, transposeB = false } = o;
    return e.emit("matmul", { a: p, b: q }, { transposeA, transposeB }).y;
  },
  conv: (e, x, kernel, bias, attrs) => e.emit("conv", { x, kernel, bias: bias ?? null }, attrs).y,
  convTranspose: (e, x, kernel, bias, attrs) => e.emit("convTranspose", { x, kernel, bias: bias ?? null }, attrs).y,
  pool: (e, x, attrs) => e.emit("pool", { x }, attrs).y,
  resize: (e, x, attrs) => {
    const whole = attrs.method === "nearest" || x.dtype === "uint32" || !isInteger(x.dtype);
    return e.emit("resize", { x: whole ? x : floating(e, x) }, attrs).y;
  },
  text: (e, x, attrs) => e.emit("text", { xs: x }, attrs).y,
  stopGradient: (e, x) => e.emit("stopGradient", { x }, {}).y,
  softmax: (e, x, axes) => e.emit("softmax", { x }, { axes: axesOf(x, axes) }).y,
  activation: (e, x, spec) =>
    spec.apply !== undefined
      ? (spec.apply(e.ops as never, x as never) as Sym)
      : spec.fn === "linear"
        ? x
        : e.emit("activation", { x: makesFloats(spec, x.dtype) ? floating(e, x) : x }, alongLast(spec, x)).y,
  batchNorm: (e, x, mean, variance, gamma, beta, attrs) =>
    e.emit("batchNorm", { x: floating(e, x), mean, variance, gamma: gamma ?? null, beta: beta ?? null }, attrs).y,
  layerNorm: (e, x, gamma, beta, attrs) =>
    e.emit("layerNorm", { x: floating(e, x), gamma: gamma ?? null, beta: beta ?? null }, attrs).y,
  lstmCell: (e, x, h, c, kernel, recurrent, bias, attrs) => {
    const next = e.emit(
      "lstmCell",
      { x: cast(e, x, kernel.dtype), h, c, kernel, recurrent, bias: bias ?? null },
      attrs,
    );
    return [next.h, next.c];
  },
  gruCell: (e, x, h, kernel, recurrent, bias, attrs) =>
    e.emit("gruCell", { x: cast(e, x, kernel.dtype), h, kernel, recurrent, bias: bias ?? null }, attrs).h,
  simpleRnnCell: (e, x, h, kernel, recurrent, bias, attrs) =>
    e.emit("simpleRnnCell", { x: cast(e, x, kernel.dtype), h, kernel, recurrent, bias: bias ?? null }, attrs).h,
  convLstmCell: (e, x, h, c, kernel, recurrent, bias, attrs) => {
    const next = e.emit("convLstmCell", { x, h, c, kernel, recurrent, bias: bias ?? null }, attrs);
    return [next.h, next.c];
  },
};

/** Where the operations of one emitter are kept from. */
const EMITTER = Symbol("emitter");

/** Each operation is made when it is first asked for: a graph uses a few of them. */
const LAZY = Object.defineProperties(
  {},
  Object.fromEntries(
    Object.entries({ ...plainRows(), ...OWN }).map(([name, row]) => [
      name,
      {
        enumerable: true,
        get(this: Ops & { readonly [EMITTER]: Over }): unknown {
          const value = refusing(name, (row as (e: Over, ...args: unknown[]) => unknown).bind(null, this[EMITTER]));
          Object.defineProperty(this, name, { value });
          return value;
        },
      },
    ]),
  ),
);

/** The operations over an emitter (the tracer, or a composite's expansion). */
export function makeOps({ emit, constant }: Emitter): Ops {
  const ops = Object.create(LAZY) as Ops;
  return Object.defineProperty(ops, EMITTER, { value: { emit, constant, ops } satisfies Over });
}
