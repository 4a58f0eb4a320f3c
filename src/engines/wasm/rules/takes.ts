/** Composites that a rule runs whole; every other one is spelt out in primitives. */
import type { CompositeName } from "../../../ops/signatures.ts";
import type { GraphNode, NodeOf, Value, ValueId } from "../../../ops/types.ts";
import { later, loaded } from "./later.ts";

/** Composites with rules. */
export type TakenName = Extract<CompositeName, "lstmCell" | "gruCell" | "simpleRnnCell" | "rnn" | "softmax">;

type Values = ReadonlyMap<ValueId, Value>;
type Tests = { readonly [N in TakenName]: (node: NodeOf<N>, values: Values) => boolean };

const TESTS: Tests = {
  softmax: (node, values) => later.attention?.takesSoftmax(node, values) === true,
  lstmCell: (node, values) => loaded("recurrent").takesCell(node, values),
  gruCell: (node, values) => loaded("recurrent").takesCell(node, values),
  simpleRnnCell: (node, values) => loaded("recurrent").takesCell(node, values),
  rnn: (node, values) =>
    loaded("recurrent").takesRnn(node, values) || later.convRecurrent?.takesConvRnn(node, values) === true,
};

/** Whether a rule runs a composite node whole. */
export function takes(node: GraphNode, values: Values): boolean {
  const tests: { readonly [op: string]: ((node: never, values: Values) => boolean) | undefined } = TESTS;
  return tests[node.op]?.(node as never, values) ?? false;
}
