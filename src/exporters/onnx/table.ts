/** Every operation as ONNX has it. */
import { fail } from "../../core/error.ts";
import { mapSlots, zipSlots } from "../../ops/slots.ts";
import type { Slots } from "../../ops/signatures.ts";
import type { GraphNode, NodeOf } from "../../ops/types.ts";
import * as composites from "./composites.ts";
import { elementwise } from "./elementwise.ts";
import type { OnnxGraph, OnnxOperand } from "./graph.ts";
import { scanRule } from "./loop.ts";
import * as movement from "./movement.ts";
import * as recurrent from "./recurrent.ts";
import { reductions } from "./reductions.ts";
import type { OnnxRules, WholeName } from "./rule.ts";
import * as training from "./training.ts";
import * as windows from "./windows.ts";

const WHOLE: { readonly [N in WholeName]: (node: NodeOf<N>, values: composites.GraphValues) => boolean } = {
  softmax: composites.takesSoftmax,
  activation: composites.takesActivation,
  batchNorm: composites.takesBatchNorm,
  layerNorm: composites.takesLayerNorm,
  rnn: recurrent.takesRnn,
};

/** Whether ONNX has a composite whole; every other one is spelt out in primitives. */
export function takes(node: GraphNode, values: composites.GraphValues): boolean {
  const tests: { readonly [op: string]: ((node: never, values: composites.GraphValues) => boolean) | undefined } =
    WHOLE;
  return tests[node.op]?.(node as never, values) ?? false;
}

const { full, iota, reshape, expandDims, squeeze, transpose, broadcastTo, slice, reverse } = movement;
const { concat, pad, repeat, tile, gather, cumsum, sort, argsort } = movement;
const { conv, convTranspose, pool, resize } = windows;
const { softmax, activation, batchNorm, layerNorm } = composites;

const RULES: OnnxRules = {
  ...elementwise,
  ...reductions,
  full,
  iota,
  reshape,
  expandDims,
  squeeze,
  transpose,
  broadcastTo,
  slice,
  reverse,
  concat,
  pad,
  repeat,
  tile,
  gather,
  cumsum,
  sort,
  argsort,
  conv,
  convTranspose,
  pool,
  resize,
  ...training,
  softmax,
  activation,
  batchNorm,
  layerNorm,
  rnn: recurrent.rnn,
  scan: scanRule(emit),
};

type AnyRule = (g: OnnxGraph, x: Slots<OnnxOperand>, a: GraphNode["attrs"], node: GraphNode) => Slots<string>;

/** Adds what an operation is, and says by which names its outputs go. */
export function emit(g: OnnxGraph, node: GraphNode): void {
  const rule = (RULES as unknown as { readonly [op: string]: AnyRule | undefined })[node.op];
  if (rule === undefined) return fail("internal/graph", { source: "onnx", found: node.op });
  const x = mapSlots(node.in, (id) => g.operand(id));
  zipSlots(node.out, rule(g, x, node.attrs, node), (id, name) => g.bind(id, name));
}
