/**
 * What each operation takes and gives, by name: plain data, from which follow by type what the tracer emits, the records
 * that shape rules, reference arithmetic, expansions and engines get, and which tables must have an entry for it.
 *
 * To add an operation: a line here; the compiler then asks for its rule in `src/ops/`, and for a primitive in every
 * `Total` table.
 */
import type { DType } from "../core/dtype.ts";
import type {
  ActivationSpec,
  CallersFunction,
  CellAttrs,
  ConvAttrs,
  ConvLstmAttrs,
  ConvTransposeAttrs,
  PoolAttrs,
  ResizeAttrs,
  SliceRange,
  TextAttrs,
} from "./attributes.ts";
import type { Size } from "./size.ts";

/** Numbers to numbers, element by element. */
export const UNARY = [
  "negative", "abs", "sign", "exp", "expm1", "log", "log1p", "sqrt", "rsqrt", "square", "reciprocal",
  "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
  "sigmoid", "erf", "erfc", "floor", "ceil", "round",
] as const; // prettier-ignore
/** Of the unary ones: those that leave integers integers. */
export const KEEPS_INTEGERS: ReadonlySet<string> = new Set(["negative", "abs", "sign", "square", "floor", "ceil", "round"]); // prettier-ignore
/** Anything to bools, element by element. */
export const UNARY_BOOL = ["logicalNot", "isNan", "isInf", "isFinite"] as const;
/** Two numbers to one, element by element; operands broadcast. */
export const BINARY = ["add", "subtract", "multiply", "divide", "power", "maximum", "minimum", "floorDivide", "mod", "atan2"] as const; // prettier-ignore
/** Of the binary ones: those that make floats of integers. */
export const FLOAT_BINARY: ReadonlySet<string> = new Set(["divide", "atan2"]);
/** Two elements to a bool; operands broadcast. */
export const COMPARE = ["equal", "notEqual", "less", "lessEqual", "greater", "greaterEqual", "logicalAnd", "logicalOr", "logicalXor"] as const; // prettier-ignore
/** Many numbers along axes to one. */
export const REDUCE = ["sum", "mean", "prod", "max", "min"] as const;
/** Many bools along axes to one. */
export const REDUCE_BOOL = ["any", "all"] as const;
/** Many numbers along an axis to the place of one. */
export const ARG_REDUCE = ["argmax", "argmin"] as const;

/**
 * `primitive`: has arithmetic of its own, which every engine must have. `composite`: spelt out in others where an engine
 * does not take it whole. `loop`: runs its node's body. `host`: done with texts, before or after an engine.
 */
export type Kind = "primitive" | "composite" | "loop" | "host";

/** One value, one or none, or any number of them. */
export type Arity = "tensor" | "optional" | "list";

interface Signature {
  readonly kind: Kind;
  /** Operands in their order. */
  readonly in: Readonly<Record<string, Arity>>;
  /** Outputs in their order. */
  readonly out: Readonly<Record<string, "tensor" | "list">>;
}

/** A signature and, in the type alone, its attributes. */
type With<A, S> = S & { readonly attrs?: A };

const has =
  <A = unknown>() =>
  <const S extends Signature>(signature: S): With<A, S> =>
    signature;

const each = <const N extends string, S>(names: readonly N[], signature: S): { readonly [K in N]: S } =>
  Object.fromEntries(names.map((name) => [name, signature])) as { readonly [K in N]: S };

type Axis = { readonly axis: number };
type Axes = { readonly axes: readonly number[] };

const unary = has()({ kind: "primitive", in: { x: "tensor" }, out: { y: "tensor" } });
const binary = has()({ kind: "primitive", in: { a: "tensor", b: "tensor" }, out: { y: "tensor" } });
/** Over `axes`, counted from the front. Of no elements max and min are refused, or -∞ and ∞ with `nothing`. */
const fold = has<Axes & { keepdims: boolean; nothing?: true }>()({
  kind: "primitive",
  in: { x: "tensor" },
  out: { y: "tensor" },
});
/** An index along an axis; the first of equals. */
const argFold = has<Axis & { keepdims: boolean }>()({ kind: "primitive", in: { x: "tensor" }, out: { y: "tensor" } });
/** One value in, one out, with attributes. */
const on = <A>() => has<A>()({ kind: "primitive", in: { x: "tensor" }, out: { y: "tensor" } });
const made = <A>() => has<A>()({ kind: "primitive", in: {}, out: { y: "tensor" } });

