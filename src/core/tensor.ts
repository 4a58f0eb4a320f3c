import { allocate, type DType, isDType, type NumericArray, type TensorData } from "./dtype.ts";
import { fail } from "./error.ts";

/**
 * Plain values: contiguous, row-major, no arithmetic. `data` by dtype: Float32Array, Float64Array, Int8Array …
 * BigInt64Array; bool: Uint8Array; float16 and bfloat16: Uint16Array of raw bits; string: string[].
 */
export interface Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export type NestedNumbers = number | bigint | boolean | string | readonly NestedNumbers[] | NumericArray;

/** Number of elements. Refuses products beyond 2^53. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) size *= length;
  if (!Number.isSafeInteger(size))
    fail("limit/size", { message: `a tensor of shape [${shape.join(", ")}] is too large` });
  return size;
}

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
  [Uint16Array, "uint16"],
  [Uint32Array, "uint32"],
  [BigUint64Array, "uint64"],
];

function isTyped(value: unknown): value is NumericArray {
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
 * do (numbers are float32). Throws `mismatch/shape` for ragged nesting or a wrong number of elements.
 */
export function tensor(values: NestedNumbers, shape?: readonly number[], dtype?: DType): Tensor {
  const type = dtype ?? inferDType(values);
  if (!isDType(type)) fail("unsupported/dtype", { source: "tensor", found: String(type) });
  const nested = shapeOf(values);
  const target = shape ?? nested;
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
  const put = (value: unknown): void => {
    if (type === "string") (data as string[])[at++] = String(value);
    else if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[at++] = BigInt(value as number);
    else (data as Float64Array)[at++] = type === "bool" ? (value ? 1 : 0) : Number(value);
  };
  const walk = (value: unknown, axis: number): void => {
    if (axis === nested.length) {
      if (Array.isArray(value) || isTyped(value))
        fail("mismatch/shape", { source: "tensor", message: "ragged nesting" });
      put(value);
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
    for (let i = 0; i < row.length; i++) walk(row[i], axis + 1);
  };
  if (isTyped(values) && type !== "bool" && inferDType(values) === type) {
    (data as Float64Array).set(values as Float64Array);
  } else {
    walk(values, 0);
  }
  return { dtype: type, shape: [...target], data };
}

/** Whether a value is already a `Tensor`. */
export function isTensor(value: unknown): value is Tensor {
  return typeof value === "object" && value !== null && "dtype" in value && "shape" in value && "data" in value;
}
