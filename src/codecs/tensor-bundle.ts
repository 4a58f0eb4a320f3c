/**
 * TensorFlow's checkpoints: an index (a sorted table as LevelDB writes it) that says where in which data file each tensor
 * lies. Sources: tensorflow/core/util/tensor_bundle/tensor_bundle.cc, tensorflow/core/protobuf/tensor_bundle.proto,
 * tensorflow/core/lib/io/{format,block}.cc.
 */
import { crc32c } from "../core/crc32.ts";
import type { DType } from "../core/dtype.ts";
import { itemSize } from "../core/dtype.ts";
import { atMost, fail, type Problem } from "../core/error.ts";
import type { Limits } from "../core/limits.ts";
import type { Source } from "../core/source.ts";
import { fieldsOf, textField, varint } from "./protobuf/fields.ts";
import { unpackSnappy } from "./snappy.ts";

const FOOTER = 48;
const MAGIC = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];
/** Compression and checksum, after a block. */
const TRAILER = 5;
const MASK = 0xa282ead8;

/** By number, types.proto. */
const DTYPES: ReadonlyMap<number, DType> = new Map<number, DType>([
  [1, "float32"],
  [2, "float64"],
  [3, "int32"],
  [4, "uint8"],
  [5, "int16"],
  [6, "int8"],
  [7, "string"],
  [9, "int64"],
  [10, "bool"],
  [14, "bfloat16"],
  [17, "uint16"],
  [19, "float16"],
  [22, "uint32"],
  [23, "uint64"],
]);

/** A tensor as the index describes it; nothing is read before `read`. */
export interface BundleTensor {
  readonly key: string;
  /** null: a type that no array here has. */
  readonly dtype: DType | null;
  /** Number of the type in TensorFlow. */
  readonly type: number;
  readonly shape: readonly number[];
  readonly shard: number;
  readonly size: number;
  /** As stored, masked. */
  readonly crc: number;
  /** Whether it lies in several parts, each under a key of its own. */
  readonly sliced: boolean;
  /** The stored bytes, their checksum verified. Throws `malformed/checksum`, `malformed/truncated`. */
  read(): Promise<Uint8Array>;
}

/** A checkpoint's index: its tensors, and into how many files they are split. */
export interface TensorBundle {
  readonly shards: number;
  /** By key, in the index's order. */
  readonly tensors: ReadonlyMap<string, BundleTensor>;
}

function malformed(message: string, detail: Partial<Problem> = {}): never {
  return fail("malformed/tensor-bundle", { source: "tensor-bundle", message, ...detail });
}

/** Whether bytes have the checksum that is stored in TensorFlow's masked form. */
export function checkCrc(crc: number, stored: number, path: string): void {
  const masked = (((crc >>> 15) | (crc << 17)) + MASK) >>> 0;
  if (masked === stored >>> 0) return;
  fail("malformed/checksum", { source: "tensor-bundle", path, expected: hex(stored), found: hex(masked) });
}

const hex = (n: number): string => `0x${(n >>> 0).toString(16).padStart(8, "0")}`;

interface Handle {
  readonly offset: number;
  readonly size: number;
  readonly end: number;
}

function handleAt(bytes: Uint8Array, at: number): Handle {
  const offset = varint(bytes, at);
  const size = varint(bytes, offset.end);
  return { offset: offset.value, size: size.value, end: size.end };
}

