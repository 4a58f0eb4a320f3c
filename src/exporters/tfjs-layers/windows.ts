/** Convolutions, pooling and whatever else has spatial axes. TensorFlow.js gets channels last and two spatial axes where it has no other form. */
import type { Tensor } from "../../core/tensor.ts";
import { ownActivation } from "./activations.ts";
import {
  type CallOf,
  formed,
  type Lengths,
  plain,
  product,
  reshaped,
  type TfjsWriter,
  type TfjsValue,
  type Weights,
} from "./writer.ts";

export type TfjsRule = (w: TfjsWriter, of: CallOf, x: readonly TfjsValue[]) => readonly TfjsValue[];

type Pair = readonly [number, number];
const list = (value: unknown): readonly number[] =>
  typeof value === "number" ? [value] : (value as readonly number[]);

/** Axes in another order; `order` counts from 1, without the batch. */
export function permuted(w: TfjsWriter, of: CallOf, role: string, x: TfjsValue, order: readonly number[]): TfjsValue {
  if (order.every((axis, i) => axis === i + 1)) return x;
  return w.one(of, role, "Permute", { dims: order }, x, [x.shape[0]!, ...order.map((axis) => x.shape[axis]!)]);
}

/** The same values with other axes; at most one of them is open. */
export function reshapedTo(w: TfjsWriter, of: CallOf, role: string, x: TfjsValue, to: Lengths): TfjsValue {
  if (to.filter((n) => n === null).length > 1) w.refuse(of, "more than one open length");
  const shape = to.map((n) => n ?? -1);
  return w.one(of, role, "Reshape", { target_shape: shape }, x, [x.shape[0]!, ...to]);
}

const isFirst = ({ c }: CallOf): boolean => c["data_format"] === "channels_first";

/** With the channels last, whatever the layer has. */
function lastly(w: TfjsWriter, of: CallOf, x: TfjsValue, run: (x: TfjsValue) => TfjsValue): readonly TfjsValue[] {
  const rank = x.shape.length;
  if (!isFirst(of)) return [run(x)];
  const spatial = Array.from({ length: rank - 2 }, (_, i) => i + 2);
  const y = run(permuted(w, of, "channels_last", x, [...spatial, 1]));
  if (y.shape.length !== rank) return [y];
  return [permuted(w, of, "channels_first", y, [rank - 1, ...spatial.map((axis) => axis - 1)])];
}

/** x[B, T, C] → x[B, T, 1, C] and back. */
const widened = (w: TfjsWriter, of: CallOf, x: TfjsValue): TfjsValue =>
  reshapedTo(w, of, "wide", x, [x.shape[1]!, 1, x.shape[2]!]);
const narrowed = (w: TfjsWriter, of: CallOf, y: TfjsValue): TfjsValue =>
  reshapedTo(w, of, "narrow", y, [y.shape[1]!, y.shape[3]!]);

/** Lengths of the results of one window along an axis. */
const after = (of: CallOf, y: TfjsValue["shape"] | undefined): Lengths => {
  const shape = y ?? of.y[0]!;
  const rank = shape.length;
  return isFirst(of) ? [shape[0]!, ...shape.slice(2), shape[1]!] : shape.slice(0, rank);
};

/** Zeros before and after the first spatial axis of [B, T, C] or [B, H, W, C]. */
function padded(w: TfjsWriter, of: CallOf, role: string, x: TfjsValue, pairs: readonly [Pair, Pair]): TfjsValue {
  const shape = x.shape.map((n, axis) =>
    axis === 0 || axis === 3 || n === null ? n : n + pairs[axis - 1]![0] + pairs[axis - 1]![1],
  );
  return w.one(of, role, "ZeroPadding2D", { padding: pairs }, x, shape);
}

