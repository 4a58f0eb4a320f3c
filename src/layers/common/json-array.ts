/** Arrays of numbers in configs: nested lists, or `{class_name: "__numpy__", config: {value}}`. */
import { JsonNumber, type JsonNode } from "../../codecs/json.ts";
import { type DType, isFloat } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";

/** Numbers in row-major order and their shape. */
export interface NumberArray {
  readonly values: readonly number[];
  readonly shape: readonly number[];
}

/** Numbers as a dtype of whole numbers holds them: without fractions; as they are for any other. */
export const numbersFor = (dtype: DType, values: readonly number[]): readonly number[] =>
  isFloat(dtype) ? values : values.map(Math.trunc);

/** null stays null; anything but numbers of one shape is refused. */
export function numberArray(node: JsonNode | undefined, path: string): NumberArray | null {
  if (node === null || node === undefined) return null;
  if (node instanceof Map) {
    const config = node.get("config");
    return numberArray((config instanceof Map ? config : node).get("value") ?? null, path);
  }
  const shape: number[] = [];
  for (let level: JsonNode | undefined = node; Array.isArray(level); level = level[0]) shape.push(level.length);
  let items: JsonNode[] = [node];
  for (const length of shape) {
    if (!items.every((item) => Array.isArray(item) && item.length === length))
      return fail("malformed/config", { path, expected: "lists of one length" });
    items = (items as JsonNode[][]).flat();
  }
  const values = items.map((item) => {
    if (typeof item === "boolean") return Number(item); // as Python counts
    return item instanceof JsonNumber ? item.value : fail("malformed/config", { path, expected: "numbers" });
  });
  return { values, shape };
}
