/**
 * Masks that a recurrent layer whose states are given takes from its first input in older Keras, and in Keras 3 only by
 * name: written there as operations that compute them, and as none for older Keras where Keras 3 has none. Source: keras/src/layers/layer.py (`__call__`: of several tensors each
 * mask goes by its own name), tf_keras/engine/base_layer.py.
 */
import { JsonNumber, type JsonNode, type JsonObject } from "../codecs/json.ts";
import { wholeObject } from "../formats/languages.ts";
import type { Call, CallArg, LayerNode, ReferenceTypes } from "../layers/define.ts";
import { refsOf } from "../layers/models/shared/call-order.ts";
import type { MaskStep } from "../layers/mask-step.ts";
import { callForm, type References } from "./call-form.ts";
import { freshName } from "./layer-names.ts";
import { childrenOf } from "./walk.ts";

/** The mask that a Softmax is called with, an operand of what stands in its place in the other generation. */
export function operandMask(node: LayerNode, { args, kwargs }: Call): CallArg | undefined {
  const mask = args[1] ?? kwargs.find(([key]) => key === "mask")?.[1];
  return node.def?.class === "Softmax" && mask?.kind === "ref" ? mask : undefined;
}

/** Operations one after another, the first of a tensor in the model. */
interface Mask {
  readonly of: CallArg;
  readonly steps: readonly MaskStep[];
}

/** The mask that a tensor carries; null where there is none, or it is not known how it is made. */
function maskOf(arg: CallArg | undefined, model: LayerNode): Mask | null {
  if (arg?.kind !== "ref") return null;
  const layer = childrenOf(model).find(({ name }) => name === arg.layer);
  const calls = model.innerCalls.get(arg.layer) ?? [];
  const x = (calls.length === 1 ? calls[0] : calls[arg.node])?.args[0];
  const first = x?.kind === "list" ? x.items[0] : x;
  if (layer?.def?.kind !== "layer" || first === undefined) return null;
  const { writing, mask, calls: about } = layer.def;
  if (writing?.maskSteps !== undefined) {
    const steps = writing.maskSteps(layer.config as never);
    return steps === null ? null : { of: first, steps };
  }
  return mask === "pass" || about?.furtherInputs !== undefined ? maskOf(first, model) : null;
}

const json = (value: number | boolean): JsonNode => (typeof value === "number" ? JsonNumber.of(value) : value);

/** Whether a call gives states, and no mask. */
function wants({ def }: LayerNode, { args: [x], kwargs }: Call): boolean {
  const further = def?.calls?.furtherInputs;
  const named = (key: string) => kwargs.some(([name, { kind }]) => name === key && kind !== "json");
  return further !== undefined && !named("mask") && (named(further) || (x?.kind === "list" && x.items.length > 1));
}

/** A call for older Keras of a layer that would take a mask there, but has none in Keras 3, or makes nothing of it. */
export function withNoMask(model: LayerNode, layer: LayerNode, call: Call, types: ReferenceTypes): Call {
  const [x] = call.args;
  const isTaken = wants(layer, call) && maskOf(x?.kind === "list" ? x.items[0] : x, model) !== null;
  const isUnread = layer.def?.kind === "layer" && layer.def.writing?.unmasked?.(layer) === true;
  const isMasked = isTaken || (isUnread && refsOf(call.args).some((ref) => types.get(ref)?.mask !== undefined));
  return isMasked ? { ...call, kwargs: [...call.kwargs, ["mask", { kind: "json", value: null }]] } : call;
}

/** The operations, ready to stand before the layer, and its calls with the masks; null where it needs none. */
export function withGivenMasks(
  model: LayerNode,
  layer: LayerNode,
  calls: readonly Call[],
  about: References,
  taken: Set<string>,
): { readonly operations: readonly JsonObject[]; readonly calls: readonly Call[] } | null {
  const operations: JsonObject[] = [];
  const masked = calls.map((call): Call => {
    const [x] = call.args;
    const mask = wants(layer, call) ? maskOf(x?.kind === "list" ? x.items[0] : x, model) : null;
    if (mask === null) return call;
    let made = mask.of;
    for (const { op, operand, options = {} } of mask.steps) {
      const name = freshName(`${about.names.get(layer.name) ?? layer.name}_mask`, taken);
      const config = new Map<string, JsonNode>([["name", name]]);
      for (const [key, value] of Object.entries(options)) config.set(key, json(value));
      const by: readonly CallArg[] = operand === undefined ? [] : [{ kind: "json", value: operand }];
      const form = wholeObject("keras.src.ops.numpy", op, config, op);
      operations.push(
        form.set("name", name).set("inbound_nodes", [callForm({ args: [made, ...by], kwargs: [] }, about)]),
      );
      made = { kind: "ref", layer: name, node: 0, tensor: 0, shape: null, dtype: "bool" };
    }
    const kwargs = call.kwargs.filter(([key]) => key !== "mask");
    return { ...call, kwargs: [...kwargs, ["mask", made]] };
  });
  return operations.length === 0 ? null : { operations, calls: masked };
}
