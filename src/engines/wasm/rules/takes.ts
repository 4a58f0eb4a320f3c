/** Composites that a rule runs whole; every other one is spelt out in primitives. */
import type { CompositeName } from "../../../ops/signatures.ts";
import type { GraphNode, NodeOf, Value, ValueId } from "../../../ops/types.ts";
import { takesConvRnn } from "./conv-recurrent.ts";
import { takesCell, takesRnn } from "./recurrent.ts";

/** Composites with rules. */
export type TakenName = Extract<CompositeName, "lstmCell" | "gruCell" | "simpleRnnCell" | "rnn">;

type Values = ReadonlyMap<ValueId, Value>;
type Tests = { readonly [N in TakenName]: (node: NodeOf<N>, values: Values) => boolean };

const TESTS: Tests = {
  lstmCell: takesCell,
  gruCell: takesCell,
  simpleRnnCell: takesCell,
  rnn: (node, values) => takesRnn(node, values) || takesConvRnn(node, values),
};

/** Whether a rule runs a composite node whole. */
export function takes(node: GraphNode, values: Values): boolean {
  const tests: { readonly [op: string]: ((node: never, values: Values) => boolean) | undefined } = TESTS;
  return tests[node.op]?.(node as never, values) ?? false;
}
