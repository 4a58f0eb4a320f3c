/** A folder: a model in one of the formats that are folders, or what lies in it, put together. */
import { fail } from "../core/error.ts";
import type { Limits } from "../core/limits.ts";
import type { Source } from "../core/source.ts";
import type { Archive } from "../formats/archive.ts";
import { checkpointPrefix } from "../formats/saved-model.ts";
import { combine } from "./combine.ts";
import { refuseForeign } from "./foreign.ts";
import { folderMembers } from "./members.ts";
import { type Probe, probe, probeFolder } from "./probe.ts";
import { importShards, shardsAmong } from "./shards.ts";

/** `name`: what messages call the folder. `isModel`, `importProbe`: what all formats make of a file or folder. */
interface FolderImport {
  readonly name: string;
  readonly limits: Limits;
  isModel(found: Probe): Promise<boolean>;
  importProbe(found: Probe, limits: Limits): Promise<Archive>;
}

/** Opens what a folder holds, by path inside it. Throws what `importArchive` throws. */
export async function importFolder(input: ReadonlyMap<string, Source>, to: FolderImport): Promise<Archive> {
  const { name, limits, importProbe } = to;
  const files = withoutCommonFolder(input);
  const whole = probeFolder(folderMembers(files, name));
  if (await to.isModel(whole)) return importProbe(whole, limits);
  const without = (taken: ReadonlyMap<string, Source>): ReadonlyMap<string, Source> =>
    new Map([...files].filter(([path]) => !taken.has(path)));
  const shards = shardsAmong(files);
  if (shards !== null) {
    const weights = await importShards(shards, name, limits);
    const others = without(shards);
    return others.size === 0 ? weights : combine(await importFolder(others, to), weights);
  }
  const checkpoint = checkpointAmong(files, name);
  if (checkpoint !== null) {
    const weights = await importFolder(checkpoint, to);
    return combine(await importFolder(without(checkpoint), to), weights);
  }
  refuseForeign(whole);
  const pair = pairOf(files, name);
  const first = await importProbe(await probe(pair.model, limits), limits);
  if (pair.weights === null) return first;
  return combine(first, await importProbe(await probe(pair.weights, limits), limits));
}

/** What a folder that is no model itself is taken for: a single file, or one architecture beside one file of weights. */
function pairOf(files: ReadonlyMap<string, Source>, name: string): { model: Source; weights: Source | null } {
  const [only] = files.values();
  if (files.size === 1) return { model: only!, weights: null };
  const named = (pattern: RegExp): Source[] =>
    [...files].filter(([path]) => pattern.test(path)).map(([, file]) => file);
  const architectures = named(/^[^/]*\.json$/i);
  const whole = named(/^[^/]*\.(h5|hdf5|keras|safetensors)$/i);
  // Beside others, an .npz is most likely a fixture.
  const weights = whole.length > 0 ? whole : named(/^[^/]*\.npz$/i);
  if (architectures.length === 1 && weights.length === 1) return { model: architectures[0]!, weights: weights[0]! };
  fail("unsupported/format", {
    file: name,
    message: "a folder that is no model",
    expected: "config.json and model.weights.h5, or one .json beside one .h5, .safetensors or .npz",
    found: [...files.keys()].slice(0, 8).join(", ") || "an empty folder",
  });
}

/** Browsers name the files of a dropped folder with the folder in front. */
function withoutCommonFolder(files: ReadonlyMap<string, Source>): ReadonlyMap<string, Source> {
  const [first] = files.keys();
  const folder = first === undefined ? "" : first.slice(0, first.indexOf("/") + 1);
  if (folder === "" || ![...files.keys()].every((path) => path.startsWith(folder))) return files;
  return withoutCommonFolder(new Map([...files].map(([path, file]) => [path.slice(folder.length), file])));
}

/** The files of a TensorFlow checkpoint among others; null where there is none. Throws `mismatch/several-models`. */
function checkpointAmong(files: ReadonlyMap<string, Source>, name: string): ReadonlyMap<string, Source> | null {
  const prefixes = new Set([...files.keys()].map(checkpointPrefix).filter((prefix) => prefix !== null));
  if (prefixes.size === 0) return null;
  if (prefixes.size > 1)
    fail("mismatch/several-models", {
      file: name,
      expected: "one checkpoint: name its .index",
      found: [...prefixes].slice(0, 8).join(", "),
    });
  return new Map([...files].filter(([file]) => file === "checkpoint" || checkpointPrefix(file) !== null));
}
