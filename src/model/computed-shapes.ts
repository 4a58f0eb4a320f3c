/**
 * Shapes that models of older Keras compute, as in `tf.reshape(x, (tf.shape(x)[0], -1))`: as the numbers that they are, since
 * Keras 3 knows lengths when a model is made and has no operation for one. What cannot be told so stays, and is refused.
 */
import type { Call, CallArg, LayerNode, ReferenceTypes } from "../layers/define.ts";
import { refsOf } from "../layers/models/shared/call-order.ts";
import { type Calls, needed } from "./implied-masks.ts";
import { argsOf, functionOf } from "./measuring.ts";
import type { SpeltCalls } from "./spelt.ts";
import { childrenOf } from "./walk.ts";

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  "math.multiply": (a, b) => a * b,
  "math.floordiv": (a, b) => Math.floor(a / b),
  floor_div: (a, b) => Math.floor(a / b),
  "math.add": (a, b) => a + b,
  "__operators__.add": (a, b) => a + b,
  "math.subtract": (a, b) => a - b,
};

const json = (value: number | null): CallArg => ({ kind: "json", value });

/** One that is not known is null; the axis that it was measured along, if any. */
interface Length {
  readonly length: number | null;
  readonly axis: number | null;
}

class Shapes {
  readonly #model: LayerNode;
  readonly #layers: ReadonlyMap<string, LayerNode>;
  readonly #types: ReferenceTypes;
  /** By the layer that gives it: each is computed once. */
  readonly #lengths = new Map<string, Length | null>();

  constructor(model: LayerNode, types: ReferenceTypes) {
    this.#model = model;
    this.#layers = new Map(childrenOf(model).map((layer) => [layer.name, layer]));
    this.#types = types;
  }

  /** The one call behind a reference, of the function that made it. */
  #made(arg: CallArg | undefined): { readonly fn: string; readonly call: Call } | null {
    const fn = arg?.kind === "ref" ? functionOf(this.#layers.get(arg.layer)) : null;
    const calls = arg?.kind === "ref" ? (this.#model.innerCalls.get(arg.layer) ?? []) : [];
    return fn !== null && calls.length === 1 ? { fn, call: calls[0]! } : null;
  }

  #callOf(arg: CallArg | undefined, fn: string): Call | null {
    const made = this.#made(arg);
    return made?.fn === fn ? made.call : null;
  }

  /** The lengths of `tf.shape(x)`. */
  #measured(arg: CallArg | undefined): readonly (number | null)[] | null {
    const x = this.#callOf(arg, "shape")?.args[0];
    return (x && this.#types.get(x)?.shape) ?? null;
  }

  /** A length among others: a number, `tf.shape(x)[k]`, or what known ones come to; null: none of these. */
  #length(arg: CallArg): Length | null {
    if (arg.kind === "json" && typeof arg.value === "number") return { length: arg.value, axis: null };
    if (arg.kind !== "ref") return null;
    const known = this.#lengths.get(arg.layer);
    if (known !== undefined) return known;
    this.#lengths.set(arg.layer, null);
    const found = this.#computed(arg);
    this.#lengths.set(arg.layer, found);
    return found;
  }

  #computed(arg: CallArg): Length | null {
    const made = this.#made(arg);
    const arithmetic = made && ARITHMETIC[made.fn];
    if (made && arithmetic !== undefined && arithmetic !== null) {
      const operands = [
        ...made.call.args,
        ...made.call.kwargs.filter(([name]) => name === "y").map(([, value]) => value),
      ];
      const [a, b] = operands.map((operand) => this.#length(operand)?.length ?? null);
      return typeof a === "number" && typeof b === "number" ? { length: arithmetic(a, b), axis: null } : null;
    }
    const picked = this.#callOf(arg, "__operators__.getitem");
    const key = picked?.kwargs.find(([name]) => name === "slice_spec")?.[1] ?? picked?.args[1];
    const sizes = this.#measured(picked?.args[0]);
    if (sizes === null || key?.kind !== "json" || typeof key.value !== "number") return null;
    const axis = key.value < 0 ? key.value + sizes.length : key.value;
    return axis in sizes ? { length: sizes[axis]!, axis } : null;
  }

  /** The same shape in numbers: one may be -1, and the first null, the batch's. */
  #told(shape: CallArg): CallArg | null {
    const whole = this.#measured(shape)?.map((length, axis) => ({ length, axis }));
    const items = whole ?? (shape.kind === "list" ? shape.items.map((item) => this.#length(item)) : [null]);
    if (items.includes(null)) return null;
    const lengths = items.map((item) => (item!.length === null ? -1 : item!.length));
    const free = lengths.filter((length) => length < 0).length;
    if (free <= 1) return { kind: "list", items: lengths.map(json) };
    const isBatch = items[0]!.length === null && items[0]!.axis === 0;
    return isBatch && free === 2 ? { kind: "list", items: [null, ...lengths.slice(1)].map(json) } : null;
  }

  /** Whether a reshape's shape is computed. */
  told(layer: LayerNode, call: Call): Call {
    if (functionOf(layer) !== "reshape") return call;
    const at = call.kwargs.findIndex(([name]) => name === "shape");
    const shape = at < 0 ? call.args[1] : call.kwargs[at]![1];
    const told = shape === undefined || refsOf([shape]).length === 0 ? null : this.#told(shape);
    if (told === null) return call;
    if (at < 0) return { ...call, args: call.args.with(1, told) };
    return { ...call, kwargs: call.kwargs.with(at, ["shape", told]) };
  }
}

/** A model's layers and calls, without the functions that only measured: what is spelt out from behind those does not read them. */
export function withoutShapes(model: LayerNode, types: ReferenceTypes, spelt: SpeltCalls | undefined): Calls {
  const shapes = new Shapes(model, types);
  const told = (layer: LayerNode) => (model.innerCalls.get(layer.name) ?? []).map((call) => shapes.told(layer, call));
  const calls = new Map(childrenOf(model).map((layer) => [layer, told(layer)] as const));
  const reads = (call: Call) => spelt?.get(call)?.behind ?? argsOf(call);
  return needed(model, calls, (layer) => functionOf(layer) !== null, reads);
}
