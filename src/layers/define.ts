/**
 * The declaration language: what a layer file says about its class. Checks, saving, shapes, names, builder and tables follow.
 */
import type { MaskStep } from "./mask-step.ts";
import type { JsonNode, JsonObject } from "../codecs/json.ts";
import type { DType } from "../core/dtype.ts";
import type { Problem } from "../core/error.ts";
import type { Semantics } from "../core/semantics.ts";
import type { StoredWeight } from "../core/stored.ts";
import type { Tensor } from "../core/tensor.ts";
import type { OpContext } from "../ops/builder.ts";
import type { Logits, Shape, Size, Sym, WeightRef } from "../ops/types.ts";
import type { TrainingContext } from "./training-context.ts";
import type { TakesDTypes } from "./common/dtypes.ts";
import type { ArgJson, Call, CallArg } from "./call-args.ts";
import type { Config, Fields } from "./fields.ts";
import type { DialectDef, WrittenFile } from "./dialect.ts";
import type { Quantization } from "./quantized.ts";
import type { EndName, InputSpec } from "./model-ends.ts";
import type { Recipe, StoredForm, StoredInfo } from "./stored-forms.ts";

export type { ArgJson, Call, CallArg, ReferenceType, ReferenceTypes } from "./call-args.ts";
export type { DialectDef, DialectInfo, WrittenFile } from "./dialect.ts";
export { isInt8, type Quantization, quantizationOf } from "./quantized.ts";
export type { EndName, InputSpec } from "./model-ends.ts";
export type { ArrayStep, Recipe, StoredForm, StoredInfo } from "./stored-forms.ts";

/** An argument of a call: values, plain JSON, lists and records of those. */
export type Arg = Sym | ArgJson | readonly Arg[] | { readonly [key: string]: Arg };
/** Arguments by name; `undefined` is as good as none. */
export type KwArgs = Readonly<Record<string, Arg | undefined>>;

/** One array of a layer. `config` is the layer's, `x` are the shapes of its inputs. */
export interface WeightDecl<C> {
  /** Null for a length that only the stored array knows. */
  shape(config: C, x: readonly Shape[], semantics: Semantics): Shape;
  /** Whether there is one: Dense has no bias without `use_bias`. Default: always. */
  when?(config: C): boolean;
  /** The option that holds its initialiser, the class of the one that it always has, or what makes that of other options. */
  readonly init?: string | ((config: C) => JsonNode);
  /** Set when training moves it otherwise than by gradients: the moving mean of a BatchNormalization. */
  readonly trainable?: false;
  /** Paths of the weight inside that it is, the first that there is: a SpectralNormalization's kernel, which files by objects hold twice. */
  readonly same?: readonly string[];
  /** No part in inference: `forward` gives it its lengths by `cx.build`. */
  readonly unread?: true;
  /** Default: the layer's; or that of a weight declared before. The policy may keep them in another, from which they are cast. They are not, where there is one. */
  readonly dtype?: DType | { readonly ofWeight: string } | ((own: DType, semantics: Semantics, config: C) => DType);
  /** Stored as int8 where the layer's mode is int8 or int4, see `isInt8`. Training does not move it then. */
  readonly integers?: true;
  /** Files by objects have no array for it, and the layer is then without: adapters, which Keras makes part of the weight as it saves. */
  readonly optional?: true;
  /** In files, by its name, but not among the weights that Keras lists: what a layer has counted. */
  readonly unlisted?: true;
  /** Its values where the config has them; files whose arrays go by layer then have none for it. Else null. */
  given?(config: C, semantics: Semantics): readonly number[] | null;
  /** What older generations and TensorFlow.js call the variable: `depthwise_kernel` of a DepthwiseConv2D. */
  readonly olderNames?: readonly string[] | ((config: C) => readonly string[]);
  /** Columns of the last axis that start as ones whatever the initialiser says: the forget gate of an LSTM. */
  ones?(config: C): readonly [start: number, stop: number] | null;
}

