/**
 * What importers give and exporters take: a file's content that nobody has interpreted yet. Importers know containers
 * and naming, never layers, so a file full of unknown layers still opens, shows and round-trips.
 */
import type { DType } from "../core/dtype.ts";
import type { Problem } from "../core/error.ts";
import type { Semantics } from "../core/semantics.ts";
import type { StoredWeight } from "../core/stored.ts";
import type { JsonDocument, JsonNode, JsonObject } from "../codecs/json.ts";

export type { StoredWeight } from "../core/stored.ts";

export const DIALECTS = ["keras1", "keras2", "keras3"] as const;

/** A format of files, by the name that options and reports call it. */
export type FormatId =
  | "keras-v3"
  | "keras-h5"
  | "weights-h5"
  | "keras-json"
  | "tfjs-layers"
  | "saved-model"
  | "tf-checkpoint"
  | "safetensors"
  | "npz"
  | "onnx"
  | "module"
  | "html";
/** The generation of Keras whose config language the file speaks. */
export type Dialect = (typeof DIALECTS)[number];

/** Who wrote a file. */
export interface Writer {
  /** `keras` alone, `tf-keras` for TensorFlow's copy (tf.keras and tf_keras), `tfjs-layers`, or unknown. */
  readonly library: "keras" | "tf-keras" | "tfjs-layers" | "unknown";
  readonly version: string | null;
  /** `tensorflow`, `theano`, `torch`, `jax`, `cntk` …, as stored or as the weight names betray. */
  readonly backend: string | null;
}

/**
 * How weights find their layers: by the path of attributes and a number (`tree`) or a name (`paths`), by layer name and
 * order (`flat`), by the variables' names, by the objects that hold them. See model/naming.
 */
export type Naming = "tree" | "flat" | "paths" | "names" | "objects" | "none";

/** A table of a TensorFlow graph: tokens and their indices, or the other way round. */
export interface LookupTable {
  readonly keys: readonly JsonNode[];
  /** As many. */
  readonly values: readonly JsonNode[];
  /** Of a file: its lines and their numbers, whichever the layer looks up. */
  readonly isOfLines?: true;
}

/** An object of a TensorFlow checkpoint: what it holds by attribute, as places in the list of all objects, and its value. */
export interface ObjectNode {
  readonly children: ReadonlyMap<string, number>;
  readonly weight: StoredWeight | null;
  /** Of a lookup layer's table. */
  readonly table?: LookupTable;
  /** TensorFlow's own name of a variable. */
  readonly fullName: string;
}

export type ExtraKind = "metadata" | "optimizer" | "training" | "asset" | "structure" | "unknown";

/** Something in the file that is neither config nor weights. Kept, and written back where the target can hold it. */
export interface Extra {
  readonly kind: ExtraKind;
  /** Inside the file: a zip member, an HDF5 object, or `object@attribute`. */
  readonly path: string;
  readonly byteLength: number;
}

/** A stored array of the optimizer, in stored order. */
export type OptimizerWeight = StoredWeight;

/** What is written of one. */
export type OutOptimizerWeight = Omit<OptimizerWeight, "byteLength" | "read">;

