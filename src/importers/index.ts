/** The formats that can be read, and the one door to them. */
import { fail, located } from "../core/error.ts";
import { type Limits, withLimits } from "../core/limits.ts";
import type { Source } from "../core/source.ts";
import type { Archive, FormatId } from "../formats/archive.ts";
import { MODEL_CONFIG } from "../formats/flat.ts";
import * as kerasH5 from "../formats/keras-h5.ts";
import * as kerasJson from "../formats/keras-json.ts";
import * as kerasV3 from "../formats/keras-v3.ts";
import * as named from "../formats/named-arrays.ts";
import * as savedModel from "../formats/saved-model.ts";
import * as tfjsLayers from "../formats/tfjs-layers.ts";
import * as weightsH5 from "../formats/weights-h5.ts";
import { refuseForeign, refuseUnknown } from "./foreign.ts";
import { isSafetensors, type Probe, probe } from "./probe.ts";
import { modelJsonAmong, tfjsMembers } from "./tfjs-json.ts";

/** A format that can be read. */
export interface ImporterRow {
  readonly id: FormatId;
  readonly title: string;
  readonly extensions: readonly string[];
  /** By content, never by name. At most one row takes a file. */
  detect(probe: Probe, limits: Limits): boolean | Promise<boolean>;
  load(): Promise<(probe: Probe, limits: Limits) => Promise<Archive>>;
}