/** A kernel of groups as one of all channels, with zeros between groups. */
function ungrouped(of: CallOf, groups: number): Weights[string] {
  const kernel = plain(of, "kernel")!;
  if (groups === 1) return kernel;
  const [inner, out] = kernel.shape.slice(-2) as [number, number];
  const shape = [...kernel.shape.slice(0, -2), inner * groups, out];
  const change = (value: Tensor): Tensor => {
    const from = value.data as Float32Array;
    const to = new Float32Array(from.length * groups);
    const per = out / groups;
    for (let i = 0; i < from.length; i++) {
      const [o, c, place] = [i % out, Math.floor(i / out) % inner, Math.floor(i / out / inner)];
      to[(place * inner * groups + Math.floor(o / per) * inner + c) * out + o] = from[i]!;
    }
    return { dtype: "float32", shape, data: to };
  };
  return formed(kernel, shape, change);
}

/** A kernel [h, w, …] whose elements lie apart, with zeros between them: a dilation that TensorFlow.js ignores. */
function dilated(weight: Weights[string], [a, b]: readonly number[]): Weights[string] {
  if (weight === undefined || (a === 1 && b === 1)) return weight;
  const [h, width, ...rest] = weight.shape as [number, number, ...number[]];
  const inner = rest.reduce((n, length) => n * length, 1);
  const [tall, broad] = [(h - 1) * a! + 1, (width - 1) * b! + 1];
  const shape = [tall, broad, ...rest];
  const change = (given: Tensor): Tensor => {
    const from = given.data as Float32Array;
    const to = new Float32Array(tall * broad * inner);
    for (let i = 0; i < h; i++)
      for (let j = 0; j < width; j++)
        to.set(from.subarray((i * width + j) * inner, (i * width + j + 1) * inner), (i * a! * broad + j * b!) * inner);
    return { dtype: "float32", shape, data: to };
  };
  return formed(weight, shape, change);
}

/** In three dimensions TensorFlow.js pads by a negative number where strides are longer than the window. */
function checkSame(w: TfjsWriter, of: CallOf, size: readonly number[], strides: readonly number[]): void {
  if (of.c["padding"] === "same" && size.length === 3 && strides.some((n, i) => n > size[i]!))
    w.refuse(of, "strides longer than the window", "strides");
}

/** Conv1D to 3D. */
export const convolution: TfjsRule = (w, of, [x]) => {
  const { c } = of;
  const rank = list(c["kernel_size"]).length;
  if (x!.shape.length !== rank + 2) w.refuse(of, "more than one axis of examples");
  const padding = c["padding"] as string;
  if (!["valid", "same", "causal"].includes(padding)) w.refuse(of, "TensorFlow.js has no such borders", "padding");
  const [strides, dilation] = [list(c["strides"]), list(c["dilation_rate"])];
  if (strides.some((n) => n > 1) && dilation.some((n) => n > 1)) w.refuse(of, "strides with dilation", "dilation_rate");
  const groups = (c["groups"] as number | undefined) ?? 1;
  checkSame(w, of, list(c["kernel_size"]), strides);
  if (groups > 1) w.changed.add(`groups of ${of.path} to one kernel with zeros`);
  return lastly(w, of, x!, (value) => {
    const own = ownActivation(w, of);
    const before = padding === "causal" ? causal(w, of, value) : value;
    const options = {
      filters: c["filters"] as number,
      kernel_size: list(c["kernel_size"]),
      strides,
      padding: padding === "causal" ? "valid" : padding,
      dilation_rate: dilation,
      use_bias: c["use_bias"] as boolean,
      activation: own.activation,
    };
    const weights = { kernel: ungrouped(of, groups), bias: plain(of, "bias") };
    return own.after(w.one(of, "", `Conv${rank}D`, options, before, after(of, undefined), weights));
  });
};

/** x[B, T, C] with the zeros before it that a causal convolution adds. */
function causal(w: TfjsWriter, of: CallOf, x: TfjsValue): TfjsValue {
  const reach = (list(of.c["kernel_size"])[0]! - 1) * list(of.c["dilation_rate"])[0]!;
  if (reach === 0) return x;
  return narrowed(w, of, padded(w, of, "causal", widened(w, of, x), [[reach, 0], [0, 0]])); // prettier-ignore
}

/** Options of two axes for those of one. */
const two = (value: unknown): readonly number[] => [list(value)[0]!, 1];

