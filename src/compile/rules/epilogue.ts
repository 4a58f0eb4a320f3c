/** Which nodes can end with an element-wise chain: those that a rule with an epilogue plans. */
import type { ConvAttrs } from "../../ops/builder.ts";
import type { Attrs, Value, ValueId } from "../../ops/types.ts";
import { isFastConv } from "./conv-fast.ts";
import { isOneProduct } from "./matmul.ts";

interface Node {
  readonly op: string;
  readonly in: readonly ValueId[];
  readonly out: readonly ValueId[];
  readonly attrs: Attrs;
}

export function takesEpilogue({ op, in: inputs, out, attrs }: Node, values: ReadonlyMap<ValueId, Value>): boolean {
  const shapes = inputs.map((id) => values.get(id)!.shape as readonly number[]);
  const made = values.get(out[0]!)!;
  if (made.dtype !== "float32" || made.shape!.some((n) => n === 0)) return false;
  if (op === "matmul") return isOneProduct(shapes[0]!, shapes[1]!, attrs);
  if (op !== "conv") return false;
  const conv = attrs as unknown as ConvAttrs;
  return conv.layout === "last" && isFastConv(shapes[0]!, shapes[1]!, conv);
}
