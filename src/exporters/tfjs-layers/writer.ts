/** A model for TensorFlow.js while it is written: one graph of layers that TensorFlow.js has, and their weights. */
import { fail } from "../../core/error.ts";
import { showShape } from "../../core/tensor.ts";
import type { LayerCall } from "../../graph/tracer.ts";
import type { LayerNode, Weight } from "../../layers/define.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Shape, ValueId } from "../../ops/types.ts";

/** What JSON holds; undefined is left out. */
export type Plain = undefined | null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };
export type Options = { readonly [option: string]: Plain };
export type Lengths = readonly (number | null)[];

/** A value of the written model. */
export interface TfjsValue {
  /** The layer, which of its calls, which of the call's outputs. */
  readonly place: readonly [layer: string, call: number, output: number];
  readonly shape: Lengths;
  /** The mask that TensorFlow.js carries with it, as a value of our graph; null for none. */
  readonly mask: number | null;
}

/** A weight of a written layer: a weight of ours, or what is made of it. */
export interface WrittenWeight {
  readonly name: string;
  readonly of: Weight;
  readonly shape: readonly number[];
  /** Absent: as it is. */
  readonly change?: (value: Tensor) => Tensor;
}

/** Weights of a layer under TensorFlow.js's names. */
export type Weights = { readonly [name: string]: Omit<WrittenWeight, "name"> | undefined };

/** A layer of TensorFlow.js with what each of its calls reads. */
export interface WrittenLayer {
  readonly className: string;
  readonly name: string;
  readonly config: Options;
  readonly calls: (readonly TfjsValue["place"][])[];
  readonly weights: readonly WrittenWeight[];
}

/** What one call of a layer is written from. */
export interface CallOf {
  readonly node: LayerNode;
  readonly path: string;
  /** What the layer is to be called. */
  readonly name: string;
  /** The layer's options as its declaration reads them. */
  readonly c: Readonly<Record<string, unknown>>;
  /** Shapes of the first argument's values, and of the results. */
  readonly x: readonly Lengths[];
  readonly y: readonly Lengths[];
  /** Its results' masks. */
  readonly masks: readonly (number | null)[];
  readonly named: LayerCall["named"];
}

export const lengths = (shape: Shape): Lengths => shape.map((n) => (typeof n === "number" ? n : null));

/** Names that TensorFlow.js takes: its variables go by them. */
const VALID = /^[A-Za-z0-9][-A-Za-z0-9_./]*$/;

/** Classes whose results keep the mask of their first input. */
const PASSES: ReadonlySet<string> = new Set([
  "Activation", "AlphaDropout", "BatchNormalization", "Dense", "Dropout", "GaussianDropout", "GaussianNoise",
  "LayerNormalization", "PReLU", "ReLU", "SpatialDropout1D", "TimeDistributed",
]); // prettier-ignore

/** Classes that compute a mask of several inputs otherwise than Keras. */
const MERGES: ReadonlySet<string> = new Set(["Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply"]);

/** The layers so far; every rule writes through it. */
export class TfjsWriter {
  readonly layers: WrittenLayer[] = [];
  readonly changed = new Set<string>();
  /** Whether any value carries a mask: the executor then hands it to every later layer too. */
  hasMasks = false;
  readonly #names = new Set<string>();
  readonly #made = new Map<LayerNode, Map<string, WrittenLayer>>();
  /** Loops without a mask. */
  readonly unmaskedReaders: CallOf[] = [];
  /** Whether layers are being written that a TimeDistributed applies. */
  isTimed = false;

  /** Of values that are computed alike, one. */
  same: (id: ValueId) => ValueId = (id) => id;

