/** Composites that a rule runs whole; every other one is spelt out in primitives. */
import type { GraphNode, Value, ValueId } from "../../ops/types.ts";
import { takesCell, takesRnn } from "./recurrent.ts";

type Test = (node: GraphNode, values: ReadonlyMap<ValueId, Value>) => boolean;

const TAKEN: ReadonlyMap<string, Test> = new Map<string, Test>([
  ["lstmCell", takesCell],
  ["gruCell", takesCell],
  ["simpleRnnCell", takesCell],
  ["rnn", takesRnn],
]);

export function takes(node: GraphNode, values: ReadonlyMap<ValueId, Value>): boolean {
  return TAKEN.get(node.op)?.(node, values) ?? false;
}
