/**
 * Named arrays as safetensors keeps them: a JSON header that says where in the rest each array lies. As strict as the reference,
 * and duplicate names are refused too.
 *
 * Spec: safetensors/src/tensor.rs (`read_metadata`, `validate`, `prepare`).
 */
import { type JsonNode, JsonNumber, parseJson, printJson } from "./json.ts";
import { type DType, itemSize } from "../core/dtype.ts";
import { atMost, fail, type Problem } from "../core/error.ts";
import type { Limits } from "../core/limits.ts";
import type { Source } from "../core/source.ts";

const LENGTH = 8;
const METADATA = "__metadata__";
/** The reference's own limit. */
const MOST_HEADER = 100_000_000;
const ALIGNMENT = 8;

const DTYPES: ReadonlyMap<string, DType> = new Map<string, DType>([
  ["BOOL", "bool"],
  ["U8", "uint8"],
  ["I8", "int8"],
  ["I16", "int16"],
  ["U16", "uint16"],
  ["F16", "float16"],
  ["BF16", "bfloat16"],
  ["I32", "int32"],
  ["U32", "uint32"],
  ["F32", "float32"],
  ["F64", "float64"],
  ["I64", "int64"],
  ["U64", "uint64"],
]);

interface TensorEntry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** In the file. */
  readonly offset: number;
  readonly size: number;
}

function malformed(detail: Omit<Problem, "code">): never {
  return fail("malformed/safetensors", { source: "safetensors", ...detail });
}

const wholeNumbers = (node: JsonNode | undefined): number[] | null => {
  if (!Array.isArray(node)) return null;
  const numbers = node.map((n) =>
    n instanceof JsonNumber && n.isInteger && Number.isSafeInteger(n.value) ? n.value : -1,
  );
  return numbers.every((n) => n >= 0) ? numbers : null;
};

/**
 * The arrays in the order of their bytes, and the metadata. Throws `malformed/safetensors`, `malformed/json`,
 * `unsupported/dtype`, `limit/*`.
 */
export async function readSafetensors(
  source: Source,
  limits: Limits,
): Promise<{ entries: readonly TensorEntry[]; metadata: ReadonlyMap<string, string> }> {
  if (source.size < LENGTH) malformed({ message: "shorter than its first number" });
  const start = await source.read(0, LENGTH);
  const view = new DataView(start.buffer, start.byteOffset, LENGTH);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length > Math.min(MOST_HEADER, limits.jsonBytes, source.size - LENGTH))
    malformed({ message: "a header longer than the file, or than any", found: `${length} bytes` });
  const { root } = parseJson(await source.read(LENGTH, length), limits);
  if (!(root instanceof Map)) malformed({ expected: "an object as header" });
  const data = LENGTH + length;
  const metadata = readMetadata(root.get(METADATA));
  const entries: TensorEntry[] = [];
  let total = 0;
  for (const [name, node] of root) {
    if (name === METADATA) continue;
    const entry = readEntry(name, node, data, limits);
    total += entry.size;
    atMost("limit/total-tensor-bytes", total, limits.totalTensorBytes, "bytes", { source: "safetensors", path: name });
    entries.push(entry);
  }
  entries.sort((a, b) => a.offset - b.offset || a.size - b.size);
  let end = data;
  for (const { name, offset, size } of entries) {
    if (offset !== end)
      malformed({
        path: name,
        message: "bytes that no array or two arrays own",
        expected: `${end - data}`,
        found: `${offset - data}`,
      });
    end += size;
  }
  if (end !== source.size)
    malformed({ message: "arrays that do not fill the file", expected: `${end} bytes`, found: `${source.size}` });
  return { entries, metadata };
}

function readMetadata(node: JsonNode | undefined): ReadonlyMap<string, string> {
  if (node === undefined) return new Map();
  const isText = node instanceof Map && [...node.values()].every((value) => typeof value === "string");
  return isText ? (node as Map<string, string>) : malformed({ path: METADATA, expected: "texts by name" });
}

function readEntry(name: string, node: JsonNode, data: number, limits: Limits): TensorEntry {
  const where = { source: "safetensors", path: name };
  atMost("limit/name-bytes", name.length, limits.nameBytes, "bytes", where);
  const [type, shape, offsets] =
    node instanceof Map
      ? [node.get("dtype"), wholeNumbers(node.get("shape")), wholeNumbers(node.get("data_offsets"))]
      : [];
  if (typeof type !== "string" || !shape || offsets?.length !== 2)
    return malformed({ path: name, expected: "dtype, shape and data_offsets" });
  const dtype = DTYPES.get(type);
  if (dtype === undefined)
    return fail("unsupported/dtype", { ...where, expected: [...DTYPES.keys()].join(", "), found: type });
  atMost("limit/rank", shape.length, limits.rank, "axes", where);
  const [from, to] = offsets as [number, number];
  const size = shape.includes(0) ? 0 : shape.reduce((product, n) => product * n, itemSize(dtype));
  if (to - from !== size)
    return malformed({
      path: name,
      message: "bytes that do not fill the shape",
      expected: `${size}`,
      found: `${to - from}`,
    });
  atMost("limit/tensor-bytes", size, limits.tensorBytes, "bytes", where);
  return { name, dtype, shape, offset: data + from, size };
}

/** An array to be written. */
interface OutArray {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  slices(): AsyncIterable<Uint8Array>;
}

/** As the reference lays a file out: wide elements first, then by name. Throws `unsupported/dtype` for text. */
export function planSafetensors(
  arrays: readonly OutArray[],
  metadata: ReadonlyMap<string, string>,
): () => AsyncIterable<Uint8Array> {
  const names = new Map([...DTYPES].map(([name, dtype]) => [dtype, name]));
  const sorted = [...arrays].sort((a, b) => itemSize(b.dtype) - itemSize(a.dtype) || (a.name < b.name ? -1 : 1));
  const header = new Map<string, JsonNode>(metadata.size === 0 ? [] : [[METADATA, new Map(metadata)]]);
  const list = (numbers: readonly number[]): JsonNode => numbers.map((n) => JsonNumber.of(n, "int"));
  let end = 0;
  for (const { name, dtype, shape } of sorted) {
    const type = names.get(dtype) ?? fail("unsupported/dtype", { source: "safetensors", path: name, found: dtype });
    const from = end;
    end += shape.reduce((product, n) => product * n, itemSize(dtype));
    header.set(
      name,
      new Map<string, JsonNode>([
        ["dtype", type],
        ["shape", list(shape)],
        ["data_offsets", list([from, end])],
      ]),
    );
  }
  const style = { indent: null, itemSeparator: ",", keySeparator: ":", ensureAscii: false } as const;
  const text = new TextEncoder().encode(printJson(header, style));
  const start = new Uint8Array(LENGTH + Math.ceil(text.length / ALIGNMENT) * ALIGNMENT).fill(0x20);
  new DataView(start.buffer).setBigUint64(0, BigInt(start.length - LENGTH), true);
  start.set(text, LENGTH);
  return async function* () {
    yield start;
    for (const array of sorted) yield* array.slices();
  };
}