/** Dtypes whose bits are looked at. */
type Word = "float32" | "float64" | "int32";

/** Every operation by name. */
export const SIGNATURES = {
  ...each(UNARY, unary),
  ...each(UNARY_BOOL, unary),
  ...each(BINARY, binary),
  ...each(COMPARE, binary),
  ...each(REDUCE, fold),
  ...each(REDUCE_BOOL, fold),
  ...each(ARG_REDUCE, argFold),
  full: made<{ shape: readonly Size[]; value: number; dtype: DType }>(),
  /** 0, 1 … length - 1. */
  iota: made<{ length: Size; dtype: DType }>(),
  /** Even in [0, 1), of a seed. */
  random: has<{ shape: readonly Size[]; stream: number; dtype: DType }>()({
    kind: "primitive",
    in: { seed: "tensor" },
    out: { y: "tensor" },
  }),
  /** `rounded`: by engines of more digits too. */
  cast: on<{ dtype: DType; rounded?: true }>(),
  /**
   * The same bits as numbers of another dtype: float32 and int32 are each other's, float64 is two int32 in a new last axis,
   * the lower one first.
   */
  bitcast: on<{ from: Word; dtype: Word }>(),
  where: has()({ kind: "primitive", in: { condition: "tensor", a: "tensor", b: "tensor" }, out: { y: "tensor" } }),
  reshape: on<{ shape: readonly Size[] }>(),
  expandDims: on<Axes>(),
  squeeze: on<Axes & { longer?: readonly number[] }>(),
  transpose: on<{ perm: readonly number[] }>(),
  broadcastTo: on<{ shape: readonly Size[] }>(),
  slice: on<{ ranges: readonly SliceRange[] }>(),
  reverse: on<Axes>(),
  concat: has<Axis>()({ kind: "primitive", in: { xs: "list" }, out: { y: "tensor" } }),
  pad: on<{ amounts: readonly (readonly [number, number])[]; value: number }>(),
  repeat: on<Axis & { times: number }>(),
  tile: on<{ repeats: readonly number[] }>(),
  gather: has<Axis>()({ kind: "primitive", in: { table: "tensor", indices: "tensor" }, out: { y: "tensor" } }),
  /** Zeros to which slices along `axis`, of which there are `length`, are added at indices: what gather is turned around. */
  scatterAdd: has<Axis & { length: Size }>()({
    kind: "primitive",
    in: { indices: "tensor", updates: "tensor" },
    out: { y: "tensor" },
  }),
  cumsum: on<Axis & { reverse: boolean }>(),
  sort: on<Axis & { descending: boolean }>(),
  argsort: on<Axis & { descending: boolean }>(),
  matmul: has<{ transposeA: boolean; transposeB: boolean }>()({
    kind: "primitive",
    in: { a: "tensor", b: "tensor" },
    out: { y: "tensor" },
  }),
  conv: has<ConvAttrs>()({
    kind: "primitive",
    in: { x: "tensor", kernel: "tensor", bias: "optional" },
    out: { y: "tensor" },
  }),
  convTranspose: has<ConvTransposeAttrs>()({
    kind: "primitive",
    in: { x: "tensor", kernel: "tensor", bias: "optional" },
    out: { y: "tensor" },
  }),
  pool: on<PoolAttrs>(),
  resize: on<ResizeAttrs>(),

  /** `emit(cx, { xs, attrs })` spells it out once lengths are known; outputs are `like` operands, by their numbers. */
  late: has<{ emit: CallersFunction; like: readonly number[]; attrs: object }>()({
    kind: "composite",
    in: { xs: "list" },
    out: { ys: "list" },
  }),
  stopGradient: has<object>()({ kind: "composite", in: { x: "tensor" }, out: { y: "tensor" } }),
  softmax: has<Axes>()({ kind: "composite", in: { x: "tensor" }, out: { y: "tensor" } }),
  activation: has<ActivationSpec>()({ kind: "composite", in: { x: "tensor" }, out: { y: "tensor" } }),
  batchNorm: has<Axis & { epsilon: number }>()({
    kind: "composite",
    in: { x: "tensor", mean: "tensor", variance: "tensor", gamma: "optional", beta: "optional" },
    out: { y: "tensor" },
  }),
  layerNorm: has<Axes & { epsilon: number; rms: boolean }>()({
    kind: "composite",
    in: { x: "tensor", gamma: "optional", beta: "optional" },
    out: { y: "tensor" },
  }),
  lstmCell: has<CellAttrs>()({
    kind: "composite",
    in: { x: "tensor", h: "tensor", c: "tensor", kernel: "tensor", recurrent: "tensor", bias: "optional" },
    out: { h: "tensor", c: "tensor" },
  }),
  gruCell: has<CellAttrs & { resetAfter: boolean }>()({
    kind: "composite",
    in: { x: "tensor", h: "tensor", kernel: "tensor", recurrent: "tensor", bias: "optional" },
    out: { h: "tensor" },
  }),
  simpleRnnCell: has<{ activation: ActivationSpec }>()({
    kind: "composite",
    in: { x: "tensor", h: "tensor", kernel: "tensor", recurrent: "tensor", bias: "optional" },
    out: { h: "tensor" },
  }),
  convLstmCell: has<ConvLstmAttrs>()({
    kind: "composite",
    in: { x: "tensor", h: "tensor", c: "tensor", kernel: "tensor", recurrent: "tensor", bias: "optional" },
    out: { h: "tensor", c: "tensor" },
  }),
  /**
   * The loop of a recurrent layer, body [x_t, ...states] → [y_t, ...states]: y of every step in the order in which they
   * are done, the last y, the last states; time is `axis` of x and of the sequence.
   */
  rnn: has<{ axis: 0 | 1; goBackwards: boolean; zeroOutputForMask: boolean }>()({
    kind: "composite",
    in: { x: "tensor", mask: "optional", states: "list", captured: "list" },
    out: { sequence: "tensor", last: "tensor", states: "list" },
  }),
  /** The loop, body [...carries, ...slices] → [...carries, ...ys]: the xs are cut and the ys stacked along `axis`. */
  scan: has<Axis>()({
    kind: "loop",
    in: { init: "list", xs: "list", captured: "list" },
    out: { carries: "list", ys: "list" },
  }),
  /** What is done with texts. */
  text: has<TextAttrs>()({ kind: "host", in: { xs: "list" }, out: { y: "tensor" } }),
} as const;