/** What has one spatial axis, by the layer of two: DepthwiseConv, SeparableConv, ConvTranspose. */
const spatial =
  (
    rank: 1 | 2 | 3,
    className: string,
    weightsOf: (of: CallOf) => Weights,
    check: (w: TfjsWriter, of: CallOf) => void,
  ): TfjsRule =>
  (w, of, [x]) => {
    const { c } = of;
    if (x!.shape.length !== rank + 2) w.refuse(of, "more than one axis of examples");
    const padding = c["padding"] as string;
    if (!["valid", "same", "causal"].includes(padding)) w.refuse(of, "TensorFlow.js has no such borders", "padding");
    check(w, of);
    return lastly(w, of, x!, (value) => {
      const own = ownActivation(w, of);
      const before = padding === "causal" ? causal(w, of, value) : value;
      const wide = rank === 1 ? widened(w, of, before) : before;
      const sizes = (option: string): readonly number[] => (rank === 1 ? two(c[option]) : list(c[option]));
      const options = {
        ...(c["filters"] !== undefined && { filters: c["filters"] as number }),
        ...(c["depth_multiplier"] !== undefined && { depth_multiplier: c["depth_multiplier"] as number }),
        kernel_size: sizes("kernel_size").map((n, i) => (n - 1) * sizes("dilation_rate")[i]! + 1),
        strides: sizes("strides"),
        padding: padding === "causal" ? "valid" : padding,
        use_bias: c["use_bias"] as boolean,
        activation: own.activation,
      };
      const shape = after(of, undefined);
      const result = rank === 1 ? [shape[0]!, shape[1]!, 1, shape[2]!] : shape;
      const y = w.one(of, "", className, options, wide, result, weightsOf(of));
      return own.after(rank === 1 ? narrowed(w, of, y) : y);
    });
  };

const evenStrides = (w: TfjsWriter, of: CallOf): void => {
  const [strides, dilation] = [list(of.c["strides"]), list(of.c["dilation_rate"])];
  if (strides.some((n) => n > 1) && dilation.some((n) => n > 1)) w.refuse(of, "strides with dilation", "dilation_rate");
};

const rates = (of: CallOf): readonly number[] => {
  const given = list(of.c["dilation_rate"]);
  return given.length === 1 ? [given[0]!, 1] : given;
};

const kernelOf = (rank: number, name: string) => (of: CallOf) =>
  rank === 1 ? reshaped(plain(of, name), ([k, ...rest]) => [k!, 1, ...rest]) : plain(of, name);

export const depthwise = (rank: 1 | 2): TfjsRule =>
  spatial(
    rank,
    "DepthwiseConv2D",
    (of) => ({ depthwise_kernel: dilated(kernelOf(rank, "kernel")(of), rates(of)), bias: plain(of, "bias") }),
    evenStrides,
  );

export const separable = (rank: 1 | 2): TfjsRule =>
  spatial(
    rank,
    "SeparableConv2D",
    (of) => ({
      depthwise_kernel: dilated(kernelOf(rank, "depthwise_kernel")(of), rates(of)),
      pointwise_kernel: kernelOf(rank, "pointwise_kernel")(of),
      bias: plain(of, "bias"),
    }),
    evenStrides,
  );

export const transposed = (rank: 1 | 2 | 3): TfjsRule =>
  spatial(
    rank,
    rank === 3 ? "Conv3DTranspose" : "Conv2DTranspose",
    (of) => ({ kernel: kernelOf(rank, "kernel")(of), bias: plain(of, "bias") }),
    (w, of) => {
      if (list(of.c["dilation_rate"]).some((n) => n > 1))
        w.refuse(of, "TensorFlow.js has no dilation here", "dilation_rate");
      if ((of.c["output_padding"] ?? null) !== null) w.refuse(of, "TensorFlow.js ignores it", "output_padding");
      const [strides, kernel] = [list(of.c["strides"]), list(of.c["kernel_size"])];
      if (strides.some((n, i) => n > kernel[i]!)) w.refuse(of, "strides longer than the kernel", "strides");
    },
  );

