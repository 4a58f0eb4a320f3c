/** The `mask_value` of Masking: a number, NaN included, or a tensor that Keras 3 writes out in the config. */
import { JsonNumber, type JsonNode } from "../../../codecs/json.ts";
import { fail } from "../../../core/error.ts";
import type { Field } from "../../fields.ts";

/** Numbers of a nested list and its shape. */
export interface MaskValue {
  readonly values: readonly number[];
  readonly shape: readonly number[];
}

/** null: not a regular array of numbers. */
function nested(node: JsonNode | undefined): MaskValue | null {
  if (node instanceof JsonNumber) return { values: [node.value], shape: [] };
  if (!Array.isArray(node)) return null;
  const items = node.map(nested);
  const shape = items[0]?.shape ?? [];
  const regular = items.every((item) => item !== null && item.shape.join() === shape.join());
  return regular ? { values: items.flatMap((item) => item!.values), shape: [node.length, ...shape] } : null;
}

export function maskValue(initial: number): Field<MaskValue, number> {
  return {
    kind: "value",
    required: false,
    default: JsonNumber.of(initial, "float"),
    keras3Only: false,
    parse(node, at) {
      const config = node instanceof Map ? node.get("config") : node;
      const value = nested(config instanceof Map ? config.get("value") : config);
      return value ?? fail("malformed/config", { path: at.path, expected: "a number, or a tensor of numbers" });
    },
    toJson: (v) => JsonNumber.of(v, "float"),
  };
}
