/** What each layer of a model is connected to, from the config alone: no shapes are needed. */
import type { LayerNode } from "../layers/define.ts";
import { CallNumbers, refsOf } from "../layers/models/shared/call-order.ts";
import { places } from "../layers/models/shared/places.ts";
import { childrenOf } from "./walk.ts";

/** An output of a call of a layer: `[call][output]` of Keras's summary. */
export interface Origin {
  /** The name of a layer of the same model. */
  readonly layer: string;
  /** Which of its calls. */
  readonly call: number;
  /** Which of the outputs of that call. */
  readonly output: number;
}

/** For each layer of a model by name: for each of its calls, in the file's order, what it takes. Empty for other layers. */
export function inboundOf(model: LayerNode): ReadonlyMap<string, readonly (readonly Origin[])[]> {
  const inbound = new Map<string, (readonly Origin[])[]>();
  if (!model.children.has("layers")) return inbound;
  const children = childrenOf(model);
  if (!model.options.has("input_layers")) {
    children.forEach((child, i) => {
      const before = children[i - 1];
      const calls = inbound.get(child.name) ?? [];
      const call = before === undefined ? 0 : (inbound.get(before.name)?.length ?? 1) - 1;
      if (before !== undefined) calls.push([{ layer: before.name, call: Math.max(call, 0), output: 0 }]);
      inbound.set(child.name, calls);
    });
    return inbound;
  }
  const layers = new Map(children.map((child) => [child.name, child]));
  const numbers = new CallNumbers(model, layers, places(model.options.get("output_layers")));
  for (const [name, calls] of model.innerCalls)
    inbound.set(
      name,
      calls.map(({ args, kwargs }) =>
        refsOf([...args, ...kwargs.map(([, value]) => value)]).map((ref) => ({
          layer: ref.layer,
          call: Math.max(numbers.ofArgument(ref), 0),
          output: ref.tensor,
        })),
      ),
    );
  return inbound;
}

/** Whether every layer but the first takes what the one before it gives, and nothing else. */
export function isChain(model: LayerNode): boolean {
  if (!model.options.has("input_layers")) return true;
  const inbound = inboundOf(model);
  const fed = new Set<string>();
  let starts = 0;
  for (const { name } of childrenOf(model)) {
    const calls = inbound.get(name) ?? [];
    const from = calls.flat();
    if (calls.length === 0) starts++;
    if (calls.length > 1 || from.length > 1 || from.some(({ layer }) => fed.has(layer))) return false;
    for (const { layer } of from) fed.add(layer);
  }
  return starts <= 1;
}
