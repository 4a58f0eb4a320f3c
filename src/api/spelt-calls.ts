/** Spells out a model's calls of functions and operations, for a generation that may have no word for some. */
import { attempt } from "../core/guard.ts";
import type { DType } from "../core/dtype.ts";
import { type Tensor, valuesOf } from "../core/tensor.ts";
import { lower } from "../graph/lower.ts";
import { simplify } from "../graph/simplify.ts";
import { traceStored } from "../graph/trace-stored.ts";
import type { Call, CallArg, LayerNode, ReferenceTypes } from "../layers/define.ts";
import type { SpeltCalls, SpeltValue } from "../model/spelt.ts";
import { hasWord } from "../model/spelt-operations.ts";
import { allNodes } from "../model/walk.ts";
import { foldConstants } from "./fold-constants.ts";
import { isNode, makesOf, mapSlots, readsOf } from "../ops/slots.ts";
import type { ValueId } from "../ops/types.ts";

/** The most numbers of a constant that is written into a config, and the most operations for a call. */
const MOST_NUMBERS = 4096;
const MOST_NODES = 256;

const constantOf = (tensor: Tensor, dtype: DType): CallArg => ({
  kind: "constant",
  values: Array.from<unknown, number>(valuesOf(tensor), Number),
  shape: tensor.shape,
  dtype,
});

async function spell(node: LayerNode, call: Call, types: ReferenceTypes): Promise<readonly SpeltValue[] | null> {
  const traced = attempt(() => traceStored(node, call, types));
  if (traced === undefined) return null;
  const lowered = attempt(() => lower(traced.graph, hasWord));
  if (lowered === undefined) return null;
  const folded = await foldConstants(lowered).catch(() => null);
  if (folded === null) return null;
  const graph = simplify(folded, []);
  if (graph.nodes.length > MOST_NODES) return null;
  const made = new Map<ValueId, SpeltValue>(traced.inputs);
  for (const [id, { from, dtype }] of graph.values) if (from !== undefined && "constant" in from) made.set(id, constantOf(from.constant, dtype)); // prettier-ignore
  for (const one of graph.nodes) {
    const [id, ...others] = makesOf(one);
    if (id === undefined || made.has(id)) continue;
    if (others.length > 0 || readsOf(one).some((read) => !made.has(read))) return null;
    // Keras rounds whatever it computes.
    if (isNode(one, "cast") && one.attrs.rounded === true) {
      made.set(id, made.get(one.in.x)!);
      continue;
    }
    const { shape, dtype } = graph.values.get(id)!;
    made.set(id, {
      op: one.op,
      in: mapSlots(one.in, (value) => made.get(value)!),
      attrs: one.attrs,
      operands: readsOf(one).map((read) => graph.values.get(read)!.dtype),
      shape: shape!,
      dtype,
    });
  }
  const isLarge = (value: SpeltValue): boolean => "kind" in value && value.kind === "constant" && value.values.length > MOST_NUMBERS; // prettier-ignore
  if ([...made.values()].some(isLarge)) return null;
  // Of complex numbers nothing makes the value.
  return graph.outputs.every((id) => made.has(id)) ? graph.outputs.map((id) => made.get(id)!) : null;
}

/** All calls of functions and operations that can be spelt out. */
export async function speltCalls(root: LayerNode, types: ReferenceTypes): Promise<SpeltCalls> {
  const spelt = new Map<Call, readonly SpeltValue[]>();
  for (const model of allNodes(root))
    for (const node of model.children.get("layers") ?? []) {
      const isFunction = node.def?.kind === "operation" || node.def?.calls?.likeOperation === true;
      if (!isFunction) continue;
      for (const call of model.innerCalls.get(node.name) ?? []) {
        const outputs = await spell(node, call, types);
        if (outputs !== null) spelt.set(call, outputs);
      }
    }
  return spelt;
}
