/** Composites that a rule runs whole; every other one is spelt out in primitives. */
import type { GraphNode, Value, ValueId } from "../../ops/types.ts";
import { takesConvRnn } from "./conv-recurrent.ts";
import { takesCell, takesRnn } from "./recurrent.ts";

type Test = (node: GraphNode, values: ReadonlyMap<ValueId, Value>) => boolean;

const TAKEN: ReadonlyMap<string, Test> = new Map<string, Test>([
  ["lstmCell", takesCell],
  ["gruCell", takesCell],
  ["simpleRnnCell", takesCell],
  ["rnn", (node, values) => takesRnn(node, values) || takesConvRnn(node, values)],
]);

export function takes(node: GraphNode, values: ReadonlyMap<ValueId, Value>): boolean {
  return TAKEN.get(node.op)?.(node, values) ?? false;
}