/** Weights in the order in which Keras creates them. A slash makes a sub-object in the file: `query_dense/kernel`. */
export type WeightDecls<C, K extends string = string> = { readonly [name in K]: WeightDecl<C> };

/** The weights of a call as values of the graph; undefined, though its type does not say so, where `when` says no. */
export type Bound<K extends string> = { readonly [name in K]: Sym };

/** The serialised form of a layer: `{class_name, config, …}`. */
export type LayerConfig = JsonObject;

/** A layer inside, or a list of them, that is derived from the options of the one around it. */
export interface DerivedChild<C> {
  /** Their serialised forms; null where there is none. `options` are the JSON that `config` was read from. */
  config(config: C, options: JsonObject, semantics: Semantics): LayerConfig | readonly LayerConfig[] | null;
  /**
   * Other attributes under which files keep its weights: a Bidirectional's `forward_layer` is also `layer`. The empty one
   * is the layer around it: a CuDNNLSTM has no cell.
   */
  readonly otherPaths?: readonly string[];
  /** What Keras before 3, and files of its first versions, call the attribute. */
  readonly olderPath?: string | ((inside: LayerNode) => string);
  /**
   * The option that it is a renamed copy of, and what Keras before 3 puts before its name: a Bidirectional's `layer` is
   * its `forward_layer` called `forward_…`.
   */
  readonly copyOf?: { readonly option: string; readonly prefix: string };
  /** The file spells it out in the option of that name, or many inside another option: the preprocessors of a FeatureSpace's `features`. */
  readonly spelled?: "one" | "many";
}

