/** Puts the calls of a functional model in an order in which each comes after what it uses. */
import { CALL_RULES } from "../../../core/semantics.ts";
import { fail } from "../../../core/error.ts";
import { buildsOnce } from "../../common/built.ts";
import { argsOf } from "../../call-args.ts";
import type { Call, CallArg, LayerNode } from "../../define.ts";

/** A tensor that a call names. */
export type Ref = Extract<CallArg, { kind: "ref" }>;

/** A call of a functional model that is ready to run: all before it have run. */
export interface OrderedCall {
  readonly node: LayerNode;
  /** Its place among the layer's calls. */
  readonly number: number;
  readonly call: Call;
}

/** All references in arguments. */
export function refsOf(args: readonly CallArg[]): readonly Ref[] {
  return args.flatMap((arg): readonly Ref[] => {
    if (arg.kind === "ref") return [arg];
    if (arg.kind === "list") return refsOf(arg.items);
    if (arg.kind === "record") return refsOf(arg.entries.map(([, value]) => value));
    return arg.kind === "slice" ? refsOf([arg.start, arg.stop, arg.step]) : [];
  });
}

const refsOfCall = (call: Call): readonly Ref[] => refsOf(argsOf(call));

/** What stored numbers of calls count from: tried in order of preference. */
function startOf(numbers: readonly number[], calls: number, preferred: number): number {
  const fits = (start: number): boolean => numbers.every((n) => n >= start && n - start < calls);
  return [preferred, 1 - preferred].find(fits) ?? preferred;
}

/** A call of a layer as files name it: `node` is its number, counted as that file counts. */
export interface CallPlace {
  readonly layer: string;
  readonly node: number;
}

/**
 * From stored numbers of calls to places among the calls that the file holds. A model inside a model has a call of its
 * own before all others: older Keras counts it everywhere, Keras 3 only where it lists a model's outputs.
 */
export class CallNumbers {
  readonly #inArguments = new Map<string, number>();
  readonly #inOutputs = new Map<string, number>();

  constructor(model: LayerNode, layers: ReadonlyMap<string, LayerNode>, outputs: readonly CallPlace[]) {
    const inArguments = numbersByLayer([...model.innerCalls.values()].flat().flatMap(refsOfCall));
    const inOutputs = numbersByLayer(outputs);
    for (const [name, layer] of layers) {
      const calls = model.innerCalls.get(name)?.length ?? 0;
      const isModel = layer.children.has("layers") ? 1 : 0;
      const [a, o] = [inArguments.get(name) ?? [], inOutputs.get(name) ?? []];
      if (CALL_RULES[model.semantics].countsOwnCall) {
        const start = startOf([...a, ...o], calls, isModel);
        this.#inArguments.set(name, start);
        this.#inOutputs.set(name, start);
      } else {
        this.#inArguments.set(name, startOf(a, calls, 0));
        this.#inOutputs.set(name, startOf(o, calls, layer.options.has("input_layers") ? 1 : 0));
      }
    }
  }