  /** A name that is free and that TensorFlow.js takes. */
  unique(wanted: string): string {
    const valid = VALID.test(wanted) ? wanted : `layer_${wanted.replace(/[^-A-Za-z0-9_./]/g, "_")}`;
    let name = valid;
    for (let n = 1; this.#names.has(name); n++) name = `${valid}_${n}`;
    this.#names.add(name);
    return name;
  }

  /** A layer of its own for an input. */
  input(name: string, shape: Lengths, dtype: string): TfjsValue {
    const own = this.unique(name);
    if (own !== name) this.changed.add(`${name} is called ${own}`);
    const config = { name: own, batch_input_shape: shape, dtype, sparse: false };
    this.layers.push({ className: "InputLayer", name: own, config, calls: [], weights: [] });
    return { place: [own, 0, 0], shape, mask: null };
  }

  /** The same value from a layer of its own: TensorFlow.js gives a value once, and no input. */
  again(name: string, value: TfjsValue): TfjsValue {
    const own = this.unique(name);
    const config = { name: own, activation: "linear" };
    this.layers.push({ className: "Activation", name: own, config, calls: [[value.place]], weights: [] });
    return { ...value, place: [own, 0, 0] };
  }

  /**
   * Calls a layer of TensorFlow.js for one of ours. `role`: which of several it is made of, "" for the one that has its name.
   * Layers with the same role and options are one, called again.
   */
  call(
    of: CallOf,
    role: string,
    className: string,
    options: Options,
    inputs: readonly TfjsValue[],
    shapes: readonly Lengths[],
    weights: Weights = {},
  ): readonly TfjsValue[] {
    const isMerge = inputs.length > 1;
    // What a TimeDistributed applies has no time among its axes.
    if (this.isTimed && className === "Concatenate") options = { axis: (options["axis"] as number) + 1 };
    if (this.isTimed && isMerge && (!MERGES.has(className) || className === "Dot"))
      this.refuse(of, `a TimeDistributed ${className}`);
    const layer = this.#layer(of, role, className, options, weights, this.isTimed && !isMerge);
    const call = layer.calls.length;
    // A value that is read twice by one call is freed there too early.
    const once = inputs.map((value, i) =>
      inputs.findIndex(({ place }) => place.join() === value.place.join()) < i
        ? this.again(`${of.name}_again`, value)
        : value,
    );
    layer.calls.push(once.map(({ place }) => place));
    if (isMerge && inputs.some(({ mask }) => mask !== null) && MERGES.has(className))
      this.refuse(of, "TensorFlow.js joins masks otherwise");
    const mask = this.isTimed || PASSES.has(className) ? (inputs[0]?.mask ?? null) : null;
    return shapes.map((shape, output) => ({ place: [layer.name, call, output], shape, mask }));
  }

  #layer(
    of: CallOf,
    role: string,
    className: string,
    options: Options,
    weights: Weights,
    timed: boolean,
  ): WrittenLayer {
    const made = this.#made.get(of.node) ?? new Map<string, WrittenLayer>();
    this.#made.set(of.node, made);
    const key = JSON.stringify([role, className, options, timed]);
    const found = made.get(key);
    if (found !== undefined) return found;
    const wanted = role === "" ? of.name : `${of.name}_${role}`;
    const name = this.unique(wanted);
    if (name !== wanted && role === "") this.changed.add(`${of.path} is called ${name}`);
    const inner = { name: timed ? `${name}_inner` : name, trainable: of.node.trainable, ...options };
    const config = timed
      ? { name, trainable: of.node.trainable, layer: { class_name: className, config: inner } }
      : inner;
    const written = Object.entries(weights).flatMap(([own, weight]) =>
      weight === undefined ? [] : [{ name: `${name}/${own}`, ...weight }],
    );
    const layer = { className: timed ? "TimeDistributed" : className, name, config, calls: [], weights: written };
    this.layers.push(layer);
    made.set(key, layer);
    return layer;
  }

  /** One input, one result. */
  one(
    of: CallOf,
    role: string,
    className: string,
    options: Options,
    x: TfjsValue,
    shape: Lengths,
    weights?: Weights,
  ): TfjsValue {
    return this.call(of, role, className, options, [x], [shape], weights)[0]!;
  }

  refuse({ path, node }: CallOf, message: string, option?: string): never {
    return fail("unsupported/translation", {
      path: option === undefined ? path : `${path}.${option}`,
      message,
      found: option === undefined ? node.class : (JSON.stringify(node.config[option]) ?? node.class),
    });
  }
}

/** A weight of ours as it is; undefined where the layer has none. */
export function plain({ weights }: LayerNode, name: string): Weights[string] {
  const of = weights.get(name);
  return of === undefined ? undefined : { of, shape: of.shape! };
}

/** A weight with other lengths: [3, 8, 4] as [3, 1, 8, 4]. */
export function reshaped(
  node: LayerNode,
  name: string,
  to: (shape: readonly number[]) => readonly number[],
): Weights[string] {
  const of = node.weights.get(name);
  if (of === undefined) return undefined;
  const shape = to(of.shape!);
  return { of, shape, change: (value) => ({ ...value, shape }) };
}

/** The product of lengths; throws `unsupported/translation` where one is open. */
export function product(w: TfjsWriter, of: CallOf, all: Lengths): number {
  return all.reduce<number>((n, length) => n * (length ?? w.refuse(of, `open lengths in ${showShape(all)}`)), 1);
}