/** What layers and cells have in common. */
interface ClassDef<F extends Fields, K extends string> {
  /** The name of the class in Keras 3, or in the last generation that has it. */
  readonly class: string;
  /** Declared by a caller: a file keeps it in the language of its own generation. */
  readonly isCustom?: true;
  /** Other class names in files. */
  readonly names?: readonly string[];
  /** The name of the class in Keras's code, by which its layers are named and counted, where files have another. */
  readonly ownName?: string;
  /** Modes of quantisation that it computes; its config then tells which, see `quantizationOf`. */
  readonly quantized?: readonly Quantization["mode"][];
  /** Where Keras 3 files say the class lives; default `keras.layers`. */
  readonly module?: string;
  /** The last generation that has the class, when Keras 3 has not. */
  readonly until?: "keras1" | "keras2";
  /** Its options, by Keras's names, in the order in which Keras writes them. */
  readonly config: F;
  /** Its own arrays. */
  readonly weights?: WeightDecls<Config<F>, K>;
  /**
   * The layers inside by attribute, in the order in which Keras tracks them. `option`: the option of that name spells them
   * out, as a model's `layers` and an RNN's `cell`; others, as an LSTM's cell, are derived and no file has them.
   */
  readonly children?: { readonly [attribute: string]: "option" | DerivedChild<Config<F>> };
  /**
   * The parameters of Keras 3's `call`, in order, up to a last `training`; default: one, `inputs`. A last one with `*`
   * takes all further places, with `**` all further keywords.
   */
  readonly args?: readonly string[];
  /** How other generations wrote its options. */
  readonly dialects?: { readonly keras1?: DialectDef; readonly keras2?: DialectDef; readonly keras3?: DialectDef };
  /** How the arrays of older files become today's weights; undefined: as declared. */
  stored?(config: Config<F>, info: StoredInfo): StoredForm | undefined;
  /** What is unusual about its calls. */
  readonly calls?: {
    /** The keyword under which Keras 3 takes the inputs that older Keras lists after the first: an LSTM's `initial_state`. */
    readonly furtherInputs?: string;
    /** Before Keras 3 its masks may be tensors of numbers: files hold them as lists, of which it makes tensors again. */
    readonly masksAsLists?: true;
    /** It takes its arguments as operations do, as TFOpLambda: `kw.$args` by place, uncast, numbers as `typedNumbers`. */
    readonly likeOperation?: true;
    /** A list of one tensor in files of older Keras stays one: it is told from the tensor, or nothing else is taken. */
    readonly keepsLists?: true;
    /** Its config has how many tensors it was built on, as `inputs`: its file tells it beside the options. */
    readonly countsInputs?: true;
    /** It adds to the loss, or a metric, and nothing reads what it gives: where the class is not known, it is left out. */
    readonly onlyTrains?: "loss" | "metric";
    /** An operation each of whose results is made of the values at its own place alone. */
    readonly pointwise?: true;
    /** A mask of fewer axes than x meets its last ones. */
    readonly maskMeetsLast?: true;
    /** Whether what it makes of one example depends on the others, though no option tells their axis. */
    readonly overBatch?: (c: Config<F>) => boolean;
    /** In training each call changes the next one, or adds a penalty of its own. */
    readonly counted?: true;
    /** Whether its `activity_regularizer` is of what it gives, default yes: MultiHeadAttention of Keras 3 only hands it on. */
    readonly penalisesOutput?: (semantics: Semantics) => boolean;
    /**
     * Whether its floats and weights are cast to the dtype of its policy, default yes: not in LayerNormalization of Keras 3.
     * `older`: not in Keras 3; nor need that dtype be one of floats, as Discretization's.
     */
    readonly casts?: false | "older" | ((semantics: Semantics) => boolean);
    /** What it makes of x depends on `Context.built`, whose axes its weights keep: other x need only broadcast with them. Of one generation, or of all. */
    readonly buildsOnce?: true | Semantics;
    /** Of an operation that is told 2.0 from 2, as Add: it gets `{ float: 2 }` for Python's 2.0. */
    readonly typedNumbers?: true;
  };
  /** What only writing it in the language of a generation needs. */
  readonly writing?: {
    /** It stays in the language of its own generation: Keras does not find the class by its name alone, or not as a layer. */
    readonly ownDialect?: true;
    /** Keras 3's class takes no `trainable`, as nearly all others do: SpatialDropout2D. */
    readonly neverTrainable?: true;
    /** The attribute whose only layer goes in its place in that language; null where it goes itself. */
    sole?(to: "keras2" | "keras3"): string | null;
    /** Whether that Keras tells other shapes of a call with so many outputs than they have, or does not know them before it runs. */
    tellsOther?(config: Config<F>, outputs: number, to: "keras2" | "keras3"): boolean;
    /** Whether tf-keras cannot call it under a mask, of which Keras 3 makes nothing: it is then called with none. */
    unmasked?(node: LayerNode): boolean;
    /** Whether that Keras does not take back what it writes of it, or why. */
    unread?(node: LayerNode, file: WrittenFile): string | boolean;
    /** Why no config in that language says it though each option has a word; null where one does. */
    unsayable?(config: Config<F>, to: "keras2" | "keras3"): string | null;
    /** For a layer that makes a mask: how Keras 3's operations make it from the first input, one after another; null: it makes none. */
    readonly maskSteps?: (config: Config<F>) => readonly MaskStep[] | null;
    /** A weight whose values, in the order of rows, are options too; those options, null where they say not all. */
    readonly learned?: {
      readonly weight: string;
      /** Whether the options stand in the weight's place. */
      readonly isReplaced?: true;
      options(
        config: Config<F>,
        values: readonly number[],
        semantics: Semantics,
      ): Readonly<Record<string, readonly number[] | null>> | null;
    };
    /** Its policy where it gives whole numbers and the file names none of those: Hashing's; null where it is as others'. */
    readonly integerPolicy?: (config: Config<F>, from: Semantics, to: string) => "int32" | "int64" | null;
    /**
     * For an activation option, the weights whose columns (all, or ranges of the last axis) feed it, linearly and nothing
     * else: an LSTM's gates. Scaled weights scale what it gets, so both meanings of `hard_sigmoid` translate.
     */
    readonly linearInto?: {
      readonly [activation: string]: {
        readonly [weight in K]?: "all" | ((config: Config<F>) => readonly (readonly [start: number, stop: number])[]);
      };
    };
    /**
     * Zeros on each side of the axes between batch and channels which, padded before the layer, and `valid` as its own
     * padding, say what a generation's words cannot: Theano's borders of Conv2D. null where they can.
     */
    padded?(config: Config<F>, to: "keras2" | "keras3"): readonly (readonly [before: number, after: number])[] | null;
  };
}

