/**
 * The declaration language: what a layer file says about its class. Everything else (checks, defaults, saving, shapes,
 * weight names in every dialect, the builder and its types, the support table) follows from the declaration.
 */
import type { JsonNode, JsonObject } from "../codecs/json.ts";
import type { DType } from "../core/dtype.ts";
import type { Problem } from "../core/error.ts";
import type { Semantics } from "../core/semantics.ts";
import type { StoredWeight } from "../core/stored.ts";
import type { Tensor } from "../core/tensor.ts";
import type { OpContext } from "../ops/builder.ts";
import type { Shape, Size, Sym, WeightRef } from "../ops/types.ts";
import type { TakesDTypes } from "./common/dtypes.ts";
import type { Config, Fields } from "./fields.ts";

/** An argument of a call: values, plain JSON, lists and records of those. */
export type Arg = Sym | ArgJson | readonly Arg[] | { readonly [key: string]: Arg };
export type ArgJson = null | boolean | number | string;
export type KwArgs = Readonly<Record<string, Arg | undefined>>;

/** One array of a layer: from config and input shapes comes its shape; null where stored shapes decide. */
export interface WeightDecl<C> {
  /** Whether the weight exists; depends on the config alone. */
  when?(config: C): boolean;
  shape(config: C, x: readonly Shape[]): Shape;
  readonly trainable?: false;
  readonly dtype?: DType;
  /** The option that holds its initialiser. */
  readonly init?: string;
  /** What older generations and TensorFlow.js call the variable. */
  readonly olderNames?: readonly string[];
  /** Columns of the last axis that start as ones whatever the initialiser says. */
  ones?(config: C): readonly [start: number, stop: number] | null;
}

/** Keys in creation order. A slash makes a sub-object in the file: `query_dense/kernel`. */
export type WeightDecls<C, K extends string = string> = { readonly [name in K]: WeightDecl<C> };

/** The weights of a call; undefined where `when` says no. */
export type Bound<K extends string> = { readonly [name in K]: Sym };

/** What to do with stored arrays to get a declared weight. */
export type Step =
  | { readonly op: "concat"; readonly axis: number }
  | { readonly op: "transpose"; readonly perm: readonly number[] }
  | { readonly op: "flip"; readonly axes: readonly number[] }
  | { readonly op: "reshape"; readonly shape: readonly number[] }
  | { readonly op: "slice"; readonly axis: number; readonly start: number; readonly stop: number }
  /** Sum of all arrays. */
  | { readonly op: "sum" };

/** How one declared weight is made of the arrays that an older file stores: which (by place), each prepared, then joined. */
export interface Recipe {
  readonly from: readonly number[];
  /** What is done to each of them first, in the order of `from`. */
  readonly perArray?: readonly (readonly Step[])[];
  /** Applied to all of them; the first step must leave one. */
  readonly steps?: readonly Step[];
}

export interface StoredForm {
  /** How many stored arrays the layer's own weights take up. */
  readonly count: number;
  readonly recipes: Readonly<Record<string, Recipe>>;
}

/** What a stored form may look at. */
export interface StoredInfo {
  readonly semantics: Semantics;
  readonly backend: string | null;
  /** The class as written in the file. */
  readonly className: string;
  /** Shapes of the arrays that are next in the file. */
  readonly shapes: readonly (readonly number[])[];
}

export interface DialectInfo {
  readonly semantics: Semantics;
  readonly backend: string | null;
  /** `tf` or `th`: what other layers of a file of Keras 1 say, for those that leave it out. */
  readonly dimOrdering: string | null;
  /** The class as written in the file, for example `Convolution2D`. */
  readonly className: string;
}

