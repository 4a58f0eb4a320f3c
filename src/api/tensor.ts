/** Tensors as callers get them: plain values, typed by dtype, that can be read without counting places. */
import { type DataOf, type DType, fromBfloat16, fromFloat16 } from "../core/dtype.ts";
import { fail, printable } from "../core/error.ts";
import { door, kindOf } from "../core/guard.ts";
import {
  checkTensor,
  type NestedNumbers,
  showShape,
  sizeOf,
  type Tensor as Plain,
  tensor as plainTensor,
  valuesOf,
} from "../core/tensor.ts";

/** What an element of a dtype is read as: halves as numbers, bool as true and false. */
export type ElementOf<D extends DType> = D extends "string"
  ? string
  : D extends "bool"
    ? boolean
    : D extends "int64" | "uint64"
      ? bigint
      : number;

/** Rows of rows, as deep as a shape has axes. */
export type Nested<T> = T | readonly Nested<T>[];

interface TensorOf<D extends DType> {
  readonly dtype: D;
  /** Lengths of the axes, batch first: `[2, 10]`; `[]` of a single value. */
  readonly shape: readonly number[];
  /** The values in row-major order: of float16 and bfloat16 the raw bits, of bool 0 and 1. */
  readonly data: DataOf[D];
  /** One element: `y.at(0, 3)`. Places below 0 count from the end. Throws `mismatch/rank`, `mismatch/range`. */
  at(...index: readonly number[]): ElementOf<D>;
  /**
   * The values as nested arrays. Typed as rows of a batch, `number[][]`, unless the caller names another depth:
   * `y.toArray<number[]>()`. Not checked: the shape decides.
   */
  toArray<N extends Nested<ElementOf<D>> = ElementOf<D>[][]>(): N;
  /** dtype, shape and values, long axes cut: made to be read. */
  toString(): string;
}

/**
 * Values with their shape, discriminated by dtype: after `if (y.dtype === "int32")` or of `Tensor<"int32">`, `y.data` is an
 * Int32Array. Made by `tensor`, `predict`, `getWeights`. Plain data: no arithmetic, copied by `structuredClone`.
 */
export type Tensor<D extends DType = DType> = { [T in D]: TensorOf<T> }[D];

/** The dtype that `tensor` gives values when none is named. */
export type DTypeOf<V> = NestedNumbers extends V
  ? DType
  : [V] extends [never]
    ? "float32"
    : V extends { readonly BYTES_PER_ELEMENT: number; readonly [Symbol.toStringTag]: infer Tag }
      ? Tag extends "BigInt64Array"
        ? "int64"
        : Tag extends "BigUint64Array"
          ? "uint64"
          : Tag extends "Uint8ClampedArray"
            ? "uint8"
            : Tag extends "Float16Array"
              ? "float32"
              : Tag extends `${infer Kind}Array`
                ? Extract<Lowercase<Kind>, DType>
                : "float32"
      : V extends readonly (infer Item)[]
        ? DTypeOf<Item>
        : V extends bigint
          ? "int64"
          : V extends boolean
            ? "bool"
            : V extends string
              ? "string"
              : "float32";

const INSPECT = Symbol.for("nodejs.util.inspect.custom");
/** Most values of an axis that are shown from either end. */
const ENDS = 3;

class TensorValue {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Plain["data"];

  constructor({ dtype, shape, data }: Plain) {
    this.dtype = dtype;
    this.shape = shape;
    this.data = data;
  }