/** A block's entries: key (shared with the one before as far as said) and value. */
function* entriesOf(
  index: Uint8Array,
  { offset, size }: Handle,
  limits: Limits,
): Generator<readonly [Uint8Array, Uint8Array]> {
  if (!(offset >= 0 && size >= 4 && offset + size + TRAILER <= index.length))
    malformed("a block outside of the file", { offset });
  const view = new DataView(index.buffer, index.byteOffset, index.byteLength);
  const stored = index.subarray(offset, offset + size);
  const kind = index[offset + size]!;
  checkCrc(
    crc32c(index.subarray(offset, offset + size + 1)),
    view.getUint32(offset + size + 1, true),
    `block at ${offset}`,
  );
  if (kind > 1) malformed("a block in an unknown compression", { found: String(kind), offset });
  const block = kind === 0 ? stored : unpackSnappy(stored, Math.max(limits.ratioFloor, size * limits.expansionRatio));
  if (block.length < 4) malformed("a block without an end", { offset });
  const restarts = new DataView(block.buffer, block.byteOffset, block.byteLength).getUint32(block.length - 4, true);
  const end = block.length - 4 - restarts * 4;
  if (end < 0) malformed("more restarts than a block holds", { offset });
  let key: Uint8Array = new Uint8Array();
  for (let at = 0; at < end;) {
    const shared = varint(block, at);
    const unshared = varint(block, shared.end);
    const length = varint(block, unshared.end);
    const value = length.end + unshared.value;
    at = value + length.value;
    const fits =
      shared.value >= 0 && unshared.value >= 0 && length.value >= 0 && shared.value <= key.length && at <= end;
    if (!fits) malformed("an entry that leaves its block", { offset });
    atMost("limit/name-bytes", shared.value + unshared.value, limits.nameBytes, "bytes", {
      source: "tensor-bundle",
      offset,
    });
    const next = new Uint8Array(shared.value + unshared.value);
    next.set(key.subarray(0, shared.value));
    next.set(block.subarray(length.end, value), shared.value);
    key = next;
    yield [key, block.subarray(value, at)];
  }
}

/** Whether a file ends as an index does. */
function isTableEnd(tail: Uint8Array): boolean {
  return tail.length >= FOOTER && MAGIC.every((byte, i) => tail[tail.length - MAGIC.length + i] === byte);
}

/**
 * Reads an index. `shard`: the data file of a number. Throws `malformed/tensor-bundle`, `malformed/protobuf`,
 * `malformed/checksum`, `malformed/duplicate-name`, `limit/*`, `unsupported/dtype` for big-endian files.
 */
export async function openTensorBundle(
  index: Source,
  shard: (number: number, count: number) => Promise<Source>,
  limits: Limits,
): Promise<TensorBundle> {
  if (index.size > limits.jsonBytes)
    fail("limit/json-bytes", {
      source: "tensor-bundle",
      expected: `an index of at most ${limits.jsonBytes} bytes`,
      found: `${index.size}`,
    });
  const bytes = await index.read(0, index.size);
  if (!isTableEnd(bytes)) malformed("no table of TensorFlow's: it does not end as one");
  const footer = bytes.subarray(bytes.length - FOOTER);
  // Nothing is in the first block; that it is sound is checked all the same.
  for (const entry of entriesOf(bytes, handleAt(footer, 0), limits))
    malformed("a table with properties", { found: String(entry[0].length) });
  const tensors = new Map<string, BundleTensor>();
  let shards: number | null = null;
  const blocks = new Set<number>();
  for (const [, place] of entriesOf(bytes, handleAt(footer, handleAt(footer, 0).end), limits)) {
    const block = handleAt(place, 0);
    if (blocks.has(block.offset)) malformed("a block that is listed twice", { offset: block.offset });
    blocks.add(block.offset);
    for (const [name, value] of entriesOf(bytes, block, limits)) {
      if (name.length === 0) {
        shards = readHeader(value);
        continue;
      }
      // A part of a tensor that is split: the tensor itself tells.
      if (name[0] === 0) continue;
      const key = textField(name);
      if (tensors.has(key)) fail("malformed/duplicate-name", { source: "tensor-bundle", path: key });
      if (tensors.size >= limits.entries)
        fail("limit/entries", { source: "tensor-bundle", path: key, expected: `at most ${limits.entries} tensors` });
      tensors.set(
        key,
        readEntry(key, value, async (n) => shard(n, shards ?? 1), limits),
      );
    }
  }
  if (shards === null) malformed("an index without a header");
  for (const { key, shard: n } of tensors.values())
    if (!(n >= 0 && n < shards)) malformed("a tensor in a file that there is not", { path: key, found: String(n) });
  return { shards, tensors };
}

