/**
 * TensorFlow.js's layers-model: `model.json` (topology and weights manifest) beside shards of raw bytes. Written by the
 * Python converter (`model_config` inside the topology), by TensorFlow.js itself (a bare topology), by its browser
 * downloads (`NAME.json`, `NAME.weights.bin`) and by Teachable Machine (`metadata.json` beside it).
 * Sources: tfjs-core/src/io/{types,io_utils}.ts, tfjs-layers/src/{models,engine/training}.ts, tfjs-converter/python/tensorflowjs/write_weights.py.
 */
import type { DType } from "../core/dtype.ts";

export const TITLE = "TensorFlow.js layers model (model.json)";
export const TOPOLOGY = "modelTopology";
export const MANIFEST = "weightsManifest";
/** The model in a folder. */
export const MODEL_JSON = "model.json";
/** Names that ask for the format; a folder has none. */
export const EXTENSIONS = [".tfjs.json"];
/** How long a shard is, if nothing else is said. */
export const SHARD_BYTES = 4 * 2 ** 20;
/** What Teachable Machine says of its labels. */
export const METADATA = "metadata.json";

export type TfjsDType = "float32" | "int32" | "bool" | "uint8" | "uint16" | "float16";

/** Bytes of one stored value. */
export const ITEM_BYTES: Readonly<Record<TfjsDType, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
};

/** An optimizer as TensorFlow.js has it. */
export interface TfjsOptimizer {
  readonly className: string;
  /** Of Keras. */
  readonly keras: string;
  /** Options beside the rate: its name, then Keras's. */
  readonly options: readonly (readonly [own: string, keras: string])[];
  /** How names end of what it keeps of each weight; inner lists are those that Keras has side by side, one weight after the other. */
  readonly slots: readonly (readonly string[])[];
}

const optimizer = (
  className: string,
  options: TfjsOptimizer["options"],
  slots: TfjsOptimizer["slots"],
  keras = className,
): TfjsOptimizer => ({ className, keras, options, slots });

/** Sources: tfjs-core/src/optimizers/{adadelta,adagrad,adam,momentum,rmsprop,sgd}_optimizer.ts. Its Adamax cannot be saved. */
export const OPTIMIZERS: readonly TfjsOptimizer[] = [
  optimizer("Adadelta", [["rho", "rho"], ["epsilon", "epsilon"]], [["accum_grad", "accum_var"]]),
  optimizer("Adagrad", [["initialAccumulatorValue", "initial_accumulator_value"]], [["accumulator"]]),
  optimizer("Adam", [["beta1", "beta_1"], ["beta2", "beta_2"], ["epsilon", "epsilon"]], [["m", "v"]]),
  optimizer(
    "RMSProp",
    [["decay", "rho"], ["momentum", "momentum"], ["epsilon", "epsilon"], ["centered", "centered"]],
    [["rms"], ["momentum"], ["mg"]],
    "RMSprop",
  ),
  optimizer("SGD", [], []),
  optimizer("Momentum", [["momentum", "momentum"], ["useNesterov", "nesterov"]], [["momentum"]], "SGD"),
]; // prettier-ignore

/** Of RMSprop, which Keras keeps only where they are used. */
export const isKept = (slot: string, { keras }: TfjsOptimizer, momentum: number, centered: boolean): boolean =>
  keras !== "RMSprop" || slot === "rms" || (slot === "mg" ? centered : momentum > 0);

/** What counts steps. */
export const ITERATIONS = "iter";
/** The group of the optimizer's arrays. */
export const OPTIMIZER_GROUP = "optimizer";

/** What a weight of this dtype may be stored as. */
export const QUANTISED: Readonly<Partial<Record<DType, readonly TfjsDType[]>>> = {
  float32: ["uint8", "uint16", "float16"],
  int32: ["uint8", "uint16"],
};