/** The name of an operation. */
export type OpName = keyof typeof SIGNATURES;
type NamesOf<K extends Kind> = { [N in OpName]: (typeof SIGNATURES)[N]["kind"] extends K ? N : never }[OpName];
/** The name of an operation with arithmetic of its own. */
export type PrimitiveName = NamesOf<"primitive">;
/** The name of an operation that others spell out. */
export type CompositeName = NamesOf<"composite">;
/** Primitives that compute each element from the elements at the same place. */
export type ElementwiseName =
  | (typeof UNARY)[number]
  | (typeof UNARY_BOOL)[number]
  | (typeof BINARY)[number]
  | (typeof COMPARE)[number]
  | "cast"
  | "where";

type Filled<R, T> = {
  readonly [K in keyof R]: R[K] extends "list" ? readonly T[] : R[K] extends "optional" ? T | null : T;
};
/** The operands of an operation by name, each a `T` (a value, its shape, its dtype …); null where one is absent. */
export type In<N extends OpName, T> = Filled<(typeof SIGNATURES)[N]["in"], T>;
/** The outputs of an operation by name. */
export type Out<N extends OpName, T> = Filled<(typeof SIGNATURES)[N]["out"], T>;
/** The attributes of an operation. */
export type AttrsOf<N extends OpName> = NonNullable<(typeof SIGNATURES)[N]["attrs"]>;

/** One entry for every primitive and, where it has something to say, for a composite: what a consumer of operations is. */
export type Total<F extends { readonly [N in OpName]: unknown }> = { readonly [N in PrimitiveName]: F[N] } & {
  readonly [N in CompositeName]?: F[N];
};

/** Operands or outputs of any operation, in the order of its signature. */
export type Slots<T> = { readonly [name: string]: T | null | readonly T[] };
