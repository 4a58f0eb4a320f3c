/** Which files of a folder are the models that its io.npz belongs to. */
import { fail } from "../core/error.ts";

export const FIXTURE = "io.npz";

/** What a folder lists. */
export interface FolderEntry {
  readonly name: string;
  readonly isFolder: boolean;
}

const isWeights = (name: string): boolean => /weights.*\.(h5|hdf5)$/i.test(name);
const isWhole = (name: string): boolean => /\.(keras|h5|hdf5|onnx)$/i.test(name) && !isWeights(name);
/** What lies beside models and is none. */
const NO_MODEL = /^(case|index|metadata|notes?|package)\.json$/i;

/** The files to load. */
export interface FolderModel {
  /** "" is the folder itself: an unzipped `.keras`, a SavedModel, a TensorFlow.js model. */
  readonly model: string;
  readonly weights?: string;
  /** The architecture to take with `model` as its weights, if that turns out to have none. */
  readonly architecture?: string;
}

/**
 * The model's name and, where it is apart, that of its weights; the same network in several whole files is several models.
 * Throws `malformed/missing-file`.
 */
export function findModels(entries: readonly FolderEntry[], folder: string): readonly [FolderModel, ...FolderModel[]] {
  const files = entries.filter((entry) => !entry.isFolder).map((entry) => entry.name);
  const isFolder = files.some((name) => name === "config.json" || name === "saved_model.pb" || name.endsWith(".bin"));
  if (isFolder) return [{ model: "" }];
  const [whole, ...copies] = files.filter(isWhole).sort();
  const json = files.filter((name) => name.endsWith(".json") && !NO_MODEL.test(name));
  if (whole !== undefined && (copies.length > 0 || json.length !== 1))
    return [{ model: whole }, ...copies.map((model) => ({ model }))];
  const weights = files.filter(isWeights);
  if (json.length === 1 && weights.length === 1) return [{ model: json[0]!, weights: weights[0]! }];
  if (whole !== undefined) return [{ model: whole, architecture: json[0]! }];
  if (json.length === 1) return [{ model: json[0]! }];
  const folders = entries.filter((entry) => entry.isFolder && !["assets", "variables"].includes(entry.name));
  if (folders.length === 1) return [{ model: folders[0]!.name }];
  // Formats are told by content: a model may have any name, if it is alone.
  const others = files.filter(
    (name) => name !== FIXTURE && !NO_MODEL.test(name) && !/\.(txt|md|py|html|npz)$/i.test(name),
  );
  if (others.length === 1) return [{ model: others[0]! }];
  return fail("malformed/missing-file", { file: folder, message: "no model beside io.npz" });
}
