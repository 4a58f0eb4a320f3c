/** The attributes of the operations that have more than a number or two. Types, not interfaces: each is one of `Attrs`. */
import type { DType } from "../core/dtype.ts";
import type { Size } from "./size.ts";

/** Where the channels lie: [batch, channels, ...spatial] or [batch, ...spatial, channels]. */
export type Layout = "first" | "last";
/** Explicit padding is [before, after] for each spatial axis. */
export type Padding = "valid" | "same" | "causal" | readonly (readonly [number, number])[];

/** Of a convolution: strides and dilation have one entry for each spatial axis. */
export type ConvAttrs = {
  /** Where the channels lie. */
  readonly layout: Layout;
  /** Steps of the window, one for each spatial axis. */
  readonly strides: readonly number[];
  /** Distance of taps, one for each spatial axis. */
  readonly dilation: readonly number[];
  /** How many parts of the channels are convolved apart. */
  readonly groups: number;
  /** What lies around the input. */
  readonly padding: Padding;
};

/** Of a transposed convolution; without outputPadding each length follows from the padding. */
export type ConvTransposeAttrs = {
  /** Where the channels lie. */
  readonly layout: Layout;
  /** Steps of the window, one for each spatial axis. */
  readonly strides: readonly number[];
  /** Distance of taps, one for each spatial axis. */
  readonly dilation: readonly number[];
  /** What lies around the input. */
  readonly padding: "valid" | "same";
  /** What is added to each length; null: nothing. */
  readonly outputPadding: readonly number[] | null;
};

/** Of a window that slides: size and strides have one entry for each spatial axis. */
export type PoolAttrs = {
  /** What a window becomes. */
  readonly fn: "max" | "average";
  /** Where the channels lie. */
  readonly layout: Layout;
  /** Lengths of the window. */
  readonly size: readonly number[];
  /** Steps of the window, one for each spatial axis. */
  readonly strides: readonly number[];
  /** What lies around the input. */
  readonly padding: "valid" | "same";
};

/** Keras's `interpolation`, TensorFlow's `method`. */
export const RESIZE_METHODS = [
  "nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area", "gaussian", "mitchellcubic",
] as const; // prettier-ignore

/** Of an enlargement of the spatial axes. */
export type ResizeAttrs = {
  /** Where the channels lie. */
  readonly layout: Layout;
  /** Lengths of the spatial axes of the result. */
  readonly to: readonly Size[];
  /** Between the elements. */
  readonly method: (typeof RESIZE_METHODS)[number];
  /** Whether a smaller result is a mean over what each of its elements covers; nearest and area do as ever. */
  readonly antialias?: true;
  /**
   * What becomes the result; default: all of it. Of two spatial axes: `crop`, the largest window in the middle of the
   * result's shape; `pad`, the smallest such window around it, zeros outside; `center`, a window of the result's size as
   * it is, else as `crop`.
   */
  readonly fit?: "crop" | "pad" | "center";
};

/** Options of a function of texts: plain values, lists of them. */
export type TextOptions = {
  readonly [option: string]: string | number | boolean | null | readonly (string | number)[];
};

/** What is done with texts (text/functions.ts, text/strings.ts). */
export type TextFunction =
  | ("tokens" | "lookup" | "invert" | "hash" | "cross")
  | (
      | "lower"
      | "upper"
      | "strip"
      | "part"
      | "length"
      | "replace"
      | "matches"
      | "join"
      | "joinAlong"
      | "numbers"
      | "written"
      | "constant"
    );

/** Of what is done with texts. */
export type TextAttrs = {
  readonly fn: TextFunction;
  readonly options: TextOptions;
  /** Null for a length that depends on what is in the texts. */
  readonly shape: readonly (Size | null)[];
  readonly dtype: DType;
};

/** From operations and a value to a value; `builder.ts`, which has the types of both, calls it. */
export type CallersFunction = (ops: never, x: never) => unknown;

/** An activation by its Keras name, with the options that a layer or object form may give it. */
export type ActivationSpec = {
  /** Its name. */
  readonly fn: string;
  /** What a caller gives for a function that Keras does not have: `fn` is then only its name. */
  readonly apply?: CallersFunction | undefined;
  readonly [option: string]: number | string | boolean | null | undefined | readonly number[] | CallersFunction;
};

/** Python slice semantics for one axis: null is "from the end that the step starts at"; negatives count from the end. */
export type SliceRange = {
  /** Which axis. */
  readonly axis: number;
  /** The first index. */
  readonly start: Size | null;
  /** The first index that is not taken. */
  readonly stop: Size | null;
  /** From one index to the next. */
  readonly step: number;
};

/** Activations of a recurrent cell: of the candidate and the output, and of the gates. */
export type CellAttrs = {
  /** Of the candidate and the output. */
  readonly activation: ActivationSpec;
  /** Of the gates. */
  readonly recurrentActivation: ActivationSpec;
};

/** Of one step of a convolutional LSTM. */
export type ConvLstmAttrs = CellAttrs & {
  /** Of the input's convolution. */
  readonly conv: ConvAttrs;
  /** Of the state's, which has stride 1 and keeps the size; default `same`. */
  readonly recurrentPadding?: Padding;
};
