/**
 * One array as NumPy's `.npy`: magic, version, a Python dict as header, then the elements.
 *
 * Spec: numpy/lib/_format_impl.py (versions 1.0, 2.0 and 3.0).
 */
import { allocate, type DType, itemSize, type NumericArray, viewAs } from "../core/dtype.ts";
import { atMost, fail } from "../core/error.ts";
import type { Limits } from "../core/limits.ts";
import type { Source } from "../core/source.ts";
import { sizeOf, type Tensor } from "../core/tensor.ts";
import { descrOf, type ElementType, elementType } from "./npy/descr.ts";
import { MAX_START, type NpyHeader, parseHeader, printHeader } from "./npy/header.ts";
import { readStrings, writeText } from "./npy/text.ts";

const BIG_ENDIAN_HOST = new Uint8Array(new Uint16Array([1]).buffer)[0] === 0;
/** Memory for one element of a string array, beyond its own text. */
const STRING_SLOT = 8;
/** A multiple of every element's size. */
const PIECE = 1 << 22;

/** An array of which the header was read and checked; its elements are read when asked for. */
export interface NpyArray {
  readonly dtype: Tensor["dtype"];
  readonly shape: readonly number[];
  read(): Promise<Tensor>;
  /** The bytes of the elements of an array of numbers, in order, a piece at a time. */
  slices(): AsyncIterable<Uint8Array>;
}

/** What a header says, found to agree with the file's length. */
interface Layout {
  readonly header: NpyHeader;
  readonly type: ElementType;
  readonly size: number;
}

/**
 * The array in `bytes`, which must hold it and nothing more. `data` is a view of `bytes` where order, endianness and
 * alignment allow. Text (`U`) and byte strings (`S`, as UTF-8) become string tensors. Throws `malformed/npy…`,
 * `unsupported/npy-object`, `unsupported/npy-dtype` or `limit/…`.
 */
export function parseNpy(bytes: Uint8Array, limits: Limits): Tensor {
  const layout = readLayout(bytes, bytes.length, limits);
  return readTensor(layout, bytes.subarray(layout.header.end));
}

/** The array that `content` holds, as `parseNpy` reads it. Throws what that throws. */
export async function openNpy(content: Source, limits: Limits): Promise<NpyArray> {
  const start = await content.read(0, Math.min(content.size, MAX_START));
  const layout = readLayout(start, content.size, limits);
  const { header, type } = layout;
  const { end, shape } = header;
  const read = async (): Promise<Tensor> => readTensor(layout, await content.read(end, content.size - end));
  return {
    dtype: type.dtype,
    shape,
    read,
    async *slices() {
      if (header.fortranOrder) return yield bytesOf((await read()).data as NumericArray);
      for (let at = end; at < content.size; at += PIECE)
        yield bytesOf(readNumbers(type, await content.read(at, Math.min(PIECE, content.size - at))));
    },
  };
}

function readLayout(start: Uint8Array, length: number, limits: Limits): Layout {
  const header = parseHeader(start);
  const type = elementType(header.descr);
  const size = checkSize(header, type.dtype === "string" ? type.itemBytes + STRING_SLOT : type.itemBytes, limits);
  const [needed, found] = [size * type.itemBytes, length - header.end];
  if (found !== needed) {
    const code = found < needed ? "malformed/truncated" : "malformed/npy-trailing";
    fail(code, { source: "npy", expected: `${needed} bytes of elements`, found: `${found}`, offset: header.end });
  }
  if (type.dtype === "string" && type.itemBytes === 0 && size > limits.entries)
    fail("limit/entries", { source: "npy", expected: `at most ${limits.entries} empty strings`, found: `${size}` });
  return { header, type, size };
}

function readTensor({ header, type, size }: Layout, body: Uint8Array): Tensor {
  const { shape, fortranOrder } = header;
  const { dtype } = type;
  if (dtype === "string") {
    const text = readStrings(body, size, type);
    return { dtype, shape, data: fortranOrder ? fromFortran(text, shape, []) : text };
  }
  const data = readNumbers(type, body);
  return { dtype, shape, data: fortranOrder ? fromFortran(data, shape, allocate(dtype, size)) : data };
}

function readNumbers({ dtype, bigEndian, itemBytes }: ElementType, body: Uint8Array): NumericArray {
  const data = viewAs(dtype as Exclude<DType, "string">, bigEndian && itemBytes > 1 ? swapped(body, itemBytes) : body);
  return dtype === "bool" ? normalizedBool(data) : data;
}

/** What stands before the elements of an array of numbers. Throws `unsupported/npy-dtype`. */
export function npyHeader(dtype: DType, shape: readonly number[]): Uint8Array {
  return printHeader(descrOf(dtype, 0), shape);
}

/** The bytes that `numpy.save` writes. Throws `unsupported/npy-dtype` for bfloat16, which NumPy does not have. */
export function writeNpy(tensor: Tensor): Uint8Array {
  const { dtype, shape, data } = tensor;
  const size = sizeOf(shape);
  if (data.length !== size) {
    fail("mismatch/shape", { source: "npy", expected: `${size} values`, found: `${data.length}` });
  }
  const text = dtype === "string" ? writeText(data as string[]) : undefined;
  const header = printHeader(descrOf(dtype, text?.characters ?? 0), shape);
  const elements = text?.bytes ?? littleEndian(data as NumericArray, itemSize(dtype));
  const bytes = new Uint8Array(header.length + elements.length);
  bytes.set(header);
  bytes.set(elements, header.length);
  return bytes;
}

function checkSize(header: NpyHeader, itemBytes: number, limits: Limits): number {
  const { shape } = header;
  atMost("limit/rank", shape.length, limits.rank, "axes", { source: "npy" });
  const size = sizeOf(shape);
  atMost("limit/tensor-bytes", size * itemBytes, limits.tensorBytes, "bytes", { source: "npy" });
  return size;
}

const bytesOf = (data: NumericArray): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

function littleEndian(data: NumericArray, itemBytes: number): Uint8Array {
  const bytes = bytesOf(data);
  return BIG_ENDIAN_HOST && itemBytes > 1 ? swapped(bytes, itemBytes) : bytes;
}

function swapped(bytes: Uint8Array, itemBytes: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += itemBytes) {
    for (let i = 0; i < itemBytes; i++) out[at + i] = bytes[at + itemBytes - 1 - i]!;
  }
  return out;
}

/** NumPy takes every non-zero byte as true. */
function normalizedBool(data: NumericArray): NumericArray {
  return data.some((value: number | bigint) => value > 1) ? (data as Uint8Array).map((value) => (value ? 1 : 0)) : data;
}

/** Column-major elements into `out` in row-major order. */
function fromFortran<T extends { [index: number]: unknown; readonly length: number }>(
  data: T,
  shape: readonly number[],
  out: T,
): T {
  const strides: number[] = [];
  let stride = 1;
  for (const length of shape) {
    strides.push(stride);
    stride *= length;
  }
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < data.length; to++) {
    out[to] = data[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}
