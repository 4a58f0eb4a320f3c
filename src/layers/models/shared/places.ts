/** The inputs and outputs of a functional model as its config lists them. */
import { JsonNumber, type JsonNode } from "../../../codecs/json.ts";
import { fail } from "../../../core/error.ts";

/** An output of a call of a layer. */
export interface OutputPlace {
  readonly layer: string;
  readonly node: number;
  readonly tensor: number;
}

/** The entries of `input_layers` or `output_layers`, in Keras's flattening order: records by sorted key. */
export function places(node: JsonNode | undefined): readonly OutputPlace[] {
  if (node === undefined || node === null) return [];
  if (node instanceof Map) return [...node.keys()].sort().flatMap((key) => places(node.get(key)));
  if (!Array.isArray(node)) return fail("malformed/config", { expected: "inputs or outputs as [layer, node, tensor]" });
  const [layer, index, tensor] = node;
  if (typeof layer === "string" && index instanceof JsonNumber && tensor instanceof JsonNumber) {
    return [{ layer, node: index.value, tensor: tensor.value }];
  }
  return node.flatMap((item) => places(item));
}
