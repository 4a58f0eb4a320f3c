/** Spells out a model's calls of functions and operations, for a generation that may have no word for some. */
import { attempt } from "../core/guard.ts";
import type { DType } from "../core/dtype.ts";
import { type Tensor, valuesOf } from "../core/tensor.ts";
import { lower } from "../graph/lower.ts";
import { simplify } from "../graph/simplify.ts";
import { type OwnedCall, traceStored } from "../graph/trace-stored.ts";
import { argsOf } from "../layers/call-args.ts";
import type { Call, CallArg, LayerNode, ReferenceTypes } from "../layers/define.ts";
import { type Ref, refsOf } from "../layers/models/shared/call-order.ts";
import { measuringCalls } from "../model/measuring.ts";
import type { SpeltCall, SpeltCalls, SpeltValue } from "../model/spelt.ts";
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

async function spell(
  stored: OwnedCall,
  types: ReferenceTypes,
  measuring: ReadonlyMap<string, OwnedCall>,
): Promise<SpeltCall | null> {
  const behind = (ref: Ref): OwnedCall | null => measuring.get(ref.layer) ?? null;
  const traced = attempt(() => traceStored(stored, types, behind));
  if (traced === undefined) return null;
  const lowered = attempt(() => lower(traced.graph, hasWord));
  if (lowered === undefined) return null;
  const folded = await foldConstants(lowered).catch(() => null);
  if (folded === null) return null;
  const graph = simplify(folded, []);
  if (graph.nodes.length > MOST_NODES) return null;
  // Constants of a config are numbers.
  const isText = (id: ValueId): boolean => graph.values.get(id)?.dtype === "string";
  if ([...graph.values].some(([id, { from }]) => isText(id) && from !== undefined && "constant" in from)) return null;
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
      shapes: readsOf(one).map((read) => graph.values.get(read)!.shape ?? []),
      measured: (of) => ({ value: made.get(of)!, shape: graph.values.get(of)!.shape ?? [] }),
      shape: shape!,
      dtype,
    });
  }
  const isLarge = (value: SpeltValue): boolean => "kind" in value && value.kind === "constant" && value.values.length > MOST_NUMBERS; // prettier-ignore
  if ([...made.values()].some(isLarge)) return null;
  // Of complex numbers nothing makes the value.
  if (!graph.outputs.every((id) => made.has(id))) return null;
  const isBehind = measuring.has(stored.node.name) || refsOf(argsOf(stored.call)).some((ref) => behind(ref) !== null);
  return { outputs: graph.outputs.map((id) => made.get(id)!), behind: isBehind ? [...traced.inputs.values()] : null };
}

/** All calls of functions and operations that can be spelt out. */
export async function speltCalls(root: LayerNode, types: ReferenceTypes): Promise<SpeltCalls> {
  const spelt = new Map<Call, SpeltCall>();
  for (const model of allNodes(root)) {
    const measuring = measuringCalls(model);
    for (const node of model.children.get("layers") ?? []) {
      const isFunction = node.def?.kind === "operation" || node.def?.calls?.likeOperation === true;
      if (!isFunction) continue;
      for (const call of model.innerCalls.get(node.name) ?? []) {
        const found = await spell({ node, call }, types, measuring);
        if (found !== null) spelt.set(call, found);
      }
    }
  }
  return spelt;
}
