/** Which nodes can end with an element-wise chain: those that a rule with an epilogue plans. */
import { isNode, makesOf } from "../../../ops/slots.ts";
import type { GraphNode, Value, ValueId } from "../../../ops/types.ts";
import { loaded } from "./later.ts";
import { isOneProduct } from "./matmul.ts";

type Node = Pick<GraphNode, "in" | "out" | "attrs"> & { readonly op: string };

/** Whether a node's kernel may end with element-wise operations. */
export function takesEpilogue(node: Node, values: ReadonlyMap<ValueId, Value>): boolean {
  const shapeOf = (id: ValueId) => values.get(id)!.shape as readonly number[];
  const made = values.get(makesOf(node)[0]!)!;
  if (made.dtype !== "float32" || made.shape!.some((n) => n === 0)) return false;
  if (isNode(node, "matmul")) return isOneProduct(shapeOf(node.in.a), shapeOf(node.in.b), node.attrs);
  if (!isNode(node, "conv") || shapeOf(node.in.x).at(-1) === 0) return false;
  return (
    node.attrs.layout === "last" &&
    loaded("windows").isFastConv(shapeOf(node.in.x), shapeOf(node.in.kernel), node.attrs)
  );
}
