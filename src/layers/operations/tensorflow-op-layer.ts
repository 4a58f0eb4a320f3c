/**
 * A node of a TensorFlow graph among the layers of a functional model (TensorFlow 1.14 to 2.3); constant inputs are in
 * its config, by their place. No weights.
 * Source: tf_keras/engine/base_layer.py (TensorFlowOpLayer).
 */
import { JsonNumber, type JsonNode } from "../../codecs/json.ts";
import { fail } from "../../core/error.ts";
import { type Arg, layer } from "../define.ts";
import { json } from "../fields.ts";
import type { Args } from "./shared/operation.ts";
import { runNode } from "./shared/tensorflow-nodes.ts";

/** Numbers and lists of them; arrays of late versions are `{class_name: "__numpy__", config: {value}}`. */
function plain(node: JsonNode): Arg {
  if (node instanceof JsonNumber) return node.value;
  if (Array.isArray(node)) return node.map(plain);
  if (!(node instanceof Map)) return node;
  const config = node.get("config");
  return plain((config instanceof Map ? config.get("value") : node.get("value")) ?? null);
}

const hasArrays = (node: JsonNode | undefined): boolean =>
  node instanceof Map
    ? node.get("class_name") === "__numpy__" || [...node.values()].some(hasArrays)
    : Array.isArray(node) && node.some(hasArrays);

export const tensorflowOpLayer = layer({
  class: "TensorFlowOpLayer",
  until: "keras2",
  module: "tf_keras.src.engine.base_layer",
  config: { node_def: json(), constants: json() },
  calls: { likeOperation: true },
  // Arrays, as late versions have them, tf-keras reads from `.keras` alone.
  writing: { unread: ({ options }, { format }) => format === "keras-h5" && hasArrays(options.get("constants")) },
  forward(cx, c, _w, _x, kw) {
    if (!(c.node_def instanceof Map)) return fail("unsupported/node", { expected: "a node_def as JSON" });
    const op = c.node_def.get("op");
    const given = ((kw["$args"] ?? []) as Args).flatMap((arg) => (Array.isArray(arg) ? (arg as Args) : [arg]));
    const inputs = [...given];
    const constants = c.constants instanceof Map ? [...c.constants] : [];
    for (const [place, value] of constants.sort(([a], [b]) => Number(a) - Number(b)))
      inputs.splice(Number(place), 0, plain(value));
    return runNode(cx, typeof op === "string" ? op : "", inputs, c.node_def.get("attr"));
  },
});
