/** Loops as ONNX's Scan: their bodies read what lies outside by its name. */
import type { GraphNode, NodeOf, ValueId } from "../../ops/types.ts";
import { type DeclaredValue, held, type OnnxGraph } from "./graph.ts";
import type { OnnxRule } from "./rule.ts";

/** Adds a node of the body. */
export type Emit = (g: OnnxGraph, node: GraphNode) => void;

export const scanRule =
  (emit: Emit): OnnxRule<"scan"> =>
  (g, x, { axis }, node: NodeOf<"scan">) => {
    const body = node.body!;
    const declared = (id: ValueId, name: string): DeclaredValue => ({
      name,
      dtype: held(g.valueOf(id).dtype),
      shape: null,
    });
    body.captures.forEach(({ inner }, i) => g.bind(inner, x.captured[i]!.name));
    const inputs = body.inputs.map((id) => {
      const name = g.unique("step");
      g.bind(id, name);
      return declared(id, name);
    });
    const { nodes, result: outputs } = g.inside(() => {
      for (const step of body.nodes) emit(g, step);
      return body.outputs.map((id) => declared(id, g.node("Identity", [g.nameOf(id)])));
    });
    const [carries, sequences] = [x.init.length, x.xs.length];
    const made = g.raw(
      "Scan",
      [...x.init, ...x.xs].map(({ name }) => name),
      {
        body: { graph: { name: g.unique("body"), nodes, inputs, outputs } },
        num_scan_inputs: sequences,
        scan_input_axes: x.xs.map(() => axis),
        scan_output_axes: outputs.slice(carries).map(() => axis),
      },
      outputs.length,
    );
    return { carries: made.slice(0, carries), ys: made.slice(carries) };
  };
