/** Reads `.keras` archives, zipped or unpacked. See formats/keras-v3.ts for the layout and its sources. */
import { type Hdf5Group, openHdf5 } from "../codecs/hdf5.ts";
import type { JsonDocument, JsonNode } from "../codecs/json.ts";
import { atMost, fail, failAll, located, type Problem } from "../core/error.ts";
import type { Limits } from "../core/limits.ts";
import type { Source } from "../core/source.ts";
import type { StoredWeight } from "../core/stored.ts";
import type { Archive } from "../formats/archive.ts";
import { type Generation, generationFromConfig, generationOf } from "../formats/generation.ts";
import {
  ASSETS,
  CONFIG,
  type KerasV3Container,
  METADATA,
  VOCABULARY,
  WEIGHTS,
  WEIGHTS_NPZ,
} from "../formats/keras-v3.ts";
import { LANGUAGES } from "../formats/languages.ts";
import type { Members } from "../formats/members.ts";
import { aside, spareParts } from "./aside.ts";
import { Claims } from "./claims.ts";
import { checkModelConfig, jsonSource } from "./config.ts";
import type { FilePlace } from "./stored.ts";
import { readTree } from "./tree-weights.ts";

/** Throws `malformed/*`, `unsupported/*`, `limit/*`; the weights are opened in place and stay unread. */
export async function importKerasV3(input: Members, limits: Limits): Promise<Archive> {
  const outside: FilePlace = { source: "keras-v3", file: input.name, prefix: "" };
  const inside: FilePlace = { ...outside, prefix: `${WEIGHTS}:` };
  const warnings: Problem[] = [];
  const config = await jsonSource(await member(input, CONFIG), outside, CONFIG, limits);
  checkModelConfig(config.root, outside, CONFIG);
  const metadata = input.names.includes(METADATA)
    ? await aside(warnings, async () => jsonSource(await member(input, METADATA), outside, METADATA, limits))
    : null;
  const weights = await openWeights(input, limits, warnings);

  const claims = new Claims();
  const problems: Problem[] = [];
  const written = generation(config, metadata);
  const tree = readTree(weights, claims, inside, problems, warnings, LANGUAGES[written.dialect].marksBfloat16);
  const sound = (stored: StoredWeight): StoredWeight => verified(stored, () => input.verify(WEIGHTS));
  failAll(problems);
  for (const name of input.names) {
    if (name === WEIGHTS) {
      claims.sweep(weights, inside.prefix);
      continue;
    }
    const kind = name.startsWith(ASSETS) ? "asset" : name.endsWith("/") ? "structure" : "unknown";
    if (name !== CONFIG && name !== METADATA) await aside(warnings, () => verify(input, name, limits));
    claims.book(name, input.sizeOf(name), name === CONFIG ? "used" : name === METADATA ? "metadata" : kind);
  }
  const vocabularies = await aside(warnings, () => readVocabularies(input));
  const container: KerasV3Container = { members: input, weights };
  return {
    format: "keras-v3",
    ...written,
    file: input.name,
    config,
    naming: "tree",
    ...tree,
    weights: tree.weights.map(sound),
    optimizer: tree.optimizer.map(sound),
    layerNames: [],
    ...(vocabularies !== null && { vocabularies }),
    training: field(config.root, "compile_config"),
    extras: claims.extras(),
    ledger: claims.ledger(input.size),
    warnings,
    container,
    close: input.close,
  };
}

/** The same, read once `verify` has gone well. */
function verified(stored: StoredWeight, verify: () => Promise<unknown>): StoredWeight {
  return {
    ...stored,
    read: async () => (await verify(), stored.read()),
    async *slices() {
      await verify();
      yield* stored.slices();
    },
  };
}

/** What lookups have learned. */
async function readVocabularies(input: Members): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const name of input.names) {
    if (!name.startsWith(ASSETS) || !name.endsWith(VOCABULARY)) continue;
    const source = await input.open(name);
    const bytes = await source.read(0, source.size);
    found.set(name.slice(ASSETS.length, -VOCABULARY.length), new TextDecoder().decode(bytes));
  }
  return found;
}

async function member(input: Members, name: string): Promise<Source> {
  if (input.names.includes(name)) return input.open(name);
  fail("malformed/missing-member", { source: "keras-v3", file: input.name, path: name, found: "no such member" });
}

/** Opening a member checks its size and checksum; what is kept unread must be sound too. */
async function verify(input: Members, name: string, limits: Limits): Promise<void> {
  atMost("limit/tensor-bytes", input.sizeOf(name), limits.tensorBytes, "bytes", {
    source: "keras-v3",
    file: input.name,
    path: name,
  });
  await input.verify(name);
}

async function openWeights(input: Members, limits: Limits, warnings: Problem[]): Promise<Hdf5Group> {
  if (!input.names.includes(WEIGHTS) && input.names.includes(WEIGHTS_NPZ)) {
    fail("unsupported/format", {
      source: "keras-v3",
      file: input.name,
      path: WEIGHTS_NPZ,
      message: "weights kept as pickled NumPy arrays (weights_format='npz')",
    });
  }
  if (!input.names.includes(WEIGHTS)) await member(input, WEIGHTS);
  const source = await input.peek(WEIGHTS);
  return located({ source: "keras-v3", file: input.name, pathPrefix: `${WEIGHTS}:` }, () =>
    openHdf5(source, limits, spareParts(warnings)),
  );
}

/** The version is in the metadata; Keras itself reads archives without any. */
function generation(config: JsonDocument, metadata: JsonDocument | null): Generation {
  const version = metadata === null ? null : field(metadata.root, "keras_version");
  const known = typeof version === "string" ? generationOf(version, null) : null;
  return known ?? generationFromConfig(config.root, null);
}

function field(node: JsonNode, key: string): JsonNode {
  return node instanceof Map ? (node.get(key) ?? null) : null;
}
