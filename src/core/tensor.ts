import {
  allocate,
  type DType,
  DTYPES,
  fromBfloat16,
  fromFloat16,
  isDType,
  isFloat,
  isHalf,
  type NumericArray,
  type TensorData,
} from "./dtype.ts";
import { fail } from "./error.ts";
import { kindOf } from "./guard.ts";
import { toBfloat16, toFloat16 } from "./half.ts";

/**
 * Plain values: contiguous, row-major, no arithmetic. `data` by dtype: Float32Array, Float64Array, Int8Array …
 * BigInt64Array; bool: Uint8Array; float16 and bfloat16: Uint16Array of raw bits; string: string[].
 */
export interface Tensor {
  /** Of its elements. */
  readonly dtype: DType;
  /** Length of each axis. */
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: TensorData;
}

/** Numbers in nested arrays, as Python's lists: each level an axis. */
export type NestedNumbers =
  number | bigint | boolean | string | readonly NestedNumbers[] | NumericArray | Uint8ClampedArray;

/** Number of elements. Refuses products beyond 2^53. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) size *= length;
  if (!Number.isSafeInteger(size))
    fail("limit/size", { message: `a tensor of shape [${shape.join(", ")}] is too large` });
  return size;
}

/** Whether two shapes are equal. A loop, for who asks at every call. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** `[null, 4]`, as messages have it. */
export function showShape(shape: readonly (number | null)[] | null): string {
  return shape === null ? "unknown" : `[${shape.map((length) => length ?? "null").join(", ")}]`;
}

const DTYPE_OF: readonly [abstract new (...a: never[]) => NumericArray, DType][] = [
  [Float32Array, "float32"],
  [Float64Array, "float64"],
  [Int8Array, "int8"],
  [Int16Array, "int16"],
  [Int32Array, "int32"],
  [BigInt64Array, "int64"],
  [Uint8Array, "uint8"],
  [Uint8ClampedArray as never, "uint8"],
  [Uint16Array, "uint16"],
  [Uint32Array, "uint32"],
  [BigUint64Array, "uint64"],
];

/** Whether it is a typed array of numbers. */
export function isTyped(value: unknown): value is NumericArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

/** The dtype that values have when the caller names none: a typed array's own; float32 for numbers; bool; string. */
function inferDType(values: unknown): DType {
  let first: unknown = values;
  while (Array.isArray(first) && first.length > 0) first = first[0];
  if (isTyped(first)) return DTYPE_OF.find(([Type]) => first instanceof Type)?.[1] ?? "float32";
  if (typeof first === "boolean") return "bool";
  if (typeof first === "string") return "string";
  return typeof first === "bigint" ? "int64" : "float32";
}

/** Whether `shape` is a list of lengths. */
export function isShape(shape: unknown): shape is readonly number[] {
  if (!Array.isArray(shape)) return false;
  for (let i = 0; i < shape.length; i++) if (!Number.isSafeInteger(shape[i]) || shape[i] < 0) return false;
  return true;
}

/** A caller's shape. Throws `mismatch/shape`. */
export function checkShape(shape: unknown, path?: string): readonly number[] {
  return isShape(shape)
    ? shape
    : fail("mismatch/shape", {
        path,
        expected: "a list of lengths, whole and from 0",
        found: Array.isArray(shape) ? `[${shape.slice(0, 32).map(kindOf).join(", ")}]` : kindOf(shape),
      });
}

/**
 * One value into its place, as Keras casts: floats are rounded to the dtype, of bools all but 0 is true. Into integers go
 * whole numbers that fit. False for what the dtype cannot hold and for what is no number.
 */
function put(data: TensorData, i: number, value: unknown, dtype: DType): boolean {
  if (dtype === "string") return typeof value === "string" && ((data as string[])[i] = value) === value;
  if (typeof value !== "number" && typeof value !== "bigint" && typeof value !== "boolean") return false;
  if (dtype === "bool") data[i] = Number(value) === 0 ? 0 : 1;
  else if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    if (typeof value === "number" && !Number.isInteger(value)) return false;
    const whole = BigInt(value);
    return (data[i] = whole) === data[i];
  } else if (isFloat(dtype)) {
    const number = Number(value);
    data[i] = dtype === "float16" ? toFloat16(number) : dtype === "bfloat16" ? toBfloat16(number) : number;
  } else {
    data[i] = Number(value);
    return data[i] === Number(value);
  }
  return true;
}

/** How a place is written in messages: `[0][3]`. */
export const placeOf = (index: readonly number[]): string => index.map((i) => `[${i}]`).join("");

function shapeOf(values: unknown): number[] {
  const shape: number[] = [];
  let level: unknown = values;
  for (;;) {
    if (isTyped(level)) return [...shape, level.length];
    if (!Array.isArray(level)) return shape;
    shape.push(level.length);
    level = level[0];
    if (shape.length > 32) fail("limit/rank", { source: "tensor", message: "nested deeper than 32 axes" });
  }
}

/**
 * Makes a tensor from nested arrays or a typed array. Without `shape` the nesting gives it; without `dtype` the values
 * do (numbers are float32). A Uint16Array holds the bits of float16 and bfloat16; all else is numbers. Throws
 * `mismatch/shape` for ragged nesting or a wrong number of elements, `mismatch/dtype` for values that the dtype cannot
 * hold, with the place of the first.
 */