  ofArgument({ layer, node }: CallPlace): number {
    return node - (this.#inArguments.get(layer) ?? 0);
  }

  ofOutput({ layer, node }: CallPlace): number {
    return node - (this.#inOutputs.get(layer) ?? 0);
  }
}

function numbersByLayer(places: readonly CallPlace[]): ReadonlyMap<string, readonly number[]> {
  const numbers = new Map<string, number[]>();
  for (const { layer, node } of places) {
    const same = numbers.get(layer);
    if (same === undefined) numbers.set(layer, [node]);
    else same.push(node);
  }
  return numbers;
}

/** Only calls that the outputs, and those `also` named, need, each once, after what it uses, in Keras's order. Throws `malformed/cycle` and `malformed/graph`. */
export function orderCalls(
  model: LayerNode,
  layers: ReadonlyMap<string, LayerNode>,
  inputs: readonly CallPlace[],
  outputs: readonly CallPlace[],
  numbers: CallNumbers,
  also: readonly Pick<OrderedCall, "node" | "number">[] = [],
): readonly OrderedCall[] {
  const entered = new Set(inputs.map((place) => place.layer));
  const order: OrderedCall[] = [];
  const state = new Map<string, "open" | "done">();
  const stack: { key: string; called: OrderedCall; refs: readonly Ref[]; next: number }[] = [];
  const visit = (layer: string, number: number): void => {
    if (entered.has(layer)) return;
    const node = layers.get(layer);
    const call = model.innerCalls.get(layer)?.[number];
    if (node === undefined || call === undefined) {
      return fail("malformed/graph", {
        path: layer,
        message: "an input names no call of a layer",
        found: `call ${number}`,
      });
    }
    const key = `${number}:${layer}`;
    const seen = state.get(key);
    if (seen === "done") return;
    if (seen === "open") fail("malformed/cycle", { message: "layers feed each other in a circle", path: layer });
    state.set(key, "open");
    stack.push({ key, called: { node, number, call }, refs: refsOfCall(call), next: 0 });
  };
  const ends = outputs.map((output) => [output.layer, numbers.ofOutput(output)] as const);
  for (const [layer, number] of [...ends, ...also.map(({ node, number }) => [node.name, number] as const)]) {
    visit(layer, number);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const ref = top.refs[top.next++];
      if (ref !== undefined) {
        visit(ref.layer, numbers.ofArgument(ref));
        continue;
      }
      stack.pop();
      state.set(top.key, "done");
      order.push(top.called);
    }
  }
  return builtInOrder(byDepth(order, numbers), numbers);
}

/**
 * Keras's order of calls: by distance from the outputs, then as its own walk back numbers them. It matters where one
 * stateful layer is called twice. Source: keras/src/ops/function.py (`map_graph`, `_run_through_graph`).
 */
function byDepth(order: readonly OrderedCall[], numbers: CallNumbers): readonly OrderedCall[] {
  const keyOf = (layer: string, number: number): string => `${number}:${layer}`;
  const calls = new Map(order.map((called) => [keyOf(called.node.name, called.number), called]));
  const depths = new Map<string, number>();
  const layerDepths = new Map<string, number>();
  for (const { node, number, call } of [...order].reverse()) {
    const key = keyOf(node.name, number);
    const depth = Math.max(depths.get(key) ?? 0, layerDepths.get(node.name) ?? 0);
    layerDepths.set(node.name, depth);
    depths.set(key, depth);
    for (const ref of refsOfCall(call)) {
      const needed = keyOf(ref.layer, numbers.ofArgument(ref));
      if (calls.has(needed)) depths.set(needed, Math.max(depths.get(needed) ?? 0, depth + 1));
    }
  }
  return [...depths].sort(([, a], [, b]) => b - a).map(([key]) => calls.get(key)!);
}

/** Whether a layer, or one inside, makes of its calls what depends on the first of them. */
function isBuiltOnce(root: LayerNode): boolean {
  const seen = new Set<LayerNode>();
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (buildsOnce(node)) return true;
    const inside = [...node.children.values()].flat().filter((child) => !seen.has(child));
    for (const child of inside) seen.add(child);
    open.push(...inside);
  }
  return false;
}

/** With the first stored call of a layer, on which Keras builds it, before its others, where that matters. */
function builtInOrder(order: readonly OrderedCall[], numbers: CallNumbers): readonly OrderedCall[] {
  const calls = new Map<string, Map<number, OrderedCall>>();
  for (const called of order) {
    const same = calls.get(called.node.name);
    if (same === undefined) calls.set(called.node.name, new Map([[called.number, called]]));
    else same.set(called.number, called);
  }
  const builders = new Map<LayerNode, OrderedCall>();
  for (const same of calls.values()) {
    const [first] = [...same.values()].sort((a, b) => a.number - b.number);
    const isFirst = same.values().next().value === first;
    if (!isFirst && isBuiltOnce(first!.node)) builders.set(first!.node, first!);
  }
  if (builders.size === 0) return order;
  const needed = ({ node, call }: OrderedCall): OrderedCall[] => [
    ...(builders.has(node) ? [builders.get(node)!] : []),
    ...refsOfCall(call).flatMap((ref) => calls.get(ref.layer)?.get(numbers.ofArgument(ref)) ?? []),
  ];
  const sorted: OrderedCall[] = [];
  const state = new Map<OrderedCall, "open" | "done">();
  const stack: { called: OrderedCall; needs: readonly OrderedCall[]; next: number }[] = [];
  const enter = (called: OrderedCall): void => {
    if (state.has(called)) return;
    state.set(called, "open");
    stack.push({ called, needs: needed(called), next: 0 });
  };
  for (const called of order) {
    enter(called);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const need = top.needs[top.next++];
      // A first call that needs a later one: no model that was made call by call.
      if (need !== undefined && need !== top.called && state.get(need) === "open") return order;
      if (need !== undefined) {
        enter(need);
        continue;
      }
      stack.pop();
      state.set(top.called, "done");
      sorted.push(top.called);
    }
  }
  return sorted;
}
