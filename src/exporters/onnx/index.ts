/**
 * A traced graph as an ONNX model. Lengths that are free stay free; states are inputs and outputs; layers' names begin the
 * nodes' names. Facts: https://onnx.ai/onnx/operators.
 */
import type { DType } from "../../core/dtype.ts";
import { atMost, fail } from "../../core/error.ts";
import { lower } from "../../graph/lower.ts";
import { simplify } from "../../graph/simplify.ts";
import { ELEMENT, OPSETS } from "../../formats/onnx.ts";
import type { Graph, GraphState, Size, ValueId } from "../../ops/types.ts";
import { refuseHosted } from "../hosted.ts";
import type { ExportedGraph, GraphOptions, TracedModel } from "../types.ts";
import { checkOnnx } from "./check.ts";
import { alive, type DeclaredValue, held, OnnxGraph } from "./graph.ts";
import { externalChunks, externalData, modelMessage, type OnnxModel } from "./proto.ts";
import { emit, takes } from "./table.ts";

/** A free first axis is the batch; others are called after the input that has them. */
function lengths(graph: Graph, id: ValueId, name: string): DeclaredValue["shape"] {
  const { shape } = graph.values.get(id)!;
  return shape!.map((length, axis) => length ?? (axis === 0 ? "batch" : `${name}_${axis}`));
}

/** As long as what it is made like, where that is known. */
const stateLength = (size: Size): number | string | null => (typeof size === "number" ? size : "batch");

const stateName = (states: readonly GraphState[], i: number, end: "in" | "out"): string =>
  `state_${end}_${states[i]!.path}`;

/** Throws `unsupported/onnx` with what ONNX has no form for, `unsupported/dtype`. */
function toOnnx(
  traced: TracedModel,
  { opset = OPSETS.default }: GraphOptions = {},
): { readonly model: OnnxModel; readonly narrowed: ReadonlySet<string> } {
  if (!Number.isInteger(opset) || opset < OPSETS.least || opset > OPSETS.most)
    fail("mismatch/option", { path: "opset", expected: `${OPSETS.least} to ${OPSETS.most}`, found: String(opset) });
  const graph = simplify(lower(traced.graph, takes));
  const g = new OnnxGraph(graph.values, opset);
  const crossed = (name: string, dtype: DType, to: DType): string =>
    held(dtype) === dtype ? name : g.node("Cast", [name], { to: ELEMENT[to] });
  const inside = (name: string, dtype: DType): string => crossed(name, dtype, held(dtype));
  const declared: DeclaredValue[] = graph.inputs.map((id, i) => {
    const own = g.unique(traced.inputs[i]!);
    const { dtype } = graph.values.get(id)!;
    g.bind(id, inside(own, dtype));
    return { name: own, dtype, shape: lengths(graph, id, own) };
  });
  graph.states.forEach(({ read, shape, dtype }, i) => {
    const own = g.unique(stateName(graph.states, i, "in"));
    g.bind(read, inside(own, dtype));
    declared.push({ name: own, dtype, shape: shape.map(stateLength) });
  });
  const outputs = traced.outputs.map((wanted) => g.unique(wanted));
  for (const node of graph.nodes) {
    g.layer = graph.calls[node.call]?.path ?? "";
    emit(g, node);
  }
  g.layer = "";
  const made: DeclaredValue[] = [];
  const end = (id: ValueId, wanted: string, shape: DeclaredValue["shape"]): void => {
    const { dtype } = graph.values.get(id)!;
    g.raw("Identity", [crossed(g.nameOf(id), dtype, dtype)], {}, 1, wanted);
    made.push({ name: wanted, dtype, shape });
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
  const model = {
    name: traced.name,
    opset,
    nodes,
    initializers: [...g.initializers.values()].filter((one) => wanted.has(one.name)),
    inputs: declared,
    outputs: made,
    metadata,
  };
  return { model, narrowed: g.narrowed };
}

/** Beyond it weights lie in a file beside: readers of Protocol Buffers count in 32 bits with a sign, and hold it all. */
const MOST_BYTES = 1.5 * 2 ** 30;

/** Throws what `toOnnx` throws. `most`: the bytes from which on weights are written beside. */
export async function exportOnnx(
  traced: TracedModel,
  options: GraphOptions,
  target = "model.onnx",
  most = MOST_BYTES,
): Promise<ExportedGraph> {
  refuseHosted(traced, "onnx");
  const { model, narrowed } = toOnnx(traced, options);
  const whole = modelMessage(model);
  const external = whole.size > most ? externalData(`${target}.data`, model.initializers) : null;
  const message = external === null ? whole : modelMessage(model, external);
  atMost("limit/file-bytes", message.size, 2 ** 31 - 1, "bytes", { source: "onnx" });
  const { states } = traced.graph;
  const beside = external && { path: external.file, beside: true, chunks: () => externalChunks(external) };
  return {
    files: [{ path: "", chunks: () => message.chunks() }, ...(beside === null ? [] : [beside])],
    kept: [`${model.nodes.length} nodes`, `${model.initializers.length} weights and constants`],
    changed: [
      "layers to operations",
      ...[...narrowed].map((path) => `${path} from float64 to float32, in which alone engines have its operators`),
      ...states.map(({ path }) => `state ${path} to an input and an output, zeros at the start`),
    ],
    dropped: ["configuration of layers, of training and of the optimizer"],
    opens: `ONNX runtimes with operators of version ${model.opset}`,
    async check(written) {
      const main = [...written].find(([name]) => name !== external?.file)![1];
      if (external === null) return checkOnnx(main, model);
      const source =
        written.get(external.file) ?? fail("mismatch/verification", { path: external.file, found: "nothing" });
      return checkOnnx(main, model, { ...external, source });
    },
  };
}
