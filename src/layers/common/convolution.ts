/**
 * What the convolution layers share: options, weights, attributes.
 * Source: keras/src/layers/convolutional/base_conv.py, base_depthwise_conv.py, base_separable_conv.py, base_conv_transpose.py.
 */
import { fail } from "../../core/error.ts";
import { showShape } from "../../core/tensor.ts";
import type { ConvAttrs, Padding } from "../../ops/attributes.ts";
import type { Shape, Sym } from "../../ops/types.ts";
import type { Context, WeightDecl } from "../define.ts";
import {
  activation, bool, choice, constraint, dataFormat, initializer, int, ints, optionalInts, regularizer,
} from "../fields.ts"; // prettier-ignore
import { channelsOf, type DataFormat, layoutOf, spatialAxes } from "./spatial.ts";

/**
 * `half` and `full` are Theano's, for files of Keras 1 and 2 that Theano ran: half the kernel on both sides whatever the
 * stride, and all positions that touch the input.
 */
const paddingField = choice(["valid", "same", "half", "full"], "valid", { olderValues: ["half", "full"] });
const temporalPadding = choice(["valid", "same", "causal", "half", "full"], "valid", { olderValues: ["half", "full"] });

const window = (rank: number) => ({
  kernel_size: ints(rank, { min: 1 }),
  strides: ints(rank, { min: 1, default: 1 }),
  padding: rank === 1 ? temporalPadding : paddingField,
  data_format: dataFormat(),
  dilation_rate: ints(rank, { min: 1, default: 1 }),
});

export const kernelOptions = {
  kernel_initializer: initializer("GlorotUniform"),
  bias_initializer: initializer("Zeros"),
  kernel_regularizer: regularizer(),
  bias_regularizer: regularizer(),
  activity_regularizer: regularizer(),
  kernel_constraint: constraint(),
  bias_constraint: constraint(),
};

export const convFields = (rank: number) => ({
  filters: int({ min: 1 }),
  ...window(rank),
  groups: int({ min: 1, default: 1 }),
  activation: activation("linear"),
  use_bias: bool(true),
  ...kernelOptions,
});

export const depthwiseFields = (rank: number) => ({
  depth_multiplier: int({ min: 1, default: 1 }),
  ...window(rank),
  activation: activation("linear"),
  use_bias: bool(true),
  depthwise_initializer: initializer("GlorotUniform"),
  bias_initializer: initializer("Zeros"),
  depthwise_regularizer: regularizer(),
  bias_regularizer: regularizer(),
  activity_regularizer: regularizer(),
  depthwise_constraint: constraint(),
  bias_constraint: constraint(),
});

export const separableFields = (rank: number) => ({
  depth_multiplier: int({ min: 1, default: 1 }),
  filters: int({ min: 1 }),
  ...window(rank),
  activation: activation("linear"),
  use_bias: bool(true),
  depthwise_initializer: initializer("GlorotUniform"),
  pointwise_initializer: initializer("GlorotUniform"),
  bias_initializer: initializer("Zeros"),
  depthwise_regularizer: regularizer(),
  pointwise_regularizer: regularizer(),
  bias_regularizer: regularizer(),
  activity_regularizer: regularizer(),
  depthwise_constraint: constraint(),
  pointwise_constraint: constraint(),
  bias_constraint: constraint(),
});

export const transposeFields = (rank: number) => ({
  filters: int({ min: 1 }),
  kernel_size: ints(rank, { min: 1 }),
  strides: ints(rank, { min: 1, default: 1 }),
  padding: choice(["valid", "same", "half"], "valid", { olderValues: ["half"] }),
  output_padding: optionalInts(rank, { min: 0 }),
  data_format: dataFormat(),
  dilation_rate: ints(rank, { min: 1, default: 1 }),
  activation: activation("linear"),
  use_bias: bool(true),
  ...kernelOptions,
});

/** Keras 1's, without output_padding. */
export const deconvolutionFields = (({ output_padding: _, ...fields }) => ({ ...fields, padding: paddingField }))(
  transposeFields(2),
);

interface Window {
  readonly kernel_size: readonly number[];
  readonly strides: readonly number[];
  readonly dilation_rate: readonly number[];
  readonly padding: "valid" | "same" | "causal" | "half" | "full";
  readonly data_format: DataFormat;
}

function paddingOf(c: Window): Padding {
  if (c.padding !== "half" && c.padding !== "full") return c.padding;
  const reach = c.kernel_size.map((k, i) => (k - 1) * c.dilation_rate[i]!);
  if (c.padding === "full") return reach.map((n) => [n, n] as const);
  // Theano pads both sides by half the kernel, and Keras cuts what is more than ceil(length / stride).
  return reach.map((n) => [Math.floor((n + 1) / 2), Math.floor(n / 2)] as const);
}

export const convAttrs = (c: Window, groups: number): ConvAttrs => ({
  layout: layoutOf(c.data_format),
  strides: c.strides,
  dilation: c.dilation_rate,
  groups,
  padding: paddingOf(c),
});

interface Filters extends Window {
  readonly filters: number;
  readonly groups?: number;
  readonly use_bias: boolean;
}

/** The channels of x that one filter of a group sees. */
function perGroup(c: Filters, x: Shape | undefined): number | null {
  const channels = channelsOf(c.data_format, x);
  const groups = c.groups ?? 1;
  if (channels !== null && channels % groups !== 0)
    fail("mismatch/shape", { expected: `channels that ${groups} groups divide`, found: showShape(x!) });
  return channels === null ? null : channels / groups;
}

