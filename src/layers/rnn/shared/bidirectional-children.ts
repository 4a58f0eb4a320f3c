/** The two layers of a Bidirectional, of which files tell only what they were made from. */
import { type JsonNode, type JsonObject, printJson } from "../../../codecs/json.ts";
import type { Semantics } from "../../../core/semantics.ts";
import type { LayerConfig } from "../../define.ts";

function optionsOf(layer: LayerConfig): JsonObject {
  const config = layer.get("config");
  return config instanceof Map ? config : new Map<string, JsonNode>();
}

/** A copy under another name and with other options. */
function copyOf(layer: LayerConfig, semantics: Semantics, name: string, changes: JsonObject): LayerConfig {
  const options = new Map<string, JsonNode>([...optionsOf(layer), ...changes, ["name", name]]);
  // TensorFlow's Keras forces zeros for masked steps on both layers as soon as they give sequences.
  if (semantics === "tf-keras" || semantics === "keras3")
    options.set("zero_output_for_mask", options.get("return_sequences") ?? false);
  return new Map<string, JsonNode>([...layer, ["config", options]]);
}

function prefixed(prefix: string, layer: LayerConfig, semantics: Semantics): string {
  const name = optionsOf(layer).get("name") ?? layer.get("name");
  const text = typeof name === "string" ? name : "layer";
  return semantics === "keras3" && text.startsWith(prefix) ? text : `${prefix}${text}`;
}

/** The layer that runs from the front: the one of the option, called `forward_…`. */
export function forwardConfig(layer: LayerConfig, semantics: Semantics): LayerConfig {
  return copyOf(layer, semantics, prefixed("forward_", layer, semantics), new Map());
}

/** The layer of one's own if there is one, else the forward layer's twin. Keras 3 leaves its name alone. */
export function backwardConfig(layer: LayerConfig, own: LayerConfig | null, semantics: Semantics): LayerConfig {
  if (own !== null) {
    const name = optionsOf(own).get("name");
    const kept = semantics === "keras3" && typeof name === "string" ? name : prefixed("backward_", own, semantics);
    return copyOf(own, semantics, kept, new Map());
  }
  const turned = semantics === "keras3" || optionsOf(layer).get("go_backwards") !== true;
  const changes = new Map<string, JsonNode>([["go_backwards", turned]]);
  return copyOf(layer, semantics, prefixed("backward_", layer, semantics), changes);
}

/** How many numbers a step of a recurrent layer gives, as its options tell; null where they do not. */
export function widthOf(layer: LayerConfig): string | null {
  const options = optionsOf(layer);
  const width = options.get("units") ?? options.get("filters") ?? null;
  if (width !== null) return printJson(width);
  const cells = options.get("cells");
  const inside = options.get("cell") ?? (Array.isArray(cells) ? cells.at(-1) : undefined);
  return inside instanceof Map ? widthOf(inside) : null;
}