  #element(offset: number): ElementOf<DType> {
    const value = this.data[offset]!;
    if (this.dtype === "bool") return value === 1;
    if (this.dtype === "float16") return fromFloat16(value as number);
    return this.dtype === "bfloat16" ? fromBfloat16(value as number) : value;
  }

  at(...index: readonly number[]): ElementOf<DType> {
    const { shape } = this;
    if (index.length !== shape.length)
      fail("mismatch/rank", { expected: `${shape.length} places, for ${showShape(shape)}`, found: `${index.length}` });
    const offset = index.reduce((sum, i, axis) => {
      const at = Number.isInteger(i) && i < 0 ? i + shape[axis]! : i;
      if (!Number.isInteger(at) || at < 0 || at >= shape[axis]!)
        fail("mismatch/range", {
          expected: `a place in ${showShape(shape)}`,
          found: `[${index.map((n) => (typeof n === "number" ? n : kindOf(n))).join(", ")}]`,
        });
      return sum * shape[axis]! + at;
    }, 0);
    return this.#element(offset);
  }

  toArray(): Nested<ElementOf<DType>> {
    const { shape } = this;
    let at = 0;
    const walk = (axis: number): Nested<ElementOf<DType>> =>
      axis === shape.length ? this.#element(at++) : Array.from({ length: shape[axis]! }, () => walk(axis + 1));
    return walk(0);
  }

  toString(): string {
    const { shape } = this;
    const show = (offset: number): string => {
      const value = this.#element(offset);
      if (typeof value === "string") return JSON.stringify(printable(value, 40));
      return typeof value === "number" ? String(Number(value.toPrecision(6))) : String(value);
    };
    const ends = shape.length > 2 ? 1 : ENDS;
    const walk = (axis: number, offset: number): string => {
      if (axis === shape.length) return show(offset);
      const length = shape[axis]!;
      const step = sizeOf(shape.slice(axis + 1));
      const rows = Array.from({ length: Math.min(length, 2 * ends) }, (_, i) => {
        const row = length > 2 * ends && i >= ends ? length - 2 * ends + i : i;
        return (row > i && i === ends ? "…, " : "") + walk(axis + 1, offset + row * step);
      });
      return `[${rows.join(axis === shape.length - 1 ? ", " : `,\n${" ".repeat(axis + 1)}`)}]`;
    };
    const values = shape.length > 8 ? "…" : walk(0, 0);
    return `${this.dtype} ${showShape(shape)}${values.includes("\n") ? "\n" : " "}${values}`;
  }

  [INSPECT](): string {
    return this.toString();
  }
}

/** A plain tensor as callers get it; `data` is shared. */
export function present<D extends DType>(plain: Plain): Tensor<D> {
  return new TensorValue(plain) as unknown as Tensor<D>;
}

/**
 * Makes a tensor from nested arrays or a typed array. Without `shape` the nesting gives it; without `dtype` the values
 * do: a typed array's own, int64 of BigInts, float32 of numbers, bool, string. A Uint16Array holds the bits of float16 and
 * bfloat16; all else is numbers. Throws `mismatch/shape` for ragged nesting or a wrong number of elements, `mismatch/dtype`
 * for values that the dtype cannot hold, with the place of the first.
 */
export function tensor<V extends NestedNumbers, D extends DType = DTypeOf<V>>(
  values: V,
  shape?: readonly number[],
  dtype?: D,
): Tensor<D> {
  return door("tensor", () => present<D>(plainTensor(values, shape, dtype)));
}

const rank = (value: number): number => (Number.isNaN(value) ? -Infinity : value);

/** The `k` largest of each row of the last axis, largest first, of equal ones the first; NaN is the smallest. */
export function topK(y: Plain, k: number): readonly (readonly { readonly index: number; readonly value: number }[])[] {
  return door("topK", () => {
    checkTensor(y, "y");
    const length = y.shape.at(-1) ?? fail("mismatch/rank", { path: "y", expected: "an axis", found: "a single value" });
    if (y.dtype === "string") fail("mismatch/dtype", { path: "y", expected: "numbers", found: "string" });
    if (!Number.isInteger(k) || k < 0 || k > length)
      fail("mismatch/argument", {
        path: "k",
        expected: `a whole number up to ${length}`,
        found: typeof k === "number" ? `${k}` : kindOf(k),
      });
    const values = Array.from(valuesOf(y), Number);
    return Array.from({ length: length === 0 ? 0 : values.length / length }, (_, row) =>
      values
        .slice(row * length, (row + 1) * length)
        .map((value, index) => ({ index, value }))
        .sort((a, b) => rank(b.value) - rank(a.value) || a.index - b.index)
        .slice(0, k),
    );
  });
}
