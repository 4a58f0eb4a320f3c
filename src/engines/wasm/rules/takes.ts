/** Composites that a rule runs whole; every other one is spelt out in primitives. */
import type { CompositeName } from "../../../ops/signatures.ts";
import type { Graph, GraphNode, NodeOf, Value, ValueId } from "../../../ops/types.ts";
import { loaded } from "./later.ts";

/** Composites with rules. */
export type TakenName = Extract<CompositeName, "lstmCell" | "gruCell" | "simpleRnnCell" | "rnn" | "softmax">;

type Values = ReadonlyMap<ValueId, Value>;
type Tests = { readonly [N in TakenName]: (node: NodeOf<N>, values: Values) => boolean };

/** Whether the step of a recurrent layer is that of a ConvLSTM. */
export const isConvolved = (body: Graph): boolean => body.nodes.some(({ op }) => op === "convLstmCell");

const TESTS: Tests = {
  softmax: (node, values) => loaded("attention").takesSoftmax(node, values),
  lstmCell: (node, values) => loaded("recurrent").takesCell(node, values),
  gruCell: (node, values) => loaded("recurrent").takesCell(node, values),
  simpleRnnCell: (node, values) => loaded("recurrent").takesCell(node, values),
  rnn: (node, values) =>
    isConvolved(node.body!)
      ? loaded("convRecurrent").takesConvRnn(node, values)
      : loaded("recurrent").takesRnn(node, values),
};

/** Whether a rule runs a composite node whole. */
export function takes(node: GraphNode, values: Values): boolean {
  const tests: { readonly [op: string]: ((node: never, values: Values) => boolean) | undefined } = TESTS;
  return tests[node.op]?.(node as never, values) ?? false;
}