/**
 * A layer class. In its functions `cx` is the context of the call, `c` the typed config, `w` the weights, `x` the tensors
 * of the first argument, flattened, `kw` the other arguments by name, masks included, and `y` the outputs.
 */
export interface LayerDef<F extends Fields = Fields, K extends string = string> extends ClassDef<F, K> {
  /** What it is declared as. */
  readonly kind: "layer" | "operation";
  /** Computes the outputs. Throws what `fail` throws for inputs that the layer does not take. */
  forward(cx: Context, c: Config<F>, w: Bound<K>, x: readonly Sym[], kw: KwArgs): Sym | readonly Sym[];
  /** The masks of the outputs. `pass`: the first input's mask goes to every output. Default: there are none. */
  readonly mask?:
    | "pass"
    | ((
        cx: Context,
        c: Config<F>,
        masks: readonly (Sym | undefined)[],
        x: readonly Sym[],
        y: readonly Sym[],
      ) => readonly (Sym | undefined)[]);
  /** What Keras refuses of dtypes, of positional inputs, or cuts to whole numbers: refused. Default: whatever its operations take. */
  readonly takes?: TakesDTypes;
  /** Of a class that can stand alone as a model: what it takes, in Keras's flattened order. */
  inputs?(node: LayerNode): readonly InputSpec[];
  /** And the names of what it gives. */
  outputs?(node: LayerNode): readonly EndName[];
}

/** A recurrent cell: one step of a loop over time, with its states. Parameters as in `LayerDef`. */
export interface CellDef<F extends Fields = Fields, K extends string = string> extends ClassDef<F, K> {
  /** What it is declared as. */
  readonly kind: "cell";
  /** Shapes of the states for the input of one step, `x[B, …]`. */
  states(cx: Context, c: Config<F>, w: Bound<K>, x: Sym): readonly (readonly Size[])[];
  /** The output of one step and the states after it. */
  step(
    cx: Context,
    c: Config<F>,
    w: Bound<K>,
    x: Sym,
    states: readonly Sym[],
  ): { readonly y: Sym; readonly states: readonly Sym[] };
}

/** What a class may be declared as; `kind` tells which. */
export type AnyDef = LayerDef | CellDef;

/** One array of a model, bound to where its values are. */
export interface Weight extends WeightRef {
  /** Within the layer: `kernel`, or `query_dense/kernel`. */
  readonly name: string;
  /** From the root: `lstm/cell/kernel`, by layer names. */
  readonly path: string;
  trainable: boolean;
  readonly dtype: DType;
  shape: readonly number[] | null;
  /** The stored arrays it is made of; empty when the model was built in code. */
  readonly source: readonly StoredWeight[];
  readonly recipe: Recipe | null;
  /** Config of the initialiser, for models built in code. */
  readonly init: JsonNode;
  /** Counts up over all weights whenever one is set; 0: the values are those of the file. */
  readonly changed: number;
  read(): Promise<Tensor>;
  set(value: Tensor | (() => Promise<Tensor>)): void;
}

/** By name within the layer, in creation order. */
export type LayerWeights = ReadonlyMap<string, Weight>;

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
  trainable: boolean;
  /** Whose arithmetic its file means. */
  readonly semantics: Semantics;
  /** Compute dtype of its policy. */
  readonly dtype: DType;
  /** Whether its policy is one of integers with scales: its arrays are others than the layer declares. */
  readonly quantised: boolean;
  /** With the batch axis, where the layer itself says it. */
  readonly batchShape: Shape | null;
  weights: LayerWeights;
  /** Options to be written in the place of a weight that tells them. */
  learned?: JsonObject;
  /** Arrays that no declaration explains: to be seen, not set. */
  kept?: readonly Weight[];
  /** The layers inside, by attribute: one or a list, as the declaration tells (`isList`). */
  readonly children: ReadonlyMap<string, readonly LayerNode[]>;
  /** Of a model: the calls of each of its layers, by name. A layer shared by two models has calls in both. */
  readonly innerCalls: ReadonlyMap<string, readonly Call[]>;
  /** From the root, by names. */
  readonly path: string;
  /** What keeps it from running. */
  readonly problems: readonly Problem[];
}