function readHeader(bytes: Uint8Array): number {
  let shards = 0;
  for (const { number, value } of fieldsOf(bytes)) {
    if (number === 1) shards = value;
    if (number === 2 && value !== 0)
      fail("unsupported/dtype", { source: "tensor-bundle", path: "header", expected: "little-endian numbers" });
  }
  return shards >= 1 && shards <= 100_000
    ? shards
    : malformed("a number of data files that is none", { found: String(shards) });
}

function readShape(bytes: Uint8Array): number[] {
  const shape: number[] = [];
  for (const { number, bytes: dim } of fieldsOf(bytes)) {
    if (number !== 2) continue;
    let size = 0;
    for (const field of fieldsOf(dim)) if (field.number === 1) size = field.value;
    shape.push(size);
  }
  return shape;
}

function readEntry(
  key: string,
  bytes: Uint8Array,
  shardOf: (n: number) => Promise<Source>,
  limits: Limits,
): BundleTensor {
  let [type, shard, offset, size, crc] = [0, 0, 0, 0, 0];
  let shape: number[] = [];
  let sliced = false;
  for (const field of fieldsOf(bytes)) {
    if (field.number === 1) type = field.value;
    else if (field.number === 2) shape = readShape(field.bytes);
    else if (field.number === 3) shard = field.value;
    else if (field.number === 4) offset = field.value;
    else if (field.number === 5) size = field.value;
    else if (field.number === 6) crc = field.value;
    else if (field.number === 7) sliced = true;
  }
  const dtype = DTYPES.get(type) ?? null;
  if (!(offset >= 0 && size >= 0) || shape.some((n) => !(n >= 0)))
    malformed("an entry of negative size", { path: key });
  atMost("limit/rank", shape.length, limits.rank, "axes", { source: "tensor-bundle", path: key });
  const wanted = shape.reduce((product, n) => product * n, itemSize(dtype ?? "string"));
  if (dtype !== null && dtype !== "string" && !sliced && wanted !== size)
    malformed("bytes that do not fill the shape", { path: key, expected: `${wanted} bytes`, found: String(size) });
  atMost("limit/tensor-bytes", size, limits.tensorBytes, "bytes", { source: "tensor-bundle", path: key });
  const read = async (): Promise<Uint8Array> => {
    const file = await shardOf(shard);
    if (offset + size > file.size)
      fail("malformed/truncated", {
        source: "tensor-bundle",
        path: key,
        expected: `${offset + size} bytes in ${file.name}`,
        found: `${file.size}`,
      });
    const content = await file.read(offset, size);
    // That of text is made in another way: see `readText`.
    if (dtype !== "string") checkCrc(crc32c(content), crc, key);
    return content;
  };
  return { key, dtype, type, shape, shard, size, crc, sliced, read };
}

/** The one text of a scalar of texts: its length, the length's checksum, then the bytes. */
export async function readTextTensor(tensor: BundleTensor): Promise<Uint8Array> {
  const bytes = await tensor.read();
  const length = varint(bytes, 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (tensor.shape.length > 0 || length.end + 4 + length.value !== bytes.length)
    malformed("a text that does not fill its bytes", { path: tensor.key });
  // Both checksums are over lengths as whole numbers of 4 bytes, or of 8.
  const number = new Uint8Array(length.value > 0xffffffff ? 8 : 4);
  for (let i = 0; i < number.length; i++) number[i] = Math.floor(length.value / 2 ** (8 * i)) % 256;
  const lengths = crc32c(number);
  checkCrc(lengths, view.getUint32(length.end, true), tensor.key);
  const text = bytes.subarray(length.end + 4);
  checkCrc(crc32c(text, crc32c(bytes.subarray(length.end, length.end + 4), lengths)), tensor.crc, tensor.key);
  return text;
}
