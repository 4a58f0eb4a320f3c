/**
 * A model's architecture as JSON: `model.to_json()` of Keras 1 to 3 and of TensorFlow.js, or the text of
 * `model.get_config()`. Sources: keras/src/models/model.py (`to_json`), tf_keras/engine/training.py, Keras 1.2.2
 * keras/engine/topology.py, tfjs-layers/src/engine/topology.ts (`Container.toJSON`).
 */
import type { JsonDocument } from "../codecs/json.ts";

export const TITLE = "Keras architecture (.json)";
export const EXTENSIONS: readonly string[] = [".json"];

/** What the exporter of the same format needs of an imported file. */
export interface KerasJsonContainer {
  /** The whole text as parsed; Keras's own JSON may stand inside it, quoted. */
  readonly document: JsonDocument;
}
