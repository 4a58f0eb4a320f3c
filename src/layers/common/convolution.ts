/**
 * The window of a convolution: its options and what they mean to the operation.
 * Source: keras/src/layers/convolutional/base_conv.py; keras 2.1.3 keras/backend/theano_backend.py (`_preprocess_padding`).
 */
import { listOf } from "../../core/list.ts";
import type { ConvAttrs, Padding } from "../../ops/attributes.ts";
import type { Sym } from "../../ops/types.ts";
import type { Context } from "../define.ts";
import { choice, dataFormat, ints } from "../fields.ts";
import { type DataFormat, layoutOf, type Rank } from "./spatial.ts";

/**
 * `half` and `full` are Theano's, for files of Keras 1 and 2 that Theano ran: half the kernel on both sides whatever the
 * stride, and all positions that touch the input.
 */
export const spatialPadding = choice(["valid", "same"], "valid", ["half", "full"]);
const temporalPadding = choice(["valid", "same", "causal"], "valid", ["half", "full"]);

/** kernel_size, strides, padding, data_format, dilation_rate. */
export const windowOptions = (rank: Rank) => ({
  kernel_size: ints(rank, { min: 1 }),
  strides: ints(rank, { min: 1, default: 1 }),
  padding: rank === 1 ? temporalPadding : spatialPadding,
  data_format: dataFormat(),
  dilation_rate: ints(rank, { min: 1, default: 1 }),
});

/** The same as a layer's forward has them. */
export interface ConvWindow {
  readonly kernel_size: readonly number[];
  readonly strides: readonly number[];
  readonly dilation_rate: readonly number[];
  readonly padding: "valid" | "same" | "causal" | "half" | "full";
  readonly data_format: DataFormat;
}

const paddingOf = (c: ConvWindow): Padding => (c.padding === "half" || c.padding === "full" ? amounts(c) : c.padding);

function amounts(c: Kernel): readonly (readonly [number, number])[] {
  const reach = c.kernel_size.map((k, i) => (k - 1) * c.dilation_rate[i]!);
  if (c.padding === "full") return reach.map((n) => [n, n] as const);
  // Theano pads both sides by half the kernel, and Keras cuts what is more than ceil(length / stride).
  return reach.map((n) => [Math.floor((n + 1) / 2), Math.floor(n / 2)] as const);
}

type Kernel = Pick<ConvWindow, "kernel_size" | "dilation_rate"> & { readonly padding: string };

/** Theano's borders as zeros before the layer. */
export const theanoPadded = (c: Kernel): readonly (readonly [number, number])[] | null =>
  c.padding === "half" || c.padding === "full" ? amounts(c) : null;

/** The same, and zeros before the first step where Keras 3 has no `causal`. */
export const causalPadded = (c: Kernel, to: "keras2" | "keras3"): readonly (readonly [number, number])[] | null =>
  c.padding === "causal" && to === "keras3"
    ? c.kernel_size.map((k, i) => [(k - 1) * c.dilation_rate[i]!, 0] as const)
    : theanoPadded(c);

/** Adds bias[C] along the channels of x. */
export function biased(cx: Context, x: Sym, bias: Sym | undefined, format: DataFormat): Sym {
  if (bias === undefined) return x;
  const rank = x.shape.length;
  if (format === "channels_last") return cx.op.add(x, bias);
  return cx.op.add(x, cx.op.reshape(bias, [bias.shape[0]!, ...listOf(rank - 2, () => 1)]));
}

/**
 * A convolution of x with a kernel and a bias. Of int32, which TensorFlow has kernels for in up to two dimensions, what
 * overflows keeps its low bits: float64 gets halves of 16 bits.
 */
export function convolved(
  cx: Context,
  x: Sym,
  kernel: Sym,
  bias: Sym | undefined,
  format: DataFormat,
  run: (x: Sym, kernel: Sym, bias?: Sym) => Sym,
): Sym {
  const { op } = cx;
  if (kernel.dtype !== "int32" || x.dtype !== "int32" || x.shape.length > 4) return run(x, kernel, bias);
  const HALF = 2 ** 16;
  const halves = (s: Sym): readonly [Sym, Sym] => {
    const wide = op.cast(s, "float64");
    return [op.mod(wide, HALF), op.floorDivide(wide, HALF)];
  };
  const [[xLow, xHigh], [kLow, kHigh]] = [halves(x), halves(kernel)];
  const part = (a: Sym, b: Sym): Sym => op.cast(op.cast(run(a, b), "int64"), "int32");
  const high = op.add(part(xLow, kHigh), part(xHigh, kLow));
  return biased(cx, op.add(part(xLow, kLow), op.multiply(high, HALF)), bias, format);
}

/** The attributes of the operation `conv`. */
export const convAttrs = (c: ConvWindow, groups: number): ConvAttrs => ({
  layout: layoutOf(c.data_format),
  strides: c.strides,
  dilation: c.dilation_rate,
  groups,
  padding: paddingOf(c),
});
