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
  /** Whether it is of int32 there. */
  readonly whole?: true;
}

/** A weight of a written layer. */
export interface WrittenWeight {
  readonly name: string;
  readonly shape: readonly number[];
  /** The weight of ours that it is, as it is. */
  readonly of?: Weight;
  /** Whether its elements are those of a weight of ours, wherever they lie: nothing else is quantised. */
  readonly isLearned?: boolean;
  read(): Promise<Tensor>;
}
type Form = Omit<WrittenWeight, "name">;

/** Weights of a layer under TensorFlow.js's names. */
export type Weights = { readonly [name: string]: Form | undefined };

/** A layer of TensorFlow.js with what each of its calls reads. */
export interface WrittenLayer {
  readonly className: string;
  readonly name: string;
  readonly config: Options;
  readonly calls: (readonly TfjsValue["place"][])[];
  readonly weights: readonly WrittenWeight[];
  /** Whether it is one of several that make up a layer of ours. */
  readonly isPart?: true;
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
  /** Its weights, where they are not those of the layer. */
  readonly given?: Weights;
  /** What tells its layers from those of other calls; default: the node. */
  readonly key?: object;
}

export const lengths = (shape: Shape): Lengths => shape.map((n) => (typeof n === "number" ? n : null));

/** Names that TensorFlow.js takes: its variables go by them. */
const VALID = /^[A-Za-z0-9][-A-Za-z0-9_./]*$/;

/** Classes whose results keep the mask of their first input. */
const PASSES: ReadonlySet<string> = new Set([
  "Activation", "AlphaDropout", "BatchNormalization", "Dense", "Dropout", "GaussianDropout", "GaussianNoise",
  "LayerNormalization", "PReLU", "ReLU", "SpatialDropout1D", "TimeDistributed",
]); // prettier-ignore

/** Classes whose results are of int32 where what they take is. */
const MOVES: ReadonlySet<string> = new Set(["Flatten", "Permute", "RepeatVector", "Reshape"]);

/** Classes that compute a mask of several inputs otherwise than Keras. */
const MERGES: ReadonlySet<string> = new Set(["Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply"]);

/** The layers so far; every rule writes through it. */
export class TfjsWriter {
  readonly layers: WrittenLayer[] = [];
  changed = new Set<string>();
  /** Whether any value carries a mask: the executor then hands it to every later layer too. */
  hasMasks = false;
  #names = new Set<string>();
  readonly #made = new Map<object, Map<string, WrittenLayer>>();
  /** Whether masks go beside values, as TensorFlow.js has them; else they are values. */
  readonly carriesMasks: boolean;
  /** Whether it computes something of numbers above 0 alone. */
  isOfPositives = false;
  /** Loops without a mask. */
  readonly unmaskedReaders: CallOf[] = [];
  /** Whether layers are being written that a TimeDistributed applies. */
  isTimed = false;

