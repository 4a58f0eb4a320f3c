/**
 * Which Keras wrote a file, and so whose config language and arithmetic it means. Multi-backend Keras ended with 2.3.1;
 * every later 2.x, and every version ending in `-tf`, is TensorFlow's copy (tf.keras, tf_keras).
 */
import { JsonNumber, type JsonNode } from "../codecs/json.ts";
import type { Semantics } from "../core/semantics.ts";
import type { Dialect, Writer } from "./archive.ts";

/** Whose language a file speaks and whose arithmetic it means. */
export interface Generation {
  readonly dialect: Dialect;
  readonly semantics: Semantics;
  readonly writer: Writer;
}

/** `3.15.1`, `2.2.4-tf`, `1.2.2`, `tfjs-layers 4.22.0`; null when it is none of these. */
export function generationOf(version: string, backend: string | null): Generation | null {
  if (version.startsWith("tfjs-layers")) {
    return { dialect: "keras2", semantics: "tf-keras", writer: { library: "tfjs-layers", version, backend } };
  }
  const parts = /^([0-9]+)(?:\.([0-9]+))?/.exec(version);
  if (parts === null) return null;
  const major = Number(parts[1]);
  if (major <= 1) return { dialect: "keras1", semantics: "keras1", writer: { library: "keras", version, backend } };
  if (major > 2) return { dialect: "keras3", semantics: "keras3", writer: { library: "keras", version, backend } };
  const copy = version.endsWith("-tf") || Number(parts[2] ?? 0) >= 4;
  return {
    dialect: "keras2",
    semantics: copy ? "tf-keras" : "keras2",
    writer: { library: copy ? "tf-keras" : "keras", version, backend },
  };
}

/** For configs without a version: told from the keys that only one generation wrote. */
export function generationFromConfig(root: JsonNode, backend: string | null): Generation {
  const dialect = dialectOf(root);
  const library = dialect === "keras3" ? "keras" : "unknown";
  const isList = Array.isArray(root instanceof Map ? root.get("config") : root);
  const semantics = dialect === "keras2" && !isList ? "tf-keras" : dialect;
  return { dialect, semantics, writer: { library, version: null, backend } };
}

const KERAS_1_KEYS = ["nb_filter", "inner_init", "border_mode", "dim_ordering", "W_regularizer", "input_dtype"];
const KERAS_3_KEYS = ["batch_shape", "__keras_tensor__"];
const KERAS_2_KEYS = ["batch_input_shape", "time_major"];

/** In this order, since Keras 1 writes `batch_input_shape` too, and late tf.keras `registered_name`. */
function dialectOf(root: JsonNode): Dialect {
  const keys = new Set<string>();
  const open: JsonNode[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node === null || typeof node !== "object" || node instanceof JsonNumber) continue;
    if (node instanceof Map) {
      for (const key of node.keys()) keys.add(key);
      if (node.get("class_name") === "DTypePolicy") return "keras3";
    }
    for (const item of node.values()) if (item !== null && typeof item === "object") open.push(item);
  }
  const has = (names: readonly string[]): boolean => names.some((name) => keys.has(name));
  if (has(KERAS_1_KEYS)) return "keras1";
  if (has(KERAS_3_KEYS)) return "keras3";
  if (has(KERAS_2_KEYS)) return "keras2";
  return keys.has("registered_name") ? "keras3" : "keras2";
}
