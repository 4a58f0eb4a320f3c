/** The weights manifest of TensorFlow.js: which bytes of which shards are which weight, and how they are packed. */
import { type JsonNode, JsonNumber } from "../codecs/json.ts";
import { allocate, type DType, fromFloat16, itemSize, type NumericArray, viewAs } from "../core/dtype.ts";
import { atMost, fail, type Problem } from "../core/error.ts";
import type { Limits } from "../core/limits.ts";
import { joinedSource, type Source } from "../core/source.ts";
import type { StoredWeight } from "../core/stored.ts";
import { checkStored } from "../formats/array-limits.ts";
import type { Members } from "../formats/members.ts";
import { ITEM_BYTES, MANIFEST, QUANTISED, type TfjsDType } from "../formats/tfjs-layers.ts";
import { splitName } from "./named-weights.ts";
import type { FilePlace } from "./stored.ts";

interface Packed {
  readonly stored: TfjsDType;
  readonly scale: number;
  readonly min: number;
}

/** What a manifest says of one weight. */
interface Spec {
  readonly name: string;
  readonly group: string | null;
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32" | "bool";
  readonly packed: Packed;
  readonly count: number;
}

interface Manifest {
  readonly weights: readonly { readonly weight: StoredWeight; readonly group: string | null }[];
  readonly shards: ReadonlySet<string>;
}

const PIECE = 1 << 20;

/** Checks sizes and finds the shards; values stay unread. */
export async function readManifest(
  node: JsonNode,
  members: Members,
  place: FilePlace,
  limits: Limits,
): Promise<Manifest> {
  const at = (path: string) => ({ source: place.source, file: place.file, path: place.prefix + path });
  const wrong = (path: string, detail: Pick<Problem, "expected" | "found" | "message">): never =>
    fail("malformed/weights-manifest", { ...at(path), ...detail });
  if (node === null) return { weights: [], shards: new Set() };
  if (!Array.isArray(node)) return wrong(MANIFEST, { expected: "a list of groups" });
  const shards = new Set<string>();
  const names = new Set<string>();
  const weights: { weight: StoredWeight; group: string | null }[] = [];
  let total = 0;
  for (const [g, group] of node.entries()) {
    const path = `${MANIFEST}[${g}]`;
    const paths = group instanceof Map ? group.get("paths") : null;
    const list = group instanceof Map ? group.get("weights") : null;
    if (!Array.isArray(paths) || !Array.isArray(list)) return wrong(path, { expected: "paths and weights" });
    const parts: Source[] = [];
    for (const shard of paths) {
      const name = shardName(shard) ?? wrong(`${path}.paths`, { expected: "names of files in the same folder" });
      if (shards.has(name)) fail("malformed/duplicate-name", { ...at(`${path}.paths`), found: name });
      if (!members.names.includes(name))
        fail("malformed/missing-member", {
          ...at(name),
          message: "a file of weights that the model's JSON names is not there: the whole folder is needed",
        });
      shards.add(name);
      parts.push(await members.open(name));
    }
    const bytes = joinedSource(parts, members.name);
    let offset = 0;
    for (const [i, item] of list.entries()) {
      const spec = readSpec(item, at(`${path}.weights[${i}]`), limits);
      const own = { ...at(spec.name), path: spec.name };
      if (names.has(spec.name)) fail("malformed/duplicate-name", own);
      if (names.size >= limits.entries)
        fail("limit/entries", { ...own, expected: `at most ${limits.entries} weights` });
      names.add(spec.name);
      const start = offset;
      offset += spec.count * ITEM_BYTES[spec.packed.stored];
      if (offset > bytes.size)
        fail("malformed/truncated", {
          ...own,
          expected: `${offset} bytes in ${paths.join(", ")}`,
          found: `${bytes.size}`,
        });
      total += spec.count * itemSize(spec.dtype);
      atMost("limit/total-tensor-bytes", total, limits.totalTensorBytes, "bytes", own);
      weights.push({ weight: storedWeight(spec, bytes, start), group: spec.group });
    }
    if (offset !== bytes.size) wrong(`${path}.paths`, { expected: `${offset} bytes`, found: `${bytes.size}` });
  }
  return { weights, shards };
}