/** How an older generation wrote the same class. */
export interface DialectDef {
  /** Old option → today's. */
  readonly rename?: Readonly<Record<string, string>>;
  /** What a missing option means there, as JSON of today's option. */
  readonly defaults?: Readonly<Record<string, JsonNode>>;
  /** Old options that say nothing about the arithmetic. */
  readonly ignore?: readonly string[];
  /** For what renaming cannot say. Gets a copy of the config after renaming; may change it. */
  upgrade?(config: JsonObject, info: DialectInfo): void;
}

/** The serialised form of a layer: `{class_name, config, …}`. */
export type LayerConfig = JsonObject;

/** `options` are the JSON that `config` was read from. */
export type ChildConfigs<C> = (
  config: C,
  options: JsonObject,
  semantics: Semantics,
) => LayerConfig | readonly LayerConfig[] | null;

interface DefBase<F extends Fields, K extends string> {
  readonly class: string;
  /** Other class names in files. */
  readonly names?: readonly string[];
  /** The last generation that has the class, when Keras 3 has not. */
  readonly until?: "keras1" | "keras2";
  /** Keras 3's class takes no `trainable`, as nearly all others do. */
  readonly neverTrainable?: true;
  /** Where Keras 3 files say the class lives; default `keras.layers`. */
  readonly module?: string;
  /**
   * The parameters of Keras 3's `call`, in order, up to a last `training`; default: one, `inputs`. A last one with `*`
   * takes all further places.
   */
  readonly args?: readonly string[];
  readonly config: F;
  readonly weights?: WeightDecls<Config<F>, K>;
  readonly dialects?: { readonly keras1?: DialectDef; readonly keras2?: DialectDef; readonly keras3?: DialectDef };
  /** How the arrays of older files become today's weights; undefined: as declared. */
  stored?(config: Config<F>, info: StoredInfo): StoredForm | undefined;
  /** Attribute → config of the layers inside, in the order in which Keras tracks them. May be derived from the options. */
  readonly children?: { readonly [attribute: string]: ChildConfigs<Config<F>> };
  /** Other attributes under which files keep a child's weights. */
  readonly childPaths?: { readonly [attribute: string]: readonly string[] };
  /**
   * For an activation option: the weights whose columns (ranges of the last axis) feed that activation, linearly and
   * nothing else. Scaling them scales what the activation gets: so the two meanings of `hard_sigmoid` translate.
   */
  readonly linearInto?: {
    readonly [activation: string]: {
      readonly [weight in K]?: (config: Config<F>) => readonly (readonly [number, number])[];
    };
  };
  /** `attribute` of a child that is written in the option of that name. */
  readonly childOptions?: readonly string[];
  /** Option → the child that is made from it, and what Keras before 3 puts in front of the option's name to get its name. */
  readonly madeFrom?: { readonly [option: string]: { readonly attribute: string; readonly prefix: string } };
  /** The keyword under which Keras 3 takes the inputs that older generations list after the first. */
  readonly furtherInputs?: string;
}

/** A layer class. `x` are the tensors of its first argument, flattened; `kw` the others by name, masks included. */
export interface LayerDef<F extends Fields = Fields, K extends string = string> extends DefBase<F, K> {
  readonly kind: "layer" | "operation";
  /**
   * `pass`: the first input's mask goes to every output. A function gives the outputs' masks. Default: the mask stops
   * here.
   */
  readonly mask?:
    | "pass"
    | ((
        cx: Context,
        c: Config<F>,
        masks: readonly (Sym | undefined)[],
        x: readonly Sym[],
        y: readonly Sym[],
      ) => readonly (Sym | undefined)[]);
  forward(cx: Context, c: Config<F>, w: Bound<K>, x: readonly Sym[], kw: KwArgs): Sym | readonly Sym[];
  /** What Keras refuses of dtypes, of positional inputs, or cuts to whole numbers: refused. Default: whatever its operations take. */
  readonly takes?: TakesDTypes;
  /** An operation that gets `{ float: 2 }` for Python's 2.0, not 2. */
  readonly typedNumbers?: true;
  /** A layer that takes its arguments as operations do: `kw.$args`, no casts; `kw.$floats` names numbers that are floats. */
  readonly likeOperation?: true;
  /** Of a class that can stand alone as a model: what it takes, in Keras's flattened order. */
  inputs?(node: LayerNode): readonly InputSpec[];
  /** And the names of what it gives. */
  outputNames?(node: LayerNode): readonly string[];
}

