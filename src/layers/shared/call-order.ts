/** Puts the calls of a functional model in an order in which each comes after what it uses. */
import { fail } from "../../core/error.ts";
import type { CallArg, LayerNode } from "../define.ts";

type Ref = Extract<CallArg, { kind: "ref" }>;

export interface OrderedCall {
  readonly node: LayerNode;
  readonly call: number;
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

const refsOfCall = (node: LayerNode, call: number): readonly Ref[] => {
  const { args, kwargs } = node.calls[call]!;
  return refsOf([...args, ...kwargs.map(([, value]) => value)]);
};

/**
 * The numbers of calls in files may start at 1: a model inside a model already has a call of its own. Every stored call
 * is used by somebody, so the largest number used tells.
 */
function callOffsets(
  layers: ReadonlyMap<string, LayerNode>,
  refs: readonly { layer: string; node: number }[],
): ReadonlyMap<string, number> {
  const largest = new Map<string, number>();
  for (const ref of refs) largest.set(ref.layer, Math.max(largest.get(ref.layer) ?? 0, ref.node));
  const offsets = new Map<string, number>();
  for (const [name, last] of largest) {
    const calls = layers.get(name)?.calls.length ?? 0;
    if (calls > 0 && last === calls && layers.get(name)!.children.has("layers")) offsets.set(name, 1);
  }
  return offsets;
}

/** Only calls that the outputs need, each once. Throws `malformed/cycle` and `malformed/graph`. */
export function orderCalls(
  layers: ReadonlyMap<string, LayerNode>,
  inputs: readonly { layer: string }[],
  outputs: readonly { layer: string; node: number }[],
): { order: readonly OrderedCall[]; offsets: ReadonlyMap<string, number> } {
  const all = [...layers.values()].flatMap((node) => node.calls.flatMap((_, call) => refsOfCall(node, call)));
  const offsets = callOffsets(layers, [...all, ...outputs]);
  const entered = new Set(inputs.map((place) => place.layer));
  const order: OrderedCall[] = [];
  const state = new Map<string, "open" | "done">();
  const stack: {
    key: string;
    node: LayerNode;
    call: number;
    refs: readonly { layer: string; node: number }[];
    next: number;
  }[] = [];
  const visit = (place: { layer: string; node: number }): void => {
    if (entered.has(place.layer)) return;
    const node = layers.get(place.layer);
    const call = place.node - (offsets.get(place.layer) ?? 0);
    if (node === undefined || node.calls[call] === undefined) {
      fail("malformed/graph", {
        message: "an input names no call of a layer",
        found: `${place.layer}, call ${place.node}`,
      });
    }
    const key = `${call}:${place.layer}`;
    const seen = state.get(key);
    if (seen === "done") return;
    if (seen === "open") fail("malformed/cycle", { message: "layers feed each other in a circle", path: place.layer });
    state.set(key, "open");
    stack.push({ key, node: node!, call, refs: refsOfCall(node!, call), next: 0 });
  };
  for (const output of outputs) {
    visit(output);
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const ref = top.refs[top.next++];
      if (ref !== undefined) {
        visit(ref);
        continue;
      }
      stack.pop();
      state.set(top.key, "done");
      order.push({ node: top.node, call: top.call });
    }
  }
  return { order, offsets };
}
