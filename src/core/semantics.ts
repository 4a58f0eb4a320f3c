/** Generations of Keras. */

/** Whose arithmetic a file means, where generations differ: `keras2` is multi-backend Keras 2.0–2.3, `tf-keras` TensorFlow's copy. */
export type Semantics = "keras1" | "keras2" | "tf-keras" | "keras3";

/** How a generation calls its layers. */
export interface CallRules {
  /** Keywords of every layer, beside its own signature. */
  readonly keywords: readonly string[];
  /**
   * Whether each argument of a call has a mask of its own (`value_mask`), a given None being none; else a call has one mask,
   * and a None that is given hides the input's own.
   */
  readonly masksArguments: boolean;
  /** Whether a value may lose its mask on the way, and with it whatever is made of it. */
  readonly losesMasks: boolean;
  /** Whether a call's stored `training` counts. */
  readonly storesTraining: boolean;
  /**
   * Whether a model inside a model counts the call that made it among the calls that others name; else only a list of a
   * model's outputs does.
   */
  readonly countsOwnCall: boolean;
  /** Whether a cell's states are cast to its dtype as its input is; else they stay in that of the layer around it. */
  readonly castsStates: boolean;
  /** Whether all arguments of a call are cast; else the first alone, and of a sequence before its states that. */
  readonly castsArguments: boolean;
  /** Whether a layer whose dtype is one of whole numbers cuts floats to it; else it takes them as they are. */
  readonly cutsFloats: boolean;
  /** Whether layers that are cast in older Keras alone are cast (`casts: "older"`). */
  readonly castsOlder: boolean;
  /** Whether a stored call has what is not given, as null. */
  readonly storesNotGiven: boolean;
  /** Whether what an inner model casts, or gives another rank, as it enters, loses its mask. */
  readonly unmasksConformed: boolean;
}

const BEFORE_KERAS_3: CallRules = {
  keywords: ["training", "mask", "initial_state", "constants"],
  masksArguments: false,
  losesMasks: false,
  storesTraining: true,
  countsOwnCall: true,
  castsStates: false,
  castsArguments: false,
  cutsFloats: false,
  castsOlder: true,
  storesNotGiven: true,
  unmasksConformed: false,
};

export const CALL_RULES: Readonly<Record<Semantics, CallRules>> = {
  keras1: BEFORE_KERAS_3,
  keras2: BEFORE_KERAS_3,
  "tf-keras": { ...BEFORE_KERAS_3, unmasksConformed: true },
  // It takes `training` away before it looks at the signature.
  keras3: {
    keywords: ["training"],
    masksArguments: true,
    losesMasks: true,
    storesTraining: false,
    countsOwnCall: false,
    castsStates: true,
    castsArguments: true,
    cutsFloats: true,
    castsOlder: false,
    storesNotGiven: false,
    unmasksConformed: false,
  },
};
