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
  /** That of optimizers from before 2.11, which their option `decay` tells. */
  readonly older?: Era;
}

/** What callers make. */
export const KERAS_3: Era = { repeatsRows: true, averagesSteps: true, addsToRoot: false, masksMeans: false };
const BEFORE = { repeatsRows: false, averagesSteps: false, masksMeans: true };
const BEFORE_KERAS_3: Era = { ...BEFORE, addsToRoot: false, older: { ...BEFORE, addsToRoot: true } };

/** Of files. */
export const ERAS: Readonly<Record<Semantics, Era>> = {
  keras1: BEFORE_KERAS_3,
  keras2: BEFORE_KERAS_3,
  "tf-keras": BEFORE_KERAS_3,
  keras3: KERAS_3,
};
