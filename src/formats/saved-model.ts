/**
 * What tf.keras makes of TensorFlow's files: a SavedModel folder, whose layers' configs are in `keras_metadata.pb` (before 2.5
 * in the object graph of `saved_model.pb`) and whose variables are a checkpoint; or a checkpoint alone. Sources:
 * tf_keras/saving/legacy/saved_model/{save,load}.py, tf_keras/protobuf/saved_metadata.proto,
 * tensorflow/core/protobuf/{saved_model,meta_graph,saved_object_graph,trackable_object_graph}.proto.
 */
export const TITLE = "tf.keras SavedModel (folder)";
export const CHECKPOINT_TITLE = "TensorFlow checkpoint (.index, .data-…)";
export const SAVED_MODEL = "saved_model.pb";
export const KERAS_METADATA = "keras_metadata.pb";
export const VARIABLES = "variables/variables";
/** The key of the objects in a checkpoint's index. */
export const OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH";
export const VARIABLE_VALUE = "VARIABLE_VALUE";

/** The prefix of a checkpoint's index or data file in the folder itself; null for another file. */
export function checkpointPrefix(file: string): string | null {
  return /^([^/]+)\.(index|data-[0-9]{5}-of-[0-9]{5})$/.exec(file)?.[1] ?? null;
}

/** Name of a data file. */
export const dataFile = (prefix: string, n: number, count: number): string =>
  `${prefix}.data-${String(n).padStart(5, "0")}-of-${String(count).padStart(5, "0")}`;

/** What a lookup layer counted while it learned, which its layer lists as a variable. */
export const COUNTED = "num_documents";

/** Attributes of a model that hold no weights of its layers: how it was trained, what was traced, states of runs. */
export const NO_WEIGHTS: ReadonlySet<string> = new Set([
  "optimizer",
  "keras_api",
  "signatures",
  "save_counter",
  "states",
  "_random_generator",
  "loss",
  "loss_functions",
  "_metrics",
  "compiled_metrics",
  "compiled_loss",
]);
