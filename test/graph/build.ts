/** Small graphs for the tests of this folder and of the runtimes. */
import type { DType } from "../../src/core/dtype.ts";
import { tensor } from "../../src/core/tensor.ts";
import type { GraphBuilder } from "../../src/graph/builder.ts";
import type { OpName } from "../../src/ops/signatures.ts";
import type { Graph, GraphNode, Sym, WeightRef } from "../../src/ops/types.ts";

/** A weight with values that look random and stay small. */
export function weightOf(name: string, shape: readonly number[], dtype: DType = "float32"): WeightRef {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = Array.from({ length: size }, (_, i) => Math.sin(i * 1.7 + name.length) * 0.5);
  return { name, dtype, shape, read: async () => tensor(values, shape, dtype) };
}

export function weight(b: GraphBuilder, name: string, shape: readonly number[]): Sym {
  return b.weight(weightOf(name, shape), shape, "float32");
}

/** An LSTM over x[B, T, D], from the given states or from zeros. */
export function lstm(b: GraphBuilder, x: Sym, units: number, init?: readonly Sym[], mask?: Sym) {
  const depth = x.shape[2] ?? 1;
  const kernel = weight(b, "kernel", [depth, 4 * units]);
  const recurrent = weight(b, "recurrent", [units, 4 * units]);
  const bias = weight(b, "bias", [4 * units]);
  const zeros = b.op.full([b.size(x, 0), units], 0, "float32");
  const attrs = { axis: 1, goBackwards: false, zeroOutputForMask: false } as const;
  return b.rnn({ x, mask: mask ?? null, states: init ?? [zeros, zeros] }, attrs, (xt, [h, c]) => {
    const cell = { activation: { fn: "tanh" }, recurrentActivation: { fn: "sigmoid" } };
    const states = b.op.lstmCell(xt, h!, c!, kernel, recurrent, bias, cell);
    return { y: states[0], states };
  });
}

/** Every node, those of bodies included. */
export function allNodes(graph: Graph): GraphNode[] {
  return graph.nodes.flatMap((node) => [node, ...(node.body === undefined ? [] : allNodes(node.body))]);
}

export function opNames(graph: Graph): OpName[] {
  return [...new Set(allNodes(graph).map((node) => node.op))];
}