/** What a forward may use. */
export interface Context extends OpContext, TrainingContext {
  /** In `fit`, and where tf-keras would run the call in training mode although it predicts. */
  readonly training: boolean;
  /** Whose arithmetic the model's file means. */
  readonly semantics: Semantics;
  /** What the layer computes in. */
  readonly compute: DType;
  /** The layer being called. */
  readonly node: LayerNode;
  /** The shapes of x that the layer was built on: those its file tells, else those of its first call. */
  readonly built: readonly Shape[];
  /** Whether nothing is asked for but the shapes that the generation tells of calls beforehand, where it tells others than they give. */
  readonly tells: boolean;
  /** Whether Keras runs the layer's `call` alone, as Keras 3's TimeDistributed does: built once, without casts, x of any shape. */
  readonly isBare: boolean;
  /** The one layer inside under that attribute. Throws `malformed/config` where there is none. */
  child(attribute: string): LayerNode;
  /** All layers inside under that attribute. Throws `malformed/config` where there is none. */
  childList(attribute: string): readonly LayerNode[];
  /** As Keras's `__call__`: build, casts, masks, scope; its outputs, flattened. `dtype`: values as they are, weights cast. */
  call(child: LayerNode, args: readonly Arg[], kw?: KwArgs, dtype?: DType): readonly Sym[];
  /** Gives the weights of a layer inside, by name, the lengths that its own input does not tell. */
  build(child: LayerNode, shapes: Readonly<Record<string, Shape>>): void;
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
  /** Complex numbers as one value, that nothing reads but who asks for its parts. */
  complex(parts: readonly [re: Sym, im: Sym]): Sym;
  /** The real and the imaginary part of complex numbers; undefined for others. */
  partsOf(x: Sym): readonly [re: Sym, im: Sym] | undefined;
  /** Whether nobody knows what a value is: it comes from an unknown layer, or from a call that cannot run. */
  isUnknown(x: Sym): boolean;
  /** Tells which value a stored reference means: Keras 3 writes its shape beside it. */
  refersTo(reference: CallArg, value: Sym): void;
  /** A value's mask for who reads it off the value; `dropMask` takes it from those called later, as Keras 3's MultiHeadAttention. */
  carriedMask(x: Sym): Sym | undefined;
  /** Takes a value's mask from the layers called later. */
  dropMask(x: Sym): void;
  /** As `withMask`, of a mask that Keras 3 sets in the call itself: it is read off the value, and is not in the graph. */
  setMask(x: Sym, mask: Sym): Sym;
  /** The same value with another mask. */
  withMask(x: Sym, mask: Sym | undefined): Sym;
  /** What sigmoid or softmax makes a value of, where one of them does: Keras's losses go back to it. */
  logitsOf(x: Sym): Logits | undefined;
  /** Whether anything below a layer keeps state from run to run. */
  isStateful(node: LayerNode): boolean;
}

/** A recurrent cell with its weights: the shapes of its states for x[B, …], and one step of time. */
export interface BoundCell {
  /** What it computes in. */
  readonly dtype: DType;
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
 * Declares an operation node of Keras 3: no weights; `config` names its constructor's options, `args` its call's, which
 * `forward` finds in `kw.$args`, by place, tensors or plain values, null where there is none.
 */
export function operation<F extends Fields>(def: Omit<LayerDef<F, never>, "kind" | "weights">): LayerDef<F, never> {
  return { ...def, kind: "operation" };
}