/** An input of a model. `shape` has the batch axis first; null when the file does not say. */
export interface InputSpec {
  readonly name: string;
  readonly shape: Shape | null;
  readonly dtype: DType;
}

/** The step of a recurrent layer, with its states. */
export interface CellDef<F extends Fields = Fields, K extends string = string> extends DefBase<F, K> {
  readonly kind: "cell";
  /** Shapes of the states for the input of one step, `x[B, …]`. */
  states(cx: Context, c: Config<F>, w: Bound<K>, x: Sym): readonly (readonly Size[])[];
  step(
    cx: Context,
    c: Config<F>,
    w: Bound<K>,
    x: Sym,
    states: readonly Sym[],
  ): { readonly y: Sym; readonly states: readonly Sym[] };
}

export type AnyDef = LayerDef | CellDef;

/** One array of a model, bound to where its values are. */
export interface Weight extends WeightRef {
  /** Within the layer: `kernel`, or `query_dense/kernel`. */
  readonly name: string;
  /** From the root: `lstm/cell/kernel`, by layer names. */
  readonly path: string;
  readonly trainable: boolean;
  readonly dtype: DType;
  shape: readonly number[] | null;
  /** The stored arrays it is made of; empty when the model was built in code. */
  readonly source: readonly StoredWeight[];
  readonly recipe: Recipe | null;
  /** Config of the initialiser, for models built in code. */
  readonly init: JsonNode;
  readonly touched: boolean;
  read(): Promise<Tensor>;
  set(value: Tensor): void;
}

/** By name within the layer, in creation order. */
export type LayerWeights = ReadonlyMap<string, Weight>;

/** An argument of a stored call. `layer`, `node`, `tensor`: the output `tensor` of the call `node` of that layer. */
export type CallArg =
  | {
      readonly kind: "ref";
      readonly layer: string;
      readonly node: number;
      readonly tensor: number;
      readonly shape: Shape | null;
      readonly dtype: DType;
    }
  | {
      readonly kind: "constant";
      readonly values: readonly number[];
      readonly shape: readonly number[];
      readonly dtype: DType;
    }
  /** `float`: a number with a point, though it may be whole. */
  | { readonly kind: "json"; readonly value: ArgJson; readonly float?: boolean }
  /** A Python slice or Ellipsis. */
  | { readonly kind: "slice"; readonly start: CallArg; readonly stop: CallArg; readonly step: CallArg }
  | { readonly kind: "ellipsis" }
  | { readonly kind: "list"; readonly items: readonly CallArg[] }
  | { readonly kind: "record"; readonly entries: readonly (readonly [string, CallArg])[] };

/** Shapes and dtypes of what references in calls mean. */
export type ReferenceTypes = ReadonlyMap<CallArg, { readonly shape: Shape; readonly dtype: DType }>;

export interface Call {
  readonly args: readonly CallArg[];
  readonly kwargs: readonly (readonly [string, CallArg])[];
}

