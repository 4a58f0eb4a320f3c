/** What callers say of training, and what training needs of a model. */
import type { Limits } from "../core/limits.ts";
import type { SignalLike } from "../core/platform.ts";
import type { RuntimeOptions } from "../engines/index.ts";
import type { InputSpec, LayerNode } from "../layers/define.ts";
import type { InTurn } from "../train/batches.ts";
import type { Callback, Loss, Metric, Optimizer } from "../train/types.ts";
import type { Ops } from "../ops/builder.ts";
import type { Sym } from "../ops/types.ts";
import type { TensorInfo } from "./info.ts";
import type { PredictInput } from "./inputs.ts";
import type { Learned } from "../model/bind.ts";
import type { SavedModel } from "./save.ts";
import type { Tensor } from "./tensor.ts";

/** One for the only output, or for all; by output in order, or by the output's name. */
export type ByOutput<T> = T | readonly (T | null)[] | { readonly [output: string]: T | null };

/** How a model is trained. Names are Keras's: `"adam"`, `"sparse_categorical_crossentropy"`, `"accuracy"`. */
export interface CompileOptions {
  /** Default `rmsprop`. */
  readonly optimizer?: string | Optimizer;
  /** One for all outputs, or one each: by name, or made by `losses`. */
  readonly loss?: ByOutput<string | Loss>;
  /** Of the sum of several outputs' losses; default 1. */
  readonly lossWeights?: readonly number[] | { readonly [output: string]: number };
  /** A list for the only output, or for all; lists by output. */
  readonly metrics?: Metrics;
  /** The same, weighted by `sampleWeight` and `classWeight`. */
  readonly weightedMetrics?: Metrics;
}

/** A list of metrics, by name or made; or for several outputs a list of such lists, or a record of them. */
export type Metrics =
  | readonly (string | Metric | null | readonly (string | Metric)[])[]
  | { readonly [output: string]: string | Metric | readonly (string | Metric)[] };

/** How labels are compared. */
export interface EvaluateOptions {
  /** Default 32. */
  readonly batchSize?: number;
  /** Of each sample, or of each of its steps. */
  readonly sampleWeight?: PredictInput;
  /** Ends it with the signal's reason. */
  readonly signal?: SignalLike;
}

/** A batch: `[x, y]` or `[x, y, sampleWeight]`, each as `predict` takes it. */
export type FitBatch = readonly [x: PredictInput, y: PredictInput, sampleWeight?: PredictInput];

/** Batches one after the other: a generator, a stream, or a function that makes one anew for each epoch. */
export type BatchSource = InTurn<FitBatch>;

/** How batches are compared that come one after the other. */
export interface StreamOptions {
  /** Default: as many as there are. */
  readonly steps?: number;
  /** Ends it with the signal's reason. */
  readonly signal?: SignalLike;
}

/** How `fit` goes over batches that come one after the other. */
export interface FitStreamOptions extends FitBothOptions {
  /** Batches of an epoch; default: as many as there are. The next epoch goes on behind it. */
  readonly stepsPerEpoch?: number;
}

interface FitBothOptions {
  /** Default 1. */
  readonly epochs?: number;
  /** The epoch to begin at, as one of those before has ended. Default 0. */
  readonly initialEpoch?: number;
  /** `[x, y]` or `[x, y, sampleWeight]`, or batches of such; evaluated after epochs. */
  readonly validationData?: FitBatch | BatchSource;
  /** Of arrays; default: `batchSize`. */
  readonly validationBatchSize?: number;
  /** Batches of `validationData`; default: as many as there are. */
  readonly validationSteps?: number;
  /** After how many epochs it is evaluated each time; or after which, counted from 1. Default 1. */
  readonly validationFreq?: number | readonly number[];
  /** Of shuffling and of layers that drop units or make noise; default 0. */
  readonly seed?: number;
  /** The weight of each class, for labels that are classes. */
  readonly classWeight?: { readonly [label: number]: number };
  /** Called as training goes on. */
  readonly callbacks?: readonly Callback[];
  /** Whether the history has the norms of weights and of their gradients too; default false. */
  readonly norms?: boolean;
  /** Ends it with the signal's reason. */
  readonly signal?: SignalLike;
}

/** How `fit` goes over arrays. */
export interface FitOptions extends FitBothOptions, EvaluateOptions {
  /** The part at the end of the arrays that is evaluated after each epoch and not trained on. */
  readonly validationSplit?: number;
  /** Before each epoch; default true. */
  readonly shuffle?: boolean;
}

/** The numbers of each epoch by name: `history.val_loss[0]`. */
export interface History {
  /** Their numbers, from 0. */
  readonly epoch: readonly number[];
  /** By name, a number for each epoch. */
  readonly history: { readonly [name: string]: readonly number[] };
  /**
   * Where `fit` was asked for them, by the weight's path, a number for each epoch: its Euclidean norm at the end, and the
   * mean of its gradients' norms in the batches; empty where it has no gradients.
   */
  readonly norms?: {
    readonly [path: string]: { readonly weight: readonly number[]; readonly gradient: readonly number[] };
  };
}

/**
 * Makes what is differentiated of a model's outputs, by operations; its elements are summed. `others`: what the caller
 * gave beside the inputs, labels for instance.
 */
export type ScalarOf = (op: Ops, outputs: readonly Sym[], others: readonly Sym[]) => Sym;

/** Gradients; null where there can be none: of integers and texts, and of weights that the outputs do not use. */
export interface Gradients {
  /** What was differentiated. */
  readonly value: number;
  /** In the order and the shapes of the inputs. */
  readonly inputs: readonly (Tensor | null)[];
  /** In the order of `weights`. */
  readonly weights: readonly (Tensor | null)[];
}

/** What training needs of a model. */
export interface TrainedModel {
  readonly root: LayerNode;
  readonly limits: Limits;
  readonly runtime: RuntimeOptions;
  readonly inputs: readonly InputSpec[];
  /** For inputs of these shapes, where the model has none of its own. */
  outputs(shapes: readonly (readonly number[])[]): readonly TensorInfo[];
  /** What is written of it. */
  readonly saved: SavedModel;
  /** Weights have been set by training, of which this is to be saved. */
  wasTrained(state: Learned): void;
}
