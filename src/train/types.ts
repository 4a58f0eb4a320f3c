/**
 * What the training loop asks of losses, metrics, optimizers and callbacks. All but callbacks make operations of the one
 * graph that a step is; `config` is what Keras writes, by its names.
 */
import type { WeightGradient } from "./optimizers/gradient.ts";
import type { JsonObject } from "../codecs/json.ts";
import type { Tensor } from "../core/tensor.ts";
import type { OpContext } from "../ops/builder.ts";
import type { Shape, Sym } from "../ops/types.ts";

/** What Keras serialises: the class, or the name of a function, and its options by Keras's names. */
export interface Serialisable {
  /** Of the class or function in Keras: `Adam`, `CategoricalCrossentropy`, `mean_squared_error`. */
  readonly class: string;
  /** The name under which logs have it: `accuracy`. */
  readonly name: string;
  /** null: a function, which has no options. */
  readonly config: JsonObject | null;
}

/** What a loss or a metric compares. */
export interface Compared {
  /** As the caller gave it: floats, or integers for sparse labels. */
  readonly yTrue: Sym;
  readonly yPred: Sym;
  /** Weights of the samples, or of their steps: [B] or [B, T …], of the dtype of `yPred`. */
  readonly sampleWeight?: Sym;
  /** Bool, the leading axes of `yPred`: Keras's mask of the output. */
  readonly mask?: Sym;
  /** What `yPred` is the softmax or the sigmoid of: Keras on TensorFlow computes losses of it. */
  readonly logits?: Sym;
}

/** A loss: a scalar of the dtype of `yPred`, reduced as its `reduction` says; with `none` one for each sample or step. */
export interface Loss extends Serialisable {
  /** The scalar, or scalars, of what is compared. */
  apply(cx: OpContext, compared: Compared): Sym;
}

/** A value that is kept from step to step. */
export interface Kept {
  /** Of the variable in Keras: `momentum`, `velocity`, `total`, `count`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** What all its elements are at first; default 0. A list has a number for each element. */
  readonly initial?: number | readonly number[];
}

/** Float32 values that steps add to and an epoch sets back to their first ones. */
export interface Metric extends Serialisable {
  /** Whether more is better, where Keras knows; for `mode: "auto"` of callbacks. */
  readonly direction?: "up" | "down";
  /** What is kept, of values of these shapes. */
  states(yTrue: Shape, yPred: Shape): readonly Kept[];
  /** The states after a batch, in their order. */
  update(cx: OpContext, compared: Compared, states: readonly Sym[]): readonly Sym[];
  /** A scalar of the states; a vector where there are several thresholds or classes and no average is asked for. */
  result(cx: OpContext, states: readonly Sym[]): Sym;
}

/** Of a weight as an optimizer sees it. */
export interface Variable {
  /** As in Keras: `kernel`, and the path of layers. */
  readonly name: string;
  readonly path: string;
  readonly shape: readonly number[];
}

/** One trained weight in a step. */
export interface Trained {
  readonly variable: Variable;
  /** Its value and gradient, of one dtype. */
  readonly value: Sym;
  readonly gradient: WeightGradient;
  /** In the order of `slots`. */
  readonly slots: readonly Sym[];
}

/** What an optimizer has in a step. */
export interface OptimizerStep {
  readonly trained: readonly Trained[];
  /** In the order of `shared`. */
  readonly shared: readonly Sym[];
  /** Float64 scalar: 0 in the first step. */
  readonly iteration: Sym;
  /** Float64 scalar. */
  readonly learningRate: Sym;
}

/** A learning rate by the number of steps done before. */
export interface Schedule extends Serialisable {
  /** The rate before a step. */
  at(iteration: number): number;
}

/** A variable of an optimizer in a file. */
export interface StoredVariable {
  /** In Keras's `.h5`: `adam/dense_kernel_momentum`. */
  readonly name: string;
  readonly dtype: "float32" | "int64" | "int32";
  readonly shape: readonly number[];
  /** What it holds; `value`: what never changes; `iterates`: the steps done, of which a schedule's rate is. */
  readonly of:
    | { readonly kind: "iteration" }
    | { readonly kind: "learningRate" }
    | { readonly kind: "slot"; readonly variable: number; readonly slot: number }
    | { readonly kind: "shared"; readonly index: number; readonly iterates?: true }
    | { readonly kind: "value"; readonly value: number };
}

/** All weights at once, for norms over all of them and for steps that only add up. */
export interface Optimizer extends Serialisable {
  /** A schedule, or a number that callbacks may replace. */
  readonly learningRate: number | Schedule;
  /** Kept beside one weight, in the order in which Keras saves them. */
  slots(variable: Variable): readonly Kept[];
  /** Kept once. */
  readonly shared: readonly Kept[];
  /** The variables of a file of Keras 3, in its order: `optimizer/vars/N` of `.keras`. */
  stored(variables: readonly Variable[]): readonly StoredVariable[];
  /** The loss, times a scale, whose gradients `update` takes, where they are scaled against underflow. */
  scaleLoss?(cx: OpContext, loss: Sym, shared: readonly Sym[]): Sym;
  /** After the last epoch: which slot replaces each weight (of an average). */
  readonly finalSlot?: number;
  /** The weights, their slots and the shared values after the step, in their order. */
  update(
    cx: OpContext,
    step: OptimizerStep,
  ): {
    readonly trained: readonly { readonly value: Sym; readonly slots: readonly Sym[] }[];
    readonly shared: readonly Sym[];
  };
}

/** Numbers of an epoch or a batch by name: `loss`, `val_accuracy`. */
export type Logs = { [name: string]: number };

/** What callbacks may do to the training under way. */
export interface Training {
  /** Null: a schedule gives it. */
  learningRate: number | null;
  /** The model's weights, in the order of `model.weights`. */
  readonly weights: {
    get(): Promise<readonly Tensor[]>;
    set(values: readonly Tensor[]): Promise<void>;
  };
  /** Ends after this epoch. */
  stop(): void;
  /** The model's file in a format, with the weights of now. */
  save(format: string): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Of a metric by its name in logs, where it is known whether more is better. */
  direction(name: string): "up" | "down" | undefined;
  /** How many there will be. */
  readonly epochs: number;
  /** Batches of an epoch. */
  readonly steps: number | null;
  /** Whether epochs, though perhaps not all of them, end with a validation. */
  readonly validates: boolean;
}

/** What is called as training goes on; each may be asynchronous. */
export interface Callback {
  /** Before the first epoch. */
  onTrainBegin?(training: Training): void | Promise<void>;
  /** After the last. */
  onTrainEnd?(training: Training, logs: Logs): void | Promise<void>;
  /** Before each epoch. */
  onEpochBegin?(training: Training, epoch: number): void | Promise<void>;
  /** After each, with its loss and metrics; the history also has what a callback adds to these. */
  onEpochEnd?(training: Training, epoch: number, logs: Logs): void | Promise<void>;
  /** Before each step. */
  onBatchBegin?(training: Training, batch: number): void | Promise<void>;
  /** After each, with the means up to it. */
  onBatchEnd?(training: Training, batch: number, logs: Logs): void | Promise<void>;
}
