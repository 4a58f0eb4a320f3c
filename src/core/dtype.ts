/** Element types of tensors, under NumPy's names. `float16` and `bfloat16` are kept as raw 16-bit patterns. */
import { fail } from "./error.ts";

/** The array that holds the values of each dtype: of halves the raw bits, of bool 0 and 1. */
export interface DataOf {
  /** Raw bits. */
  readonly float16: Uint16Array;
  /** Raw bits. */
  readonly bfloat16: Uint16Array;
  /** Single precision. */
  readonly float32: Float32Array;
  /** Double precision. */
  readonly float64: Float64Array;
  /** 8 bits. */
  readonly int8: Int8Array;
  /** 16 bits. */
  readonly int16: Int16Array;
  /** 32 bits. */
  readonly int32: Int32Array;
  /** 64 bits. */
  readonly int64: BigInt64Array;
  /** 8 bits, without sign. */
  readonly uint8: Uint8Array;
  /** 16 bits, without sign. */
  readonly uint16: Uint16Array;
  /** 32 bits, without sign. */
  readonly uint32: Uint32Array;
  /** 64 bits, without sign. */
  readonly uint64: BigUint64Array;
  /** 0 and 1. */
  readonly bool: Uint8Array;
  /** Texts. */
  readonly string: string[];
}

/** An element type, under NumPy's name. */
export type DType = keyof DataOf;
/** What holds a tensor's values. */
export type TensorData = DataOf[DType];
/** What holds numbers. */
export type NumericArray = Exclude<TensorData, string[]>;

interface NumericArrayConstructor {
  new (length: number): NumericArray;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): NumericArray;
  readonly BYTES_PER_ELEMENT: number;
}

const ARRAYS: ReadonlyMap<DType, NumericArrayConstructor> = new Map<DType, NumericArrayConstructor>([
  ["float16", Uint16Array],
  ["bfloat16", Uint16Array],
  ["float32", Float32Array],
  ["float64", Float64Array],
  ["int8", Int8Array],
  ["int16", Int16Array],
  ["int32", Int32Array],
  ["int64", BigInt64Array],
  ["uint8", Uint8Array],
  ["uint16", Uint16Array],
  ["uint32", Uint32Array],
  ["uint64", BigUint64Array],
  ["bool", Uint8Array],
]);

export const DTYPES: readonly DType[] = [...ARRAYS.keys(), "string"];

/** Whether a text is the name of a dtype. */
export function isDType(name: string): name is DType {
  return name === "string" || ARRAYS.has(name as DType);
}

/** Bytes per element; strings have none. */
export function itemSize(dtype: DType): number {
  return ARRAYS.get(dtype)?.BYTES_PER_ELEMENT ?? 0;
}

/** Whether it is a float of any width. */
export function isFloat(dtype: DType): boolean {
  return dtype === "float16" || dtype === "bfloat16" || dtype === "float32" || dtype === "float64";
}

/** Whether a dtype is a float of 16 bits. */
export function isHalf(dtype: DType): boolean {
  return dtype === "float16" || dtype === "bfloat16";
}

/** Whether it is an integer of any width, with or without sign; bool is none. */
export function isInteger(dtype: DType): boolean {
  return /^u?int/.test(dtype);
}

/** Whether `data` is the kind of array that holds values of `dtype`. */
export function isArrayOf(dtype: DType, data: object): boolean {
  return data.constructor === (ARRAYS.get(dtype) ?? Array);
}

/** A zeroed array for `length` elements. Throws `limit/memory` where the engine has no room for it. */
export function allocate(dtype: Exclude<DType, "string">, length: number): NumericArray {
  try {
    return new (ARRAYS.get(dtype)!)(length);
  } catch {
    return fail("limit/memory", {
      expected: `memory for ${length} values of ${dtype}`,
      found: "refused by the engine",
    });
  }
}

/** Little-endian `bytes` as elements; copies only when the bytes are not aligned for the type. */
export function viewAs(dtype: Exclude<DType, "string">, bytes: Uint8Array): NumericArray {
  const Type = ARRAYS.get(dtype)!;
  const length = Math.floor(bytes.byteLength / Type.BYTES_PER_ELEMENT);
  if (bytes.byteOffset % Type.BYTES_PER_ELEMENT === 0) return new Type(bytes.buffer, bytes.byteOffset, length);
  return new Type(new Uint8Array(bytes).buffer, 0, length); // not slice(): of a Buffer that is a view
}

const scratchFloat = new Float32Array(1);
const scratchBits = new Uint32Array(scratchFloat.buffer);

/** IEEE 754 binary16 bits to a number, exactly. */
export function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** bfloat16 bits (the upper half of a float32) to a number, exactly. */
export function fromBfloat16(bits: number): number {
  scratchBits[0] = bits << 16;
  return scratchFloat[0]!;
}