/** A layer of a model: plain data, bound from the file and the registry. */
export interface LayerNode {
  readonly class: string;
  readonly name: string;
  /** null: not in the registry. */
  readonly def: AnyDef | null;
  readonly config: Readonly<Record<string, unknown>>;
  /** The options as bound (today's names), for comparing dialects and for translation. */
  readonly options: JsonObject;
  /** As the file has it: `{class_name, config, …}`. null for children that no file spells out (the cell of an LSTM). */
  readonly raw: JsonObject | null;
  /** Whether the layer and everything around it is trainable. */
  readonly trainable: boolean;
  /** Whose arithmetic its file means. */
  readonly semantics: Semantics;
  /** Compute dtype of its policy. */
  readonly dtype: DType;
  /** Whether its policy is one of integers with scales: its arrays are others than the layer declares. */
  readonly quantised: boolean;
  /** With the batch axis, where the layer itself says it. */
  readonly batchShape: Shape | null;
  weights: LayerWeights;
  /** The layers inside, by attribute; whether that is one layer or a list, the declaration tells (`isList`). */
  readonly children: ReadonlyMap<string, readonly LayerNode[]>;
  /** Of a model: the calls of each of its layers, by name. A layer shared by two models has calls in both. */
  readonly innerCalls: ReadonlyMap<string, readonly Call[]>;
  /** From the root, by names. */
  readonly path: string;
  /** What keeps it from running. */
  readonly problems: readonly Problem[];
}

/** What a forward may use. */
export interface Context extends OpContext {
  /** True only where tf-keras would run the call in training mode although it predicts. */
  readonly training: boolean;
  readonly semantics: Semantics;
  readonly compute: DType;
  /** The layer being called. */
  readonly node: LayerNode;
  child(attribute: string): LayerNode;
  childList(attribute: string): readonly LayerNode[];
  hasChild(attribute: string): boolean;
  /** Calls a layer as Keras's `__call__` does: build, casts, masks, scope. Returns its outputs, flattened. */
  call(child: LayerNode, args: readonly Arg[], kw?: KwArgs): readonly Sym[];
  /** A recurrent cell ready to step; its weights are checked when it steps. */
  cell(child: LayerNode): BoundCell;
  /** The loop of a recurrent layer over `axis` of x, with Keras's rules for masks. */
  rnn(
    loop: { x: Sym; init: readonly Sym[]; mask?: Sym; axis: 0 | 1; goBackwards: boolean; zeroOutputForMask: boolean },
    step: (x: Sym, states: readonly Sym[]) => { readonly y: Sym; readonly states: readonly Sym[] },
  ): { readonly sequence: Sym; readonly last: Sym; readonly states: readonly Sym[] };
  /** A slot that keeps its value from run to run; it belongs to the layer, not to the call. */
  state(name: string, shape: readonly Size[]): { get(): Sym; set(value: Sym): void };
  /** A value that an unknown layer gives. */
  unknown(shape: Shape | null, dtype: DType): Sym;
  /** Whether nobody knows what a value is: it comes from an unknown layer, or from a call that cannot run. */
  isUnknown(x: Sym): boolean;
  /** Tells which value a stored reference means: Keras 3 writes its shape beside it. */
  refersTo(reference: CallArg, value: Sym): void;
  /** The same value with another mask. */
  withMask(x: Sym, mask: Sym | undefined): Sym;
  /** Whether anything below a layer keeps state from run to run. */
  isStateful(node: LayerNode): boolean;
}

export interface BoundCell {
  states(x: Sym): readonly (readonly Size[])[];
  step(x: Sym, states: readonly Sym[]): { readonly y: Sym; readonly states: readonly Sym[] };
}

/** Declares a layer class. */
export function layer<F extends Fields, K extends string = never>(def: Omit<LayerDef<F, K>, "kind">): LayerDef<F, K> {
  return { ...def, kind: "layer" };
}

/** Declares a recurrent cell. */
export function cell<F extends Fields, K extends string = never>(def: Omit<CellDef<F, K>, "kind">): CellDef<F, K> {
  return { ...def, kind: "cell" };
}

/**
 * Declares an operation node of Keras 3: no weights; `config` names the options of its constructor, `args` those of its
 * call. `forward` finds the latter in `kw.$args`, by place, tensors or plain values, null where there is none.
 */
export function operation<F extends Fields>(def: Omit<LayerDef<F, never>, "kind" | "weights">): LayerDef<F, never> {
  return { ...def, kind: "operation" };
}
