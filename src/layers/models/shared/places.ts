/** The inputs and outputs of a functional model as its config lists them. */
import { JsonNumber, type JsonNode } from "../../../codecs/json.ts";
import { fail } from "../../../core/error.ts";
import type { EndName } from "../../define.ts";

/** An output of a call of a layer. */
export interface OutputPlace {
  readonly layer: string;
  readonly node: number;
  readonly tensor: number;
  /** Where it stands in a dict: `risk`, of nested ones `heads/risk`. */
  readonly key?: string;
}

/** The entries of `input_layers` or `output_layers`, in Keras's flattening order: records by sorted key. */
export function places(node: JsonNode | undefined, key?: string): readonly OutputPlace[] {
  if (node === undefined || node === null) return [];
  const below = (name: string): string => (key === undefined ? name : `${key}/${name}`);
  if (node instanceof Map) return [...node.keys()].sort().flatMap((name) => places(node.get(name), below(name)));
  if (!Array.isArray(node)) return fail("malformed/config", { expected: "inputs or outputs as [layer, node, tensor]" });
  const [layer, index, tensor] = node;
  if (typeof layer === "string" && index instanceof JsonNumber && tensor instanceof JsonNumber) {
    return [{ layer, node: index.value, tensor: tensor.value, ...(key !== undefined && { key }) }];
  }
  return node.flatMap((item, i) => places(item, key === undefined ? key : below(String(i))));
}

/** What a place is called from outside the model. */
export function endName({ key, layer }: OutputPlace): EndName {
  return key === undefined ? { name: layer } : { name: key, layer };
}