export const pooling =
  (className: string): TfjsRule =>
  (w, of, [x]) => {
    const { c } = of;
    if (!["valid", "same"].includes(c["padding"] as string))
      w.refuse(of, "TensorFlow.js has no such borders", "padding");
    const size = list(c["pool_size"]);
    checkSame(w, of, size, c["strides"] === null ? size : list(c["strides"]));
    if (className === "AveragePooling3D" && c["padding"] === "same")
      w.refuse(of, "TensorFlow.js counts the borders", "padding");
    const options = {
      pool_size: size,
      strides: c["strides"] === null ? size : list(c["strides"]),
      padding: c["padding"] as string,
    };
    return lastly(w, of, x!, (value) => w.one(of, "", className, options, value, after(of, undefined)));
  };

/** Global pooling of any rank. */
export const globally =
  (className: "GlobalAveragePooling" | "GlobalMaxPooling"): TfjsRule =>
  (w, of, [x]) => {
    const rank = x!.shape.length;
    if ((of.named["mask"] ?? null) !== null) w.refuse(of, "TensorFlow.js counts masked steps", "mask");
    return lastly(w, of, x!, (value) => {
      const [batch, channels] = [value.shape[0]!, value.shape.at(-1)!];
      const flat = rank === 5 ? reshapedTo(w, of, "flat", value, [null, channels]) : value;
      const y = w.one(of, "", `${className}${rank === 4 ? 2 : 1}D`, {}, flat, [batch, channels]);
      if (of.c["keepdims"] !== true) return y;
      return reshapedTo(w, of, "keepdims", y, [...Array.from({ length: rank - 2 }, () => 1), channels]);
    });
  };

/** A layer of two spatial axes on one, two or three: ZeroPadding, Cropping, UpSampling. `option` has a pair, or a number, for each. */
const byTwo =
  (className: string, option: string, neutral: Pair | 1, length: (n: number, by: Pair | number) => number): TfjsRule =>
  (w, of, [x]) => {
    const rank = x!.shape.length - 2;
    const given = of.c[option];
    const amounts = (rank === 1 && neutral !== 1 ? [given] : typeof given === "number" ? [given] : given) as readonly (
      Pair | number
    )[];
    const grown = (n: number | null, by: Pair | number): number | null => (n === null ? null : length(n, by));
    if (className === "Cropping2D" && x!.shape.slice(1).includes(null))
      w.refuse(of, "TensorFlow.js cuts known lengths");
    return lastly(w, of, x!, (value) => {
      const run = (role: string, from: TfjsValue, a: Pair | number, b: Pair | number): TfjsValue => {
        const [batch, h, width, channels] = from.shape as [number | null, number | null, number | null, number | null];
        const shape = [batch, grown(h, a), grown(width, b), channels];
        return w.one(of, role, className, { [option]: [a, b] }, from, shape);
      };
      if (rank === 1) return narrowed(w, of, run("", widened(w, of, value), amounts[0]!, neutral));
      if (rank === 2) return run("", value, amounts[0]!, amounts[1]!);
      const [, d, h, width, channels] = value.shape as Lengths;
      const inner = product(w, of, [width!, channels!]);
      const planes = run("planes", reshapedTo(w, of, "flat_planes", value, [d!, h!, inner]), amounts[0]!, amounts[1]!);
      const [, d2, h2] = planes.shape as Lengths;
      const rows = reshapedTo(w, of, "rows", planes, [product(w, of, [d2!, h2!]), width!, channels!]);
      const y = run("", rows, neutral, amounts[2]!);
      return reshapedTo(w, of, "whole", y, [d2!, h2!, y.shape[2]!, channels!]);
    });
  };

const total = (by: Pair | number): number => (typeof by === "number" ? by : by[0] + by[1]);
export const zeroPadding = byTwo("ZeroPadding2D", "padding", [0, 0], (n, by) => n + total(by));
export const cropping = byTwo("Cropping2D", "cropping", [0, 0], (n, by) => n - total(by));
const repeating = byTwo("UpSampling2D", "size", 1, (n, by) => n * (by as number));
export const upSampling: TfjsRule = (w, of, x) => {
  if ((of.c["interpolation"] ?? "nearest") !== "nearest")
    w.refuse(of, "TensorFlow.js places the samples otherwise", "interpolation");
  return repeating(w, of, x);
};