export function tensor(values: NestedNumbers, shape?: readonly number[], dtype?: DType): Tensor {
  const type = dtype ?? inferDType(values);
  if (!isDType(type))
    fail("unsupported/dtype", {
      source: "tensor",
      expected: `one of ${DTYPES.join(", ")}`,
      found: typeof type === "string" ? type : kindOf(type),
    });
  const nested = shapeOf(values);
  const target = shape === undefined ? nested : checkShape(shape);
  const size = sizeOf(target);
  if (sizeOf(nested) !== size) {
    fail("mismatch/shape", {
      source: "tensor",
      expected: `${size} values for ${showShape(target)}`,
      found: `${showShape(nested)}`,
    });
  }
  const data: TensorData = type === "string" ? new Array<string>(size) : allocate(type, size);
  let at = 0;
  const place: number[] = [];
  const walk = (value: unknown, axis: number): void => {
    if (axis === nested.length) {
      if (Array.isArray(value) || isTyped(value))
        fail("mismatch/shape", { source: "tensor", message: "ragged nesting" });
      if (!put(data, at++, value, type)) {
        fail("mismatch/dtype", {
          source: "tensor",
          path: placeOf(place),
          expected: type,
          found: typeof value === "number" || typeof value === "bigint" ? String(value) : kindOf(value),
        });
      }
      return;
    }
    const row = value as ArrayLike<unknown>;
    if ((!Array.isArray(value) && !isTyped(value)) || row.length !== nested[axis]) {
      fail("mismatch/shape", {
        source: "tensor",
        message: "ragged nesting",
        expected: `${nested[axis]} values at axis ${axis}`,
      });
    }
    for (let i = 0; i < row.length; i++) {
      place[axis] = i;
      walk(row[i], axis + 1);
    }
  };
  const given = isTyped(values) && type !== "bool" ? inferDType(values) : null;
  if (given === type || (given === "uint16" && isHalf(type))) {
    (data as Float64Array).set(values as Float64Array);
  } else {
    walk(values, 0);
  }
  return { dtype: type, shape: [...target], data };
}

/** Values as numbers; 64-bit integers as they are. */
export function valuesOf({ dtype, data }: Tensor): ArrayLike<number | bigint | string> {
  if (dtype !== "float16" && dtype !== "bfloat16") return data;
  const read = dtype === "float16" ? fromFloat16 : fromBfloat16;
  return Float64Array.from(data as Uint16Array, read);
}

/** The place of an element that stands at `offset`. */
export function indexOf(flat: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = flat;
  for (const length of [...shape].reverse()) {
    index.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return index;
}

/** The tensor in `dtype`. Throws `mismatch/dtype` naming `path` and the place of the first value that it cannot hold. */
export function castTensor(value: Tensor, dtype: DType, path: string): Tensor {
  if (value.dtype === dtype) return value;
  if (value.dtype === "string" || dtype === "string")
    return fail("mismatch/dtype", { path, expected: dtype, found: value.dtype });
  const from = valuesOf(value);
  const data = allocate(dtype, from.length);
  if (!isHalf(dtype) && isFloat(dtype) && typeof from[0] === "number") (data as Float64Array).set(from as Float64Array);
  else
    for (let i = 0; i < from.length; i++)
      if (!put(data, i, from[i], dtype))
        fail("mismatch/dtype", {
          path: path + placeOf(indexOf(i, value.shape)),
          expected: dtype,
          found: `${value.dtype} with the value ${from[i]}`,
        });
  return { dtype, shape: value.shape, data };
}

/** Whether a value is meant as a `Tensor`; `checkTensor` says whether it is one. */
export function isTensor(value: unknown): value is Tensor {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    "dtype" in value &&
    "shape" in value &&
    "data" in value
  );
}

/** Refuses what a caller gives for a `Tensor` and is none: `mismatch/dtype`, `mismatch/shape`. */
export function checkTensor(value: unknown, path: string): asserts value is Tensor {
  if (!isTensor(value)) fail("mismatch/dtype", { path, expected: "a tensor", found: kindOf(value) });
  const { dtype, shape, data } = value;
  if (typeof dtype !== "string" || !isDType(dtype))
    fail("unsupported/dtype", {
      path,
      expected: `one of ${DTYPES.join(", ")}`,
      found: typeof dtype === "string" ? dtype : kindOf(dtype),
    });
  if (!isShape(shape)) fail("mismatch/shape", { path, expected: "a list of lengths", found: kindOf(shape) });
  const isRight =
    dtype === "string"
      ? Array.isArray(data) && data.every((text) => typeof text === "string")
      : isTyped(data) && data[Symbol.toStringTag] === allocate(dtype, 0)[Symbol.toStringTag];
  if (!isRight) fail("mismatch/dtype", { path, expected: `the array type of ${dtype}`, found: kindOf(data) });
  if (data.length !== sizeOf(shape))
    fail("mismatch/shape", {
      path,
      expected: `${sizeOf(shape)} values for ${showShape(shape)}`,
      found: String(data.length),
    });
}