export const convWeights = {
  kernel: { shape: (c, [x]) => [...c.kernel_size, perGroup(c, x), c.filters], init: "kernel_initializer" },
  bias: { when: (c) => c.use_bias, shape: (c) => [c.filters], init: "bias_initializer" },
} satisfies Record<string, WeightDecl<Filters>>;

export const transposeWeights = {
  kernel: {
    shape: (c, [x]) => [...c.kernel_size, c.filters, channelsOf(c.data_format, x)],
    init: "kernel_initializer",
  },
  bias: { when: (c) => c.use_bias, shape: (c) => [c.filters], init: "bias_initializer" },
} satisfies Record<string, WeightDecl<Omit<Filters, "padding">>>;

interface Depthwise extends Window {
  readonly depth_multiplier: number;
  readonly use_bias: boolean;
}

export const times = (a: number | null, b: number): number | null => (a === null ? null : a * b);

export const depthwiseWeights = {
  kernel: {
    shape: (c, [x]) => [...c.kernel_size, channelsOf(c.data_format, x), c.depth_multiplier],
    init: "depthwise_initializer",
    olderNames: ["depthwise_kernel"],
  },
  bias: {
    when: (c) => c.use_bias,
    shape: (c, [x]) => [times(channelsOf(c.data_format, x), c.depth_multiplier)],
    init: "bias_initializer",
  },
} satisfies Record<string, WeightDecl<Depthwise>>;

export const separableWeights = {
  depthwise_kernel: {
    shape: (c, [x]) => [...c.kernel_size, channelsOf(c.data_format, x), c.depth_multiplier],
    init: "depthwise_initializer",
  },
  pointwise_kernel: {
    shape: (c, [x]) => [
      ...c.kernel_size.map(() => 1),
      times(channelsOf(c.data_format, x), c.depth_multiplier),
      c.filters,
    ],
    init: "pointwise_initializer",
  },
  bias: { when: (c) => c.use_bias, shape: (c) => [c.filters], init: "bias_initializer" },
} satisfies Record<string, WeightDecl<Depthwise & { readonly filters: number }>>;

/** Each channel convolved alone: kernel[...k, Cin, m] as that of Cin groups, [...k, 1, Cin·m]. */
export function depthwise(cx: Context, x: Sym, kernel: Sym, bias: Sym | undefined, c: Window): Sym {
  const [channels, multiplier] = [kernel.shape.at(-2)!, kernel.shape.at(-1)!];
  const grouped = cx.op.reshape(kernel, [...c.kernel_size, 1, channels * multiplier]);
  return cx.op.conv(x, grouped, bias, convAttrs(c, channels));
}

/** All channels mixed at each place: kernel[...1, C, filters]. */
export function pointwise(cx: Context, x: Sym, kernel: Sym, bias: Sym | undefined, c: Window): Sym {
  const ones = c.kernel_size.map(() => 1);
  const attrs = {
    layout: layoutOf(c.data_format),
    strides: ones,
    dilation: ones,
    groups: 1,
    padding: "valid",
  } as const;
  return cx.op.conv(x, kernel, bias, attrs);
}

interface TransposeWindow extends Omit<Window, "padding"> {
  readonly padding: "valid" | "same" | "half";
  readonly output_padding: readonly number[] | null;
}

export function convTranspose(cx: Context, x: Sym, kernel: Sym, bias: Sym | undefined, c: TransposeWindow): Sym {
  const attrs = {
    layout: layoutOf(c.data_format),
    strides: c.strides,
    dilation: c.dilation_rate,
    outputPadding: c.output_padding,
  };
  if (c.padding !== "half") return cx.op.convTranspose(x, kernel, bias, { ...attrs, padding: c.padding });
  // Theano cuts half the kernel off the start and leaves stride times the length.
  const whole = cx.op.convTranspose(x, kernel, undefined, { ...attrs, padding: "valid" });
  const cuts = c.kernel_size.map((k, i): readonly [number, number] => {
    const before = Math.floor(k / 2);
    return [before, Math.max(k - c.strides[i]!, 0) - before];
  });
  return addBias(cx, cropped(cx, whole, cuts, c.data_format), bias, c.data_format);
}

/** Cuts [start, end] off each spatial axis; a negative end is filled with zeros. */
export function cropped(cx: Context, x: Sym, cuts: readonly (readonly [number, number])[], format: DataFormat): Sym {
  const axes = spatialAxes(format, x.shape.length);
  const missing = x.shape.map((_, axis) => [0, Math.max(0, -(cuts[axes.indexOf(axis)]?.[1] ?? 0))] as const);
  const filled = missing.some(([, after]) => after > 0) ? cx.op.pad(x, missing) : x;
  return cx.op.slice(
    filled,
    axes.map((axis, i) => ({ axis, start: cuts[i]![0], stop: cuts[i]![1] > 0 ? -cuts[i]![1] : null, step: 1 })),
  );
}

export function addBias(cx: Context, x: Sym, bias: Sym | undefined, format: DataFormat): Sym {
  if (bias === undefined) return x;
  const rank = x.shape.length;
  if (format === "channels_last") return cx.op.add(x, bias);
  return cx.op.add(x, cx.op.reshape(bias, [bias.shape[0]!, ...new Array<number>(rank - 2).fill(1)]));
}
