/** What the library alone runs, and no file of operations holds: texts, lookups in vocabularies, hashes. */
import { fail } from "../core/error.ts";
import { isNode } from "../ops/slots.ts";
import type { GraphNode, NodeOf } from "../ops/types.ts";
import type { TracedModel } from "./types.ts";

/** Of numbers too. */
const KINDS: Partial<Readonly<Record<NodeOf<"text">["attrs"]["fn"], string>>> = {
  lookup: "a lookup in a vocabulary",
  invert: "a lookup in a vocabulary",
  hash: "a hash",
  cross: "a hash",
};

const isText = (node: GraphNode): node is NodeOf<"text"> => isNode(node, "text");

/** Throws `unsupported/dtype` with the layer. `source`: the format. */
export function refuseHosted({ graph, inputs }: TracedModel, source: string): void {
  const refuse = (path: string | undefined, found: string): never =>
    fail("unsupported/dtype", { source, path, message: "the library alone runs this", expected: "arithmetic", found });
  const node = graph.nodes.find(isText);
  if (node !== undefined) refuse(graph.calls[node.call]?.path, KINDS[node.attrs.fn] ?? "an operation of texts");
  const input = graph.inputs.findIndex((id) => graph.values.get(id)?.dtype === "string");
  if (input >= 0) refuse(inputs[input], "an input of texts");
}
