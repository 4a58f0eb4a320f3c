/** The values inside a model as symbolic ones: what sub-models and new heads are made of. */
import { fail } from "../../core/error.ts";
import type { Traced } from "../../graph/trace.ts";
import type { CallArg, LayerNode } from "../../layers/define.ts";
import { CallNumbers, orderCalls, refsOf } from "../../layers/models/shared/call-order.ts";
import { type OutputPlace, places } from "../../layers/models/shared/places.ts";
import { childrenOf } from "../../model/walk.ts";
import type { Graph, Shape, ValueId } from "../../ops/types.ts";
import { inputForm } from "./input.ts";
import { Symbolic, type SymbolicCall } from "./symbolic.ts";

/** One call of a layer: what it takes and gives. */
export interface ModelCall {
  /** What it takes. */
  readonly inputs: readonly Symbolic[];
  /** What it gives. */
  readonly outputs: readonly Symbolic[];
}

/** A model's values under their calls. */
export interface ModelValues {
  readonly inputs: readonly Symbolic[];
  readonly outputs: readonly Symbolic[];
  /** The calls of the model's own layers that its outputs need, by the layer's name. */
  readonly calls: ReadonlyMap<string, readonly ModelCall[]>;
}

/** The ids of the outputs of each call of one of the root's own layers, by name, in order. */
function madeBy({ calls }: Graph): ReadonlyMap<string, (readonly ValueId[])[]> {
  const made = new Map<string, (readonly ValueId[])[]>();
  for (const { path, outputs } of calls) made.set(path, [...(made.get(path) ?? []), outputs]);
  return made;
}

type Member = SymbolicCall["layer"];

const asMember = (node: LayerNode): Member => ({ node, raw: node.raw!, name: node.name });

/** The symbolic outputs of a call, of the values that the trace gave it; `extra` where it could not tell how many. */
function outputsOf(call: SymbolicCall, ids: readonly ValueId[], { values }: Graph): Symbolic[] {
  return ids.map((id, tensor) => {
    const { shape, dtype } = values.get(id)!;
    return new Symbolic(call, tensor, shape ?? [], dtype);
  });
}

function ofFunctional(root: LayerNode, { graph, inputs: specs }: Traced): ModelValues {
  const layers = new Map(childrenOf(root).map((child) => [child.name, child]));
  const [starts, ends] = [places(root.options.get("input_layers")), places(root.options.get("output_layers"))];
  const numbers = new CallNumbers(root, layers, ends);
  const known = new Map<string, Symbolic[]>();
  const key = (layer: string, number: number | "entry"): string => `${number}:${layer}`;
  const inputs = starts.map(({ layer }, i) => {
    const call: SymbolicCall = { layer: asMember(layers.get(layer)!), x: undefined, kwargs: {} };
    const { shape, dtype } = specs[i]!;
    const value = new Symbolic(call, 0, shape ?? [], dtype);
    known.set(key(layer, "entry"), [value]);
    return value;
  });
  const at = ({ layer, tensor }: OutputPlace, number: number, hint: Shape | null): Symbolic => {
    const of = known.get(key(layer, number)) ?? (number === 0 ? known.get(key(layer, "entry")) : undefined);
    // Of a layer that is not known, what it gives is told by those who take it.
    return of?.[tensor] ?? new Symbolic(of![0]?.call ?? unknownCall(layers.get(layer)!), tensor, hint ?? [], "float32");
  };
  const made = madeBy(graph);
  const members = new Map<LayerNode, Member>();
  const calls = new Map<string, ModelCall[]>();
  for (const { node, number, call } of orderCalls(root, layers, starts, ends, numbers)) {
    const member = members.get(node) ?? asMember(node);
    members.set(node, member);
    const args: readonly CallArg[] = [...call.args, ...call.kwargs.map(([, value]) => value)];
    const values = new Map<CallArg, Symbolic>();
    for (const ref of refsOf(args)) values.set(ref, at(ref, numbers.ofArgument(ref), ref.shape));
    const symbolic: SymbolicCall = { layer: member, x: [...values.values()], kwargs: {}, stored: { call, values } };
    const before = calls.get(node.name) ?? [];
    const outputs = outputsOf(symbolic, made.get(node.name)?.[before.length] ?? [], graph);
    known.set(key(node.name, number), outputs);
    calls.set(node.name, [...before, { inputs: [...values.values()], outputs }]);
  }
  return { inputs, outputs: ends.map((place) => at(place, numbers.ofOutput(place), null)), calls };
}

const unknownCall = (node: LayerNode): SymbolicCall => ({ layer: asMember(node), x: [], kwargs: {} });

function ofSequential(root: LayerNode, { graph, inputs: specs }: Traced): ModelValues {
  const [first, ...others] = childrenOf(root);
  const inputs = specs.map(({ name, shape, dtype }) => {
    const raw = first?.class === "InputLayer" ? first.raw! : inputForm(shape ?? [], dtype, name);
    const node = first?.class === "InputLayer" ? first : root;
    return new Symbolic({ layer: { node, raw, name }, x: undefined, kwargs: {} }, 0, shape ?? [], dtype);
  });
  const made = madeBy(graph);
  const members = new Map<LayerNode, Member>();
  const calls = new Map<string, ModelCall[]>();
  let values: readonly Symbolic[] = inputs;
  for (const node of first === undefined || first.class === "InputLayer" ? others : [first, ...others]) {
    if (node.class === "InputLayer") continue;
    const member = members.get(node) ?? asMember(node);
    members.set(node, member);
    const before = calls.get(node.name) ?? [];
    const call: SymbolicCall = { layer: member, x: values.length === 1 ? values[0]! : values, kwargs: {} };
    const outputs = outputsOf(call, made.get(node.name)?.[before.length] ?? [], graph);
    calls.set(node.name, [...before, { inputs: values, outputs }]);
    values = outputs.length > 0 ? outputs : [new Symbolic(call, 0, [], "float32")];
  }
  return { inputs, outputs: values, calls };
}

/** Throws `unsupported/model` for a class that is neither Functional nor Sequential. */
export function modelValues(root: LayerNode, traced: Traced): ModelValues {
  if (!root.children.has("layers"))
    return fail("unsupported/model", {
      path: root.name,
      message: "has no layers that could be told",
      found: root.class,
    });
  return (root.options.has("input_layers") ? ofFunctional : ofSequential)(root, traced);
}
