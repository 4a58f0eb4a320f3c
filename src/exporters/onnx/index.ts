/**
 * A traced graph as an ONNX model. Lengths that are free stay free; states are inputs and outputs; layers' names begin the
 * nodes' names. Facts: https://onnx.ai/onnx/operators.
 */
import { atMost, fail } from "../../core/error.ts";
import { lower } from "../../graph/lower.ts";
import { simplify } from "../../graph/simplify.ts";
import { OPSETS } from "../../formats/onnx.ts";
import type { Graph, GraphState, Size, ValueId } from "../../ops/types.ts";
import type { ExportedGraph, GraphOptions, TracedModel } from "../types.ts";
import { checkOnnx } from "./check.ts";
import { alive, type Declared, OnnxGraph } from "./graph.ts";
import { modelMessage, type OnnxModel } from "./proto.ts";
import { emit, takes } from "./table.ts";

/** A free first axis is the batch; others are called after the input that has them. */
function lengths(graph: Graph, id: ValueId, name: string): Declared["shape"] {
  const { shape } = graph.values.get(id)!;
  return shape!.map((length, axis) => length ?? (axis === 0 ? "batch" : `${name}_${axis}`));
}

/** As long as what it is made like, where that is known. */
const stateLength = (size: Size): number | string | null => (typeof size === "number" ? size : "batch");

const stateName = (states: readonly GraphState[], i: number, end: "in" | "out"): string =>
  `state_${end}_${states[i]!.path}`;

/** Throws `unsupported/onnx` with what ONNX has no form for, `unsupported/dtype`. */
function toOnnx(traced: TracedModel, { opset = OPSETS.default }: GraphOptions = {}): OnnxModel {
  if (!Number.isInteger(opset) || opset < OPSETS.least || opset > OPSETS.most)
    fail("mismatch/option", { path: "opset", expected: `${OPSETS.least} to ${OPSETS.most}`, found: String(opset) });
  const graph = simplify(lower(traced.graph, takes));
  const g = new OnnxGraph(graph.values, opset);
  const declared: Declared[] = graph.inputs.map((id, i) => {
    const own = g.unique(traced.inputs[i]!);
    g.bind(id, own);
    return { name: own, dtype: graph.values.get(id)!.dtype, shape: lengths(graph, id, own) };
  });
  graph.states.forEach(({ read, shape, dtype }, i) => {
    const own = g.unique(stateName(graph.states, i, "in"));
    g.bind(read, own);
    declared.push({ name: own, dtype, shape: shape.map(stateLength) });
  });
  const outputs = traced.outputs.map((wanted) => g.unique(wanted));
  for (const node of graph.nodes) {
    g.layer = graph.calls[node.call]?.path ?? "";
    emit(g, node);
  }
  g.layer = "";
  const made: Declared[] = [];
  const end = (id: ValueId, wanted: string, shape: Declared["shape"]): void => {
    g.raw("Identity", [g.nameOf(id)], {}, 1, wanted);
    made.push({ name: wanted, dtype: graph.values.get(id)!.dtype, shape });
  };
  const hasFreeBatch = graph.inputs.some((id) => graph.values.get(id)!.shape?.[0] === null);
  graph.outputs.forEach((id, i) => {
    const shape = graph.values.get(id)!.shape!;
    end(
      id,
      outputs[i]!,
      shape.map((length, axis) => (length === null && axis === 0 && hasFreeBatch ? "batch" : length)),
    );
  });
  graph.states.forEach(({ write, shape }, i) => {
    end(write, g.unique(stateName(graph.states, i, "out")), shape.map(stateLength));
  });
  const wanted = new Set(made.map((one) => one.name));
  const nodes = alive(g.nodes, wanted);
  const metadata = Object.fromEntries(
    graph.states.map((_, i) => [stateName(graph.states, i, "in"), stateName(graph.states, i, "out")]),
  );
  return {
    name: traced.name,
    opset,
    nodes,
    initializers: [...g.initializers.values()].filter((one) => wanted.has(one.name)),
    inputs: declared,
    outputs: made,
    metadata,
  };
}

/** What one file can hold: readers of Protocol Buffers count in 32 bits with a sign. */
const MOST_BYTES = 2 ** 31 - 1;

/** Throws what `toOnnx` throws, `limit/file-bytes` where one file cannot hold the weights. */
export async function exportOnnx(traced: TracedModel, options: GraphOptions): Promise<ExportedGraph> {
  if (traced.graph.nodes.some(({ op }) => op === "text"))
    fail("unsupported/dtype", { source: "onnx", expected: "numbers", found: "an operation of texts" });
  const model = toOnnx(traced, options);
  const message = modelMessage(model);
  atMost("limit/file-bytes", message.size, MOST_BYTES, "bytes", { source: "onnx" });
  const { states } = traced.graph;
  return {
    files: [{ path: "", chunks: () => message.chunks() }],
    kept: [`${model.nodes.length} nodes`, `${model.initializers.length} weights and constants`],
    changed: [
      "layers to operations",
      ...states.map(({ path }) => `state ${path} to an input and an output, zeros at the start`),
    ],
    dropped: ["configuration of layers, of training and of the optimizer"],
    opens: `ONNX runtimes with operators of version ${model.opset}`,
    check: async (written) => checkOnnx([...written.values()][0]!, model),
  };
}
