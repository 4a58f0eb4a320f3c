/**
 * A model as a graph of calls: layers, the calls that join them, which values enter and which leave.
 * Source: keras/src/models/functional.py, tf_keras/engine/functional.py, keras 1.2.2 keras/engine/topology.py.
 */
import { fail } from "../../core/error.ts";
import type { Sym } from "../../ops/types.ts";
import { layer, type Arg, type CallArg, type Context, type InputSpec, type KwArgs, type LayerNode } from "../define.ts";
import { json } from "../fields.ts";
import { layersField } from "../layer-fields.ts";
import { conformed } from "../common/model-inputs.ts";
import { entering } from "../common/args.ts";
import { CallNumbers, orderCalls, type Ref, refsOf } from "./shared/call-order.ts";
import { storedArg } from "./shared/stored-args.ts";
import { endName, type OutputPlace, places } from "./shared/places.ts";

const layersOf = (node: LayerNode): ReadonlyMap<string, LayerNode> =>
  new Map(node.children.get("layers")!.map((child) => [child.name, child]));

function inputsOf(node: LayerNode): readonly InputSpec[] {
  const layers = layersOf(node);
  return places(node.options.get("input_layers")).map((place) => {
    const child = layers.get(place.layer);
    if (child === undefined)
      return fail("malformed/graph", { path: node.name, message: "an input names no layer", found: place.layer });
    if (child.class !== "InputLayer" && node.innerCalls.has(child.name))
      return fail("malformed/graph", { path: child.name, message: "an input is a layer that is called" });
    const dtype = child.options.get("dtype");
    return {
      ...endName(place),
      shape: child.batchShape,
      dtype: typeof dtype === "string" ? (dtype as InputSpec["dtype"]) : "float32",
    };
  });
}

/** The values that calls have made so far, by layer and call. */
class CallValues {
  readonly #outputs = new Map<string, Map<number, readonly Sym[]>>();
  readonly #cx: Context;
  readonly #numbers: CallNumbers;

  constructor(cx: Context, numbers: CallNumbers) {
    this.#cx = cx;
    this.#numbers = numbers;
  }

  put(layer: string, call: number, y: readonly Sym[]): void {
    const calls = this.#outputs.get(layer) ?? new Map<number, readonly Sym[]>();
    this.#outputs.set(layer, calls.set(call, y));
  }

  /** A model whose call gives a mask, or null, leaves it on the values themselves: calls after it see it. */
  remask(refs: readonly Ref[], kw: KwArgs): void {
    if (!("mask" in kw)) return;
    const masked = entering(
      this.#cx,
      refs.map((ref) => this.argument(ref)),
      kw,
    );
    refs.forEach((ref, i) => {
      const calls = this.#outputs.get(ref.layer)!;
      const call = this.#numbers.ofArgument(ref);
      const at = calls.has(call) ? call : ENTRY;
      calls.set(at, calls.get(at)!.map((s, k) => (k === ref.tensor ? masked[i]! : s))); // prettier-ignore
    });
  }

  argument(ref: Ref): Sym {
    return this.#get(ref, this.#numbers.ofArgument(ref), ref);
  }

  output(place: OutputPlace, hint: Ref | undefined): Sym {
    return this.#get(place, this.#numbers.ofOutput(place), hint);
  }

  #get(place: OutputPlace, call: number, hint: Ref | undefined): Sym {
    const calls = this.#outputs.get(place.layer);
    const y = calls?.get(call) ?? (call === 0 ? calls?.get(ENTRY) : undefined);
    if (y === undefined)
      return fail("malformed/graph", { path: place.layer, message: "an input names no call", found: `call ${call}` });
    const sym = y[place.tensor];
    if (sym !== undefined) return sym;
    if (y.length > 0 && !this.#cx.isUnknown(y[0]!))
      return fail("malformed/graph", {
        path: place.layer,
        message: "an input names no output",
        found: `output ${place.tensor}`,
      });
    // What an unknown layer gives, or a layer behind it: consumers may know the shape.
    return this.#cx.unknown(hint?.shape ?? null, hint?.dtype ?? "float32");
  }
}

const ENTRY = -1;

/** Calls that only add to the loss. */
const addedTo = (model: LayerNode, layers: ReadonlyMap<string, LayerNode>) =>
  [...layers.values()].flatMap((node) =>
    node.def?.calls?.onlyTrains === "loss"
      ? (model.innerCalls.get(node.name) ?? []).map((_, number) => ({ node, number }))
      : [],
  );

/** An argument, and told what its references are. */
const argOf = (made: CallValues, cx: Context, arg: CallArg): Arg =>
  storedArg(arg, cx.op, (ref) => {
    const value = made.argument(ref);
    cx.refersTo(ref, value);
    return value;
  });

export const functional = layer({
  class: "Functional",
  names: ["Model"],
  args: ["inputs", "training", "mask"],
  module: "keras.src.models.functional",
  config: { layers: layersField(), input_layers: json([]), output_layers: json([]) },
  calls: { casts: false },
  children: { layers: "option" },
  mask: (_cx, _c, _masks, _x, y) => y.map((s) => s.mask),
  forward(cx, c, _w, x, kwargs) {
    const layers = layersOf(cx.node);
    const inputs = places(c.input_layers);
    const outputs = places(c.output_layers);
    if (inputs.length !== x.length)
      fail("mismatch/inputs", { expected: `${inputs.length} inputs`, found: String(x.length) });
    if (outputs.length === 0) fail("malformed/graph", { path: `${cx.node.name}.output_layers`, expected: "outputs" });
    const numbers = new CallNumbers(cx.node, layers, outputs);
    const order = orderCalls(cx.node, layers, inputs, outputs, numbers, cx.hasLoss ? addedTo(cx.node, layers) : []);
    const made = new CallValues(cx, numbers);
    const given = conformed(cx, inputsOf(cx.node), entering(cx, x, kwargs));
    inputs.forEach((place, i) => made.put(place.layer, ENTRY, [given[i]!]));
    for (const { node, number, call } of order) {
      const kw = Object.fromEntries(call.kwargs.map(([key, value]) => [key, argOf(made, cx, value)]));
      made.put(
        node.name,
        number,
        cx.call(
          node,
          call.args.map((arg) => argOf(made, cx, arg)),
          kw,
        ),
      );
      if (node.children.has("layers")) made.remask(refsOf(call.args.slice(0, 1)), kw);
    }
    const hints = new Map(refsOf(order.flatMap(({ call }) => call.args)).map((r) => [`${r.layer}/${r.node}`, r]));
    return outputs.map((place) => made.output(place, hints.get(`${place.layer}/${place.node}`)));
  },
  inputs: inputsOf,
  outputs: (node) => places(node.options.get("output_layers")).map(endName),
});
