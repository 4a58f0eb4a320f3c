/** The `mask_value` of Masking: a number, NaN included, or a tensor that Keras 3 writes out in the config. */
import { JsonNumber, type JsonNode } from "../../../codecs/json.ts";
import { field } from "../../fields.ts";

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

/** The option: a number where a caller of the builder writes it. */
export const maskValue = (initial: number) =>
  field<MaskValue, number, number>({
    expected: "a number, or a tensor of numbers",
    initial,
    read(node) {
      const config = node instanceof Map ? node.get("config") : node;
      return nested(config instanceof Map ? config.get("value") : config) ?? undefined;
    },
    toJson: (value) => JsonNumber.of(value, "float"),
  });