/** A file beside the JSON; nothing else is ever looked for. */
function shardName(node: JsonNode): string | null {
  if (typeof node !== "string") return null;
  const name = node.replace(/^\.\//, "");
  const parts = name.split("/");
  return name === "" || /[\\:\0]/.test(name) || parts.some((part) => ["", ".", ".."].includes(part)) ? null : name;
}

function readSpec(node: JsonNode, where: { source: string; file: string; path: string }, limits: Limits): Spec {
  const wrong = (expected: string, found?: string): never =>
    fail("malformed/weights-manifest", { ...where, expected, ...(found !== undefined && { found }) });
  if (!(node instanceof Map)) return wrong("a weight: name, shape, dtype");
  const [name, dtype, group] = [node.get("name"), node.get("dtype"), node.get("group") ?? null];
  const shape = lengthsOf(node.get("shape"));
  if (typeof name !== "string" || typeof dtype !== "string" || shape === null)
    return wrong("a weight: name, shape, dtype");
  const named = { ...where, path: name };
  if (dtype !== "float32" && dtype !== "int32" && dtype !== "bool")
    return fail("unsupported/dtype", { ...named, expected: "float32, int32 or bool", found: dtype });
  const count = checkStored({ name, shape, itemBytes: itemSize(dtype) }, named, limits);
  return {
    name,
    group: typeof group === "string" ? group : null,
    shape,
    dtype,
    count,
    packed: packing(node.get("quantization") ?? null, dtype, named),
  };
}

function packing(node: JsonNode, dtype: Spec["dtype"], where: { source: string; file: string; path: string }): Packed {
  if (node === null) return { stored: dtype, scale: 1, min: 0 };
  const stored = node instanceof Map ? node.get("dtype") : null;
  const allowed = QUANTISED[dtype] ?? [];
  if (!(node instanceof Map) || typeof stored !== "string" || !allowed.some((one) => one === stored))
    return fail("malformed/weights-manifest", {
      ...where,
      message: "quantization",
      expected: allowed.length === 0 ? `none for ${dtype}` : `${allowed.join(", ")} for ${dtype}`,
      ...(typeof stored === "string" && { found: stored }),
    });
  const [scale, min] = [node.get("scale"), node.get("min")];
  if (stored === "float16") return { stored, scale: 1, min: 0 };
  if (!(scale instanceof JsonNumber) || !(min instanceof JsonNumber))
    return fail("malformed/weights-manifest", { ...where, message: "quantization", expected: "scale and min" });
  return { stored: stored as TfjsDType, scale: scale.value, min: min.value };
}

/** Stored values as those that they stand for; computed in double, then rounded once. */
function widen({ dtype, packed: { stored, scale, min } }: Spec, bytes: Uint8Array): Uint8Array {
  if (stored === dtype) return bytes;
  const from = viewAs(stored as Exclude<DType, "string">, bytes) as Exclude<
    NumericArray,
    BigInt64Array | BigUint64Array
  >;
  const to = allocate(dtype, from.length) as typeof from;
  if (stored === "float16") for (let i = 0; i < from.length; i++) to[i] = fromFloat16(from[i]!);
  else if (dtype === "int32") for (let i = 0; i < from.length; i++) to[i] = Math.round(from[i]! * scale + min);
  else for (let i = 0; i < from.length; i++) to[i] = from[i]! * scale + min;
  return new Uint8Array(to.buffer, to.byteOffset, to.byteLength);
}

function storedWeight(spec: Spec, bytes: Source, offset: number): StoredWeight {
  const { name, shape, dtype, count } = spec;
  const size = count * ITEM_BYTES[spec.packed.stored];
  return {
    key: name,
    ...splitName(name),
    dtype,
    shape,
    byteLength: count * itemSize(dtype),
    read: async () => widen(spec, await bytes.read(offset, size)),
    async *slices() {
      for (let at = 0; at < size; at += PIECE)
        yield widen(spec, await bytes.read(offset + at, Math.min(PIECE, size - at)));
    },
  };
}

/** Whole numbers from 0 of a list, or null. */
function lengthsOf(node: JsonNode | undefined): number[] | null {
  if (!Array.isArray(node)) return null;
  const lengths = node.map((n) =>
    n instanceof JsonNumber && Number.isSafeInteger(n.value) && n.value >= 0 ? n.value : -1,
  );
  return lengths.includes(-1) ? null : lengths;
}
