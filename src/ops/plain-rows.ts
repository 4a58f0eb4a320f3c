/** What plain operations emit: dtypes promoted as in Keras 3, Python scalars weakly. */
import { type DType, isFloat, isInteger } from "../core/dtype.ts";
import type { PlainOps } from "./plain-ops.ts";
import { promote } from "./promote.ts";
import {
  ARG_REDUCE,
  type AttrsOf,
  BINARY,
  COMPARE,
  FLOAT_BINARY,
  type In,
  KEEPS_INTEGERS,
  type OpName,
  type Out,
  REDUCE,
  REDUCE_BOOL,
  UNARY,
  UNARY_BOOL,
} from "./signatures.ts";
import type { Graph, Sym } from "./types.ts";

/** Where operations go: the tracer, or a composite's expansion. */
export interface Emitter {
  emit<N extends OpName>(op: N, x: In<N, Sym>, attrs: AttrsOf<N>, body?: Graph): Out<N, Sym>;
  constant(values: readonly number[], shape: readonly number[], dtype: DType): Sym;
}

/** What each operation emits. */
export type Emits<T, E extends Emitter> = {
  readonly [Name in keyof T]: T[Name] extends (...args: infer Args) => infer Result
    ? (e: E, ...args: Args) => Result
    : never;
};

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

/** x in another dtype. */
export const cast = (e: Emitter, x: Sym, dtype: DType): Sym =>
  x.dtype === dtype ? x : e.emit("cast", { x }, { dtype }).y;
/** x, whole numbers as float32. */
export const floating = (e: Emitter, x: Sym): Sym => (isFloat(x.dtype) ? x : cast(e, x, "float32"));
/** Axes from the front; all of them by default. */
export const axesOf = (x: Sym, axes?: readonly number[] | null): number[] =>
  (axes ?? x.shape.map((_, i) => i)).map((a) => (a < 0 ? a + x.shape.length : a));

/** Two operands in the dtype that they promote to. */
export function pair(e: Emitter, a: Sym | number, b: Sym | number): [Sym, Sym] {
  if (typeof a === "number" && typeof b === "number")
    return [e.constant([a], [], "float32"), e.constant([b], [], "float32")];
  if (typeof a === "number") {
    const d = scalarDType(a, (b as Sym).dtype);
    return [e.constant([a], [], d), cast(e, b as Sym, d)];
  }
  if (typeof b === "number") {
    const d = scalarDType(b, a.dtype);
    return [cast(e, a, d), e.constant([b], [], d)];
  }
  const dtype = promote(a.dtype, b.dtype);
  return [cast(e, a, dtype), cast(e, b, dtype)];
}

/** What the plain operations emit. */
export function plainRows(): Emits<PlainOps, Emitter> {
  const rows: Record<string, unknown> = {};
  for (const name of UNARY)
    rows[name] = (e: Emitter, x: Sym) =>
      e.emit(name, { x: KEEPS_INTEGERS.has(name) && isInteger(x.dtype) ? x : floating(e, x) }, {}).y;
  // Products of integers keep their low bits.
  rows["square"] = (e: Emitter, x: Sym) =>
    isInteger(x.dtype) ? e.emit("multiply", { a: x, b: x }, {}).y : e.emit("square", { x: floating(e, x) }, {}).y;
  for (const name of UNARY_BOOL)
    rows[name] = (e: Emitter, x: Sym) => e.emit(name, { x: name === "logicalNot" ? cast(e, x, "bool") : x }, {}).y;
  for (const name of BINARY) {
    rows[name] = (e: Emitter, a: Sym | number, b: Sym | number) => {
      const whole = [a, b].every((x) => typeof x === "number" || !isFloat(x.dtype));
      const side = (x: Sym | number) => (FLOAT_BINARY.has(name) && whole && typeof x !== "number" ? floating(e, x) : x);
      const [p, q] = pair(e, side(a), side(b));
      return e.emit(name, { a: p, b: q }, {}).y;
    };
  }
  for (const name of COMPARE) {
    rows[name] = (e: Emitter, a: Sym | number, b: Sym | number) => {
      const [p, q] = pair(e, a, b);
      const sides = name.startsWith("logical") ? { a: cast(e, p, "bool"), b: cast(e, q, "bool") } : { a: p, b: q };
      return e.emit(name, sides, {}).y;
    };
  }
  for (const name of REDUCE) {
    rows[name] = (e: Emitter, x: Sym, axes?: readonly number[] | null, keepdims = false, nothing = false) => {
      const adds = name === "sum" || name === "prod";
      const dtype = (adds && SUMMED[x.dtype]) || (x.dtype === "bool" ? "int32" : x.dtype);
      const input = name === "mean" ? floating(e, x) : cast(e, x, dtype);
      const along = axesOf(x, axes);
      const mayLack = nothing && along.some((axis) => typeof x.shape[axis] !== "number" || x.shape[axis] === 0);
      return e.emit(name, { x: input }, { axes: along, keepdims, ...(mayLack && { nothing }) }).y;
    };
  }
  for (const name of REDUCE_BOOL) {
    rows[name] = (e: Emitter, x: Sym, axes?: readonly number[] | null, keepdims = false) =>
      e.emit(name, { x: cast(e, x, "bool") }, { axes: axesOf(x, axes), keepdims }).y;
  }
  for (const name of ARG_REDUCE) {
    rows[name] = (e: Emitter, x: Sym, axis: number, keepdims = false) =>
      e.emit(name, { x }, { axis: axesOf(x, [axis])[0]!, keepdims }).y;
  }
  return rows as unknown as Emits<PlainOps, Emitter>;
}
