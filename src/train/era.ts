/** Where the arithmetic of training differs between generations of Keras: a file goes on as its own has it. */
import type { Semantics } from "../core/semantics.ts";

/** Whose arithmetic. */
export interface Era {
  /** Whether rows that were taken several times are squared each by itself. */
  readonly repeatsRows: boolean;
  /** Whether averages of weights begin with the first step's; else with the weights before it. */
  readonly averagesSteps: boolean;
  /** Whether RMSprop adds its epsilon to the root. */
  readonly addsToRoot: boolean;
  /** Whether the mask of an output counts in all metrics of means. */
  readonly masksMeans: boolean;
  /** Whether outputs of one name are counted in logs: `dense`, `dense_1`; else they share an entry. */
  readonly countsOutputs: boolean;
  /**
   * Whether the categorical focal loss, the binary one of logits, and sparse classes of which one is ignored take the logits of
   * a softmax or a sigmoid.
   */
  readonly focusesLogits: boolean;
  /** Whether weights of samples get an axis that the values have more. */
  readonly expandsWeights: boolean;
  /** What the losses of several outputs are averaged over in an epoch: in Keras 3 its batches, whatever their sizes. */
  readonly averagesParts: "samples" | "batches";
  /** Whether regularisers of weights that are not trained count. */
  readonly penalisesFixed: boolean;
  /** Whether predictions in half precision are cast to float32 for losses; else for metrics. */
  readonly castsForLosses: boolean;
  /** Whether corrections of means are those of betas in float32. */
  readonly roundsBetas: boolean;
  /**
   * Whether optimizers are TensorFlow.js's: Adam adds its epsilon to the corrected root, Adadelta divides by the squares
   * before the step. Centered RMSprop, which takes epsilon off there and makes NaN of small gradients, is Keras's. Source:
   * tfjs-core/src/optimizers.
   */
  readonly likeTfjs?: true;
  /** That of optimizers from before 2.11, which their option `decay` tells. */
  readonly older?: Era;
}

/** What callers make. */
export const KERAS_3: Era = {
  repeatsRows: true,
  averagesSteps: true,
  addsToRoot: false,
  masksMeans: false,
  countsOutputs: false,
  focusesLogits: false,
  expandsWeights: false,
  averagesParts: "batches",
  penalisesFixed: false,
  castsForLosses: true,
  roundsBetas: true,
};
const BEFORE: Era = {
  repeatsRows: false,
  averagesSteps: false,
  masksMeans: true,
  countsOutputs: true,
  focusesLogits: true,
  expandsWeights: true,
  averagesParts: "samples",
  penalisesFixed: true,
  castsForLosses: false,
  roundsBetas: true,
  addsToRoot: false,
};
const BEFORE_KERAS_3: Era = {
  ...BEFORE,
  older: { ...BEFORE, addsToRoot: true, roundsBetas: false },
};

/** What TensorFlow.js itself has written. */
export const TFJS: Era = { ...BEFORE, likeTfjs: true };

/** Of files. */
export const ERAS: Readonly<Record<Semantics, Era>> = {
  keras1: BEFORE_KERAS_3,
  keras2: BEFORE_KERAS_3,
  "tf-keras": BEFORE_KERAS_3,
  keras3: KERAS_3,
};