/** One opened file, or an architecture and its weights: all that it holds, read when asked for. */
export interface Archive {
  readonly format: FormatId;
  readonly dialect: Dialect;
  readonly semantics: Semantics;
  readonly writer: Writer;
  /** As the caller named the file. */
  readonly file: string;
  /** The model's config as stored (Keras 3: the whole serialised object); null for a file of weights alone. */
  readonly config: JsonDocument | null;
  /** What such a file may be where it has no config, in words. */
  readonly instead?: string;
  readonly naming: Naming;
  /** Flat files: in the order of `layer_names` and `weight_names`. Tree files: in the order of the paths as walked. */
  readonly weights: readonly StoredWeight[];
  /** Flat files: every name in `layer_names`, those without weights included, in order. */
  readonly layerNames: readonly string[];
  /** Tree files: the `name` attribute of each owner's `vars` group (the layer's own name), by owner path. */
  readonly groupNames: ReadonlyMap<string, string>;
  /** Vocabularies that lie beside the config, by the path of their layer: a token a line. */
  readonly vocabularies?: ReadonlyMap<string, string>;
  /** Models that the file names by a class of somebody's own, which Keras counts them by: their objects in the config of here. */
  readonly classes?: ReadonlyMap<JsonObject, string>;
  /** Files of objects: all of them, the model first. */
  readonly objects?: readonly ObjectNode[];
  /** `compile_config` or `training_config`, as stored. */
  readonly training: JsonNode | null;
  readonly optimizer: readonly OptimizerWeight[];
  readonly extras: readonly Extra[];
  /** Bytes of weights, config and extras together with the container's own; the ledger checks that they are the whole file. */
  readonly ledger: Ledger;
  /** Damage beside what is needed to run: those parts are left out. */
  readonly warnings: readonly Problem[];
  /** The parsed container, for the exporter of the same format. */
  readonly container: unknown;
  /** The archives that this one was put together from: an architecture and its weights. */
  readonly parts?: readonly Archive[];
  close(): Promise<void>;
}

/** Where every byte of a file went. `used + extras + overhead = size`; what is compressed counts with its inflated bytes. */
export interface Ledger {
  readonly size: number;
  readonly used: number;
  readonly extras: number;
  /** The container's own structure: headers, directories, padding. Below zero when compression saved more than that. */
  readonly overhead: number;
  /** Zip members, HDF5 objects and attributes (`object@attribute`) that were used; `extras` has all others. */
  readonly objects: readonly string[];
}

/** An array to be written. */
export interface OutWeight {
  /** Variable name without owner, for example `kernel`. */
  readonly variable: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The stored array that this is, when untouched. */
  readonly stored?: StoredWeight;
  slices(): AsyncIterable<Uint8Array>;
}

/** An array under a name: that of a naming, within its group. */
export interface NamedOutWeight extends OutWeight {
  readonly name: string;
}

/** The arrays of one owner, maybe none: Keras writes the empty group too. */
export interface WeightGroup {
  /** Tree and paths: where the owner lies; flat: the name of a top-level layer. */
  readonly path: string;
  /** The owner's own name, null where the file does not tell it. */
  readonly name: string | null;
  /** Tree: numbered; flat: trainable ones first, under the names that Keras gives them; paths: under their whole names. */
  readonly weights: readonly NamedOutWeight[];
}

/** A model ready to be written in one dialect; made by the model, consumed by an exporter. */
export interface Artifact {
  readonly dialect: Dialect;
  readonly semantics: Semantics;
  /** Keras 3: the whole serialised object; Keras 1 and 2: `{class_name, config}`. */
  readonly config: JsonDocument;
  /** The arrays under a naming; none under one that is only read. Throws `unsupported/translation`. */
  groups(naming: Naming): readonly WeightGroup[];
  /** Arrays that each naming holds. */
  readonly weightCount: number;
  /** How many layers add a metric, whose sums tf.keras asks for. */
  readonly addedMetrics: number;
  readonly training: JsonNode | null;
  readonly optimizer: readonly OptimizerWeight[];
  /** Whether both are of training done here, as Keras 3 says them, and not those of `origin`. */
  readonly isTrained: boolean;
  /** Where the model came from; null when it was built in code. */
  readonly origin: Archive | null;
  /** Whether config and weights are those of `origin`, so that the same format may be written back object by object. */
  readonly untouched: boolean;
  /** What is not said as the model says it: one line each. */
  readonly changes: string[];
}

/** One file of an export; a format may have several (architecture and weights apart). */
export interface OutputFile {
  /** Relative to the target; "" is the target itself. */
  readonly path: string;
  /** Beside the target, not inside: `path` is its name there. */
  readonly beside?: boolean;
  chunks(): AsyncIterable<Uint8Array>;
}

/** What an exporter gives: the files, and what became of everything in them. */
export interface Exported {
  readonly files: readonly OutputFile[];
  /** What was written as it was, what was changed, and what the format cannot hold: one line each. */
  readonly kept: readonly string[];
  readonly changed: readonly string[];
  readonly dropped: readonly string[];
}