  constructor(carriesMasks: boolean) {
    this.carriesMasks = carriesMasks;
  }

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
    // TensorFlow.js makes rows of one element of examples without axes.
    const row = shape.length === 1 ? [shape[0]!, 1] : shape;
    const config = { name: own, batch_input_shape: row, dtype, sparse: false };
    this.layers.push({ className: "InputLayer", name: own, config, calls: [], weights: [] });
    const whole = dtype === "int32" && { whole: true as const };
    if (shape.length > 1) return { place: [own, 0, 0], shape, mask: null, ...whole };
    const flat = { name: this.unique(`${own}_element`), target_shape: [] };
    this.layers.push({
      className: "Reshape",
      name: flat.name,
      config: flat,
      calls: [[[own, 0, 0]]],
      weights: [],
      isPart: true,
    });
    return { place: [flat.name, 0, 0], shape, mask: null, ...whole };
  }

  /** Whether it is what the model takes. */
  isInput({ place: [name] }: TfjsValue): boolean {
    return this.layers.some((layer) => layer.name === name && layer.className === "InputLayer");
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
    if ([...inputs.map(({ shape }) => shape), ...shapes].some((shape) => shape.includes(0)))
      this.refuse(of, "values without elements");
    // What a TimeDistributed applies has no time among its axes.
    if (this.isTimed && className === "Concatenate") options = { axis: (options["axis"] as number) + 1 };
    if (this.isTimed && isMerge && (!MERGES.has(className) || className === "Dot"))
      this.refuse(of, `a TimeDistributed ${className}`);
    // A TimeDistributed takes what its first call took.
    const timed = this.isTimed && !isMerge ? inputs[0]!.shape.slice(1) : null;
    const layer = this.#layer(of, role, className, options, weights, timed);
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
    const whole = MOVES.has(className) && inputs[0]?.whole === true && { whole: true as const };
    return shapes.map((shape, output) => ({ place: [layer.name, call, output], shape, mask, ...whole }));
  }

  /** Runs it, and takes back all that it wrote if it refuses. */
  attempt<T>(run: () => T): T {
    const [layers, names, changed] = [this.layers.length, new Set(this.#names), new Set(this.changed)];
    const calls = this.layers.map((layer) => layer.calls.length);
    const [hasMasks, readers] = [this.hasMasks, this.unmaskedReaders.length];
    try {
      return run();
    } catch (error) {
      this.layers.length = layers;
      this.layers.forEach((layer, i) => (layer.calls.length = calls[i]!));
      for (const [owner, made] of this.#made)
        for (const [key, layer] of made) {
          if (!this.layers.includes(layer)) made.delete(key);
          if (made.size === 0) this.#made.delete(owner);
        }
      this.#names = names;
      this.changed = changed;
      this.hasMasks = hasMasks;
      this.unmaskedReaders.length = readers;
      throw error;
    }
  }

  #layer(
    of: CallOf,
    role: string,
    className: string,
    options: Options,
    weights: Weights,
    timed: Lengths | null,
  ): WrittenLayer {
    const owner = of.key ?? of.node;
    const made = this.#made.get(owner) ?? new Map<string, WrittenLayer>();
    this.#made.set(owner, made);
    const key = JSON.stringify([role, className, options, timed]);
    const found = made.get(key);
    if (found !== undefined) return found;
    const wanted = role === "" ? of.name : `${of.name}_${role}`;
    const name = this.unique(wanted);
    if (name !== wanted && role === "" && of.key === undefined) this.changed.add(`${of.path} is called ${name}`);
    const inner = { name: timed === null ? name : `${name}_inner`, trainable: of.node.trainable, ...options };
    const config =
      timed === null ? inner : { name, trainable: of.node.trainable, layer: { class_name: className, config: inner } };
    const written = Object.entries(weights).flatMap(([own, weight]) =>
      weight === undefined ? [] : [{ name: `${name}/${own}`, ...weight }],
    );
    const layer: WrittenLayer = {
      className: timed === null ? className : "TimeDistributed",
      name,
      config,
      calls: [],
      weights: written,
      ...((of.key !== undefined || role !== "") && { isPart: true }),
    };
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

/** A weight of ours as it is, or what the call has in its place; undefined where there is none. */
export function plain({ node, given }: Pick<CallOf, "node" | "given">, name: string): Form | undefined {
  if (given !== undefined) return given[name];
  const of = node.weights.get(name);
  return of === undefined ? undefined : { of, isLearned: true, shape: of.shape!, read: () => of.read() };
}

/** What is made of a weight. */
export function formed(weight: Form, shape: readonly number[], change: (value: Tensor) => Tensor): Form {
  return { shape, isLearned: weight.isLearned ?? false, read: async () => change(await weight.read()) };
}

/** A weight with other lengths: [3, 8, 4] as [3, 1, 8, 4]. */
export function reshaped(
  weight: Form | undefined,
  to: (shape: readonly number[]) => readonly number[],
): Form | undefined {
  if (weight === undefined) return undefined;
  const shape = to(weight.shape);
  return formed(weight, shape, (value) => ({ ...value, shape }));
}

/** The product of lengths; throws `unsupported/translation` where one is open. */
export function product(w: TfjsWriter, of: CallOf, all: Lengths): number {
  return all.reduce<number>((n, length) => n * (length ?? w.refuse(of, `open lengths in ${showShape(all)}`)), 1);
}
