/** Reads safetensors and `.npz`. See formats/named-arrays.ts for the names and their sources. */
import { openNpz } from "../codecs/npz.ts";
import { readSafetensors } from "../codecs/safetensors.ts";
import { fail, located } from "../core/error.ts";
import type { Limits } from "../core/limits.ts";
import { bytesSource, type Source } from "../core/source.ts";
import type { StoredWeight } from "../core/stored.ts";
import { itemSize, type NumericArray } from "../core/dtype.ts";
import { sizeOf } from "../core/tensor.ts";
import type { Archive, FormatId } from "../formats/archive.ts";
import { FORMAT, KERAS_CONFIG } from "../formats/named-arrays.ts";
import { Claims } from "./claims.ts";
import { importKerasJson } from "./keras-json.ts";
import { namedWeights, splitName } from "./named-weights.ts";

const PIECE = 1 << 22;

/** Throws what `readSafetensors` throws; `unsupported/format` for weights of PyTorch. */
export async function importSafetensors(source: Source, limits: Limits): Promise<Archive> {
  const { entries, metadata } = await located({ file: source.name }, () => readSafetensors(source, limits));
  const config = metadata.get(KERAS_CONFIG) ?? null;
  if (config === null && metadata.get(FORMAT) === "pt")
    fail("unsupported/format", {
      file: source.name,
      message:
        "weights of PyTorch, which lays them out in another way: load them in PyTorch, build the model in Keras, and save that as .keras or .h5",
    });
  const weights = entries.map(({ name, dtype, shape, offset, size }): StoredWeight => {
    return {
      key: name,
      ...splitName(name),
      dtype,
      shape,
      byteLength: size,
      read: () => source.read(offset, size),
      async *slices() {
        for (let at = 0; at < size; at += PIECE) yield await source.read(offset + at, Math.min(PIECE, size - at));
      },
    };
  });
  return archiveOf("safetensors", source, weights, config, limits);
}

/** Throws what `openNpz` throws. */
export async function importNpz(source: Source, limits: Limits): Promise<Archive> {
  const arrays = await located({ file: source.name }, () => openNpz(source, limits));
  const text = arrays.get(KERAS_CONFIG);
  const isText = text?.dtype === "string" && text.shape.length === 0;
  const config = isText ? ((await text.read()).data[0] as string) : null;
  const weights: StoredWeight[] = [];
  for (const [name, { dtype, shape, read, slices }] of arrays) {
    if (name === KERAS_CONFIG && config !== null) continue;
    if (dtype === "string")
      fail("unsupported/dtype", { source: "npz", file: source.name, path: name, expected: "numbers", found: dtype });
    weights.push({
      key: name,
      ...splitName(name),
      dtype,
      shape,
      byteLength: sizeOf(shape) * itemSize(dtype),
      read: async () => {
        const { buffer, byteOffset, byteLength } = (await read()).data as NumericArray;
        return new Uint8Array(buffer, byteOffset, byteLength);
      },
      slices,
    });
  }
  return archiveOf("npz", source, weights, config, limits);
}

async function archiveOf(
  format: FormatId,
  source: Source,
  weights: readonly StoredWeight[],
  config: string | null,
  limits: Limits,
): Promise<Archive> {
  const bytes = new TextEncoder().encode(config ?? "");
  const architecture =
    config === null
      ? null
      : await located({ source: format, file: source.name, pathPrefix: KERAS_CONFIG }, () =>
          importKerasJson(bytesSource(bytes, source.name), limits),
        );
  const claims = new Claims();
  claims.book("", source.size, "used");
  const { naming, weights: own, optimizer } = namedWeights(weights, architecture !== null);
  return {
    dialect: architecture?.dialect ?? "keras3",
    semantics: architecture?.semantics ?? "keras3",
    writer: architecture?.writer ?? { library: "unknown", version: null, backend: null },
    training: architecture?.training ?? null,
    config: architecture?.config ?? null,
    format,
    file: source.name,
    naming,
    weights: own,
    layerNames: [],
    groupNames: new Map(),
    optimizer,
    extras: claims.extras(),
    ledger: claims.ledger(source.size),
    warnings: [],
    container: null,
    close: async () => source.close?.(),
  };
}