export const IMPORTERS: readonly ImporterRow[] = [
  {
    id: "keras-v3",
    title: kerasV3.TITLE,
    extensions: kerasV3.EXTENSIONS,
    detect: ({ members }) => members?.names.includes(kerasV3.CONFIG) ?? false,
    load: async () => {
      const { importKerasV3 } = await import("./keras-v3.ts");
      return ({ members }, limits) => importKerasV3(members!, limits);
    },
  },
  {
    id: "keras-h5",
    title: kerasH5.TITLE,
    extensions: kerasH5.EXTENSIONS,
    detect: ({ hdf5 }) => hdf5?.attributes.has(MODEL_CONFIG) ?? false,
    load: async () => {
      const { importKerasH5 } = await import("./keras-h5.ts");
      return ({ source, hdf5, warnings }, limits) => importKerasH5(source, hdf5!, limits, warnings);
    },
  },
  {
    id: "weights-h5",
    title: weightsH5.TITLE,
    extensions: weightsH5.EXTENSIONS,
    detect: ({ hdf5 }) => hdf5 !== null && !hdf5.attributes.has(MODEL_CONFIG),
    load: async () => {
      const { importWeightsH5 } = await import("./weights-h5.ts");
      return ({ source, hdf5, warnings }) => importWeightsH5(source, hdf5!, warnings);
    },
  },
  {
    id: "saved-model",
    title: savedModel.TITLE,
    extensions: [],
    detect: ({ members }) => members?.names.includes(savedModel.SAVED_MODEL) ?? false,
    load: async () => {
      const { importSavedModel } = await import("./saved-model.ts");
      return ({ members }, limits) => importSavedModel(members!, limits);
    },
  },
  {
    id: "tf-checkpoint",
    title: savedModel.CHECKPOINT_TITLE,
    extensions: [],
    detect: ({ members }) => {
      const names = members?.names.filter((file) => file !== "checkpoint") ?? [];
      return names.length > 0 && names.every((file) => savedModel.checkpointPrefix(file) !== null);
    },
    load: async () => {
      const { importTfCheckpoint } = await import("./tf-checkpoint.ts");
      return ({ members }, limits) => importTfCheckpoint(members!, limits);
    },
  },
  {
    id: "tfjs-layers",
    title: tfjsLayers.TITLE,
    extensions: [],
    detect: async (found, limits) => {
      const members = tfjsMembers(found);
      return members !== null && (await modelJsonAmong(members, limits)) !== null;
    },
    load: async () => {
      const { importTfjsLayers } = await import("./tfjs-layers.ts");
      return (found, limits) => importTfjsLayers(tfjsMembers(found)!, limits);
    },
  },
  {
    id: "safetensors",
    title: named.SAFETENSORS_TITLE,
    extensions: named.SAFETENSORS_EXTENSIONS,
    detect: isSafetensors,
    load: async () => {
      const { importSafetensors } = await import("./named-arrays.ts");
      return ({ source }, limits) => importSafetensors(source, limits);
    },
  },
  {
    id: "npz",
    title: named.NPZ_TITLE,
    extensions: named.NPZ_EXTENSIONS,
    detect: ({ members }) => (members?.zip?.size ?? 0) > 0 && members!.names.every((name) => name.endsWith(named.NPY)),
    load: async () => {
      const { importNpz } = await import("./named-arrays.ts");
      return ({ source }, limits) => importNpz(source, limits);
    },
  },
  {
    id: "keras-json",
    title: kerasJson.TITLE,
    extensions: kerasJson.EXTENSIONS,
    detect: ({ text }) => /^[{["]/.test(text),
    load: async () => {
      const { importKerasJson } = await import("./keras-json.ts");
      return ({ source }, limits) => importKerasJson(source, limits);
    },
  },
];

/** A file, or the files of a folder by relative path (`/` between folders, whatever the system). */
export type ImportInput = Source | ReadonlyMap<string, Source>;

/** How files are opened. */
export interface ImportOptions {
  readonly limits?: Partial<Limits>;
  /** The weights of an architecture that is kept apart. */
  readonly weights?: ImportInput;
  /** What messages call a folder. */
  readonly name?: string;
  /** What reads HDF5 in place of keraport's own reader. */
  readonly hdf5?: "h5wasm";
}

/**
 * Opens a file or folder of any known format. Weights are located and checked against each other but stay unread, so the
 * archive holds its source open until `close`; on failure the source is closed here. Throws a `FormatError`:
 * `malformed/*`, `unsupported/*`, `limit/*`, and `mismatch/*` when architecture and weights do not go together.
 */
export async function importArchive(input: ImportInput, options: ImportOptions = {}): Promise<Archive> {
  const limits = withLimits(options.limits);
  const opened: Archive[] = [];
  const read = async (files: ImportInput): Promise<ImportInput> =>
    options.hdf5 === undefined ? files : (await import("./h5wasm.ts")).throughH5wasm(files, limits);
  try {
    opened.push(await importOne(await read(input), limits, options.name));
    if (options.weights === undefined) return opened[0]!;
    opened.push(await importOne(await read(options.weights), limits, undefined));
    return (await import("./combine.ts")).combine(opened[0]!, opened[1]!);
  } catch (error) {
    for (const archive of opened) await archive.close();
    await closeAll(input);
    if (options.weights !== undefined) await closeAll(options.weights);
    throw error;
  }
}

async function importOne(input: ImportInput, limits: Limits, name = "folder"): Promise<Archive> {
  if (!isFolder(input)) return importProbe(await probe(input, limits), limits);
  for (const file of input.values()) checkSize(file, limits);
  const { importFolder } = await import("./folder.ts");
  const isModel = async (found: Probe): Promise<boolean> => (await rowFor(found, limits)) !== undefined;
  return importFolder(input, { name, limits, isModel, importProbe });
}

async function importProbe(found: Probe, limits: Limits): Promise<Archive> {
  refuseForeign(found);
  const row = await rowFor(found, limits);
  if (row === undefined)
    refuseUnknown(
      found,
      IMPORTERS.map(({ title }) => title),
    );
  const load = await row.load();
  return located({ file: found.source.name }, () => load(found, limits));
}

async function rowFor(found: Probe, limits: Limits): Promise<ImporterRow | undefined> {
  for (const row of IMPORTERS) if (await row.detect(found, limits)) return row;
  return undefined;
}

function checkSize(file: Source, limits: Limits): void {
  if (file.size <= limits.fileBytes) return;
  fail("limit/file-bytes", {
    file: file.name,
    expected: `at most ${limits.fileBytes} bytes`,
    found: `${file.size} bytes`,
  });
}

function isFolder(input: ImportInput): input is ReadonlyMap<string, Source> {
  return input instanceof Map;
}

async function closeAll(input: ImportInput): Promise<void> {
  for (const source of isFolder(input) ? input.values() : [input]) await source.close?.();
}
