/**
 * Functions that compute with lengths alone, as in `tf.sqrt(tf.cast(tf.shape(x)[-1], "float32"))`: what they give follows
 * from shapes, and not from numbers. Keras 3 knows lengths when a model is made and has no operation for one: what is given
 * such lengths is spelt out from the tensors behind them.
 */
import { argsOf } from "../layers/call-args.ts";
import type { Call, LayerNode } from "../layers/define.ts";
import { refsOf } from "../layers/models/shared/call-order.ts";
import { type Calls, needed } from "./implied-masks.ts";
import type { SpeltCalls } from "./spelt.ts";
import { childrenOf } from "./walk.ts";

/** Names of functions that tell lengths of what they are given. */
const MEASURES: ReadonlySet<string> = new Set(["shape", "size", "rank"]);
/** Behind more such functions than these nothing is looked for. */
const DEEPEST = 32;

/** The function of TensorFlow that a layer calls, without TensorFlow 1's name; null for other layers. */
export const functionOf = (layer: LayerNode | undefined): string | null =>
  layer?.def?.class === "TFOpLambda" ? String(layer.config["function"]).replace(/^compat\.v1\./, "") : null;

/** One such function and its call. */
export interface MeasuringCall {
  readonly node: LayerNode;
  readonly call: Call;
  /** How many of them lie behind it, itself included. */
  readonly depth: number;
}

/** The functions of a model that compute with lengths alone, each called once, by name. */
export function measuringCalls(model: LayerNode): ReadonlyMap<string, MeasuringCall> {
  const layers = new Map(childrenOf(model).map((layer) => [layer.name, layer]));
  const known = new Map<string, MeasuringCall | null>();
  const visit = (name: string, above: number): MeasuringCall | null => {
    const before = known.get(name);
    if (before !== undefined) return before;
    known.set(name, null);
    const node = layers.get(name);
    const fn = functionOf(node);
    const [call, ...more] = model.innerCalls.get(name) ?? [];
    if (node === undefined || fn === null || call === undefined || more.length > 0 || above > DEEPEST) return null;
    const read = MEASURES.has(fn) ? [] : refsOf(argsOf(call)).map((ref) => visit(ref.layer, above + 1));
    if ((read.length === 0 && !MEASURES.has(fn)) || read.includes(null)) return null;
    const depth = 1 + Math.max(0, ...read.map((one) => one!.depth));
    const made = depth > DEEPEST ? null : { node, call, depth };
    known.set(name, made);
    return made;
  };
  return new Map(
    [...layers.keys()].flatMap((name) => {
      const found = visit(name, 0);
      return found === null ? [] : [[name, found] as const];
    }),
  );
}

/** A model's layers and calls for Keras 3, where what is spelt out reads the tensors behind lengths: without functions that nothing reads any more. */
export function withoutMeasuring(model: LayerNode, spelt: SpeltCalls | undefined): Calls {
  const calls = new Map(childrenOf(model).map((layer) => [layer, model.innerCalls.get(layer.name) ?? []] as const));
  const reads = (call: Call) => spelt?.get(call)?.behind ?? argsOf(call);
  return needed(model, calls, (layer) => functionOf(layer) !== null, reads);
}
