/**
 * What the transposed convolutions share. Source: keras/src/layers/convolutional/base_conv_transpose.py,
 * keras 2.1.3 keras/backend/theano_backend.py (`conv2d_transpose`).
 */
import { fail } from "../../../core/error.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Context, WeightDecl } from "../../define.ts";
import { choice, dataFormat, int, ints, optional } from "../../fields.ts";
import { biased, convolved } from "../../common/convolution.ts";
import { channelCount, type DataFormat, layoutOf, type Rank, spatialAxes } from "../../common/spatial.ts";
import { kernelAndBias } from "../../common/weight-options.ts";

/** The options of `Conv…DTranspose`; `half` is Theano's padding, in files of Keras 2. */
export const transposeOptions = (rank: Rank) => ({
  filters: int({ min: 1 }),
  kernel_size: ints(rank, { min: 1 }),
  strides: ints(rank, { min: 1, default: 1 }),
  padding: choice(["valid", "same"], "valid", ["half"]),
  output_padding: optional(ints(rank, { min: 0 })),
  data_format: dataFormat(),
  dilation_rate: ints(rank, { min: 1, default: 1 }),
  ...kernelAndBias,
});

interface TransposeConfig {
  readonly filters: number;
  readonly kernel_size: readonly number[];
  readonly strides: readonly number[];
  readonly dilation_rate: readonly number[];
  readonly data_format: DataFormat;
  readonly use_bias: boolean;
}

/** kernel[...kernel_size, filters, C], bias[filters]. */
export const transposeWeights = {
  kernel: {
    shape: (c, [x]) => [...c.kernel_size, c.filters, channelCount(c.data_format, x)],
    init: "kernel_initializer",
  },
  bias: { when: (c) => c.use_bias, shape: (c) => [c.filters], init: "bias_initializer" },
} satisfies Record<string, WeightDecl<TransposeConfig>>;

interface Padded extends TransposeConfig {
  readonly padding: "valid" | "same" | "half";
  readonly output_padding: readonly number[] | null;
}

/** The transposed convolution of x[B, ...spatial, C], bias added. */
export function convTranspose(cx: Context, x: Sym, kernel: Sym, bias: Sym | undefined, c: Padded): Sym {
  const { output_padding: more, strides } = c;
  if (cx.semantics !== "keras2" && more?.some((n, i) => n >= strides[i]!))
    fail("malformed/config", { path: "output_padding", expected: "less than strides", found: more.join(", ") });
  const attrs = {
    layout: layoutOf(c.data_format),
    strides: c.strides,
    dilation: c.dilation_rate,
    outputPadding: c.output_padding,
  };
  const { padding } = c;
  if (padding !== "half")
    return convolved(cx, x, kernel, bias, c.data_format, (a, b, term) =>
      cx.op.convTranspose(a, b, term, { ...attrs, padding }),
    );
  // Theano cuts half the kernel off the start and leaves stride times the length.
  const whole = cx.op.convTranspose(x, kernel, undefined, { ...attrs, padding: "valid" });
  const cuts = c.kernel_size.map((k, i): readonly [number, number] => {
    const before = Math.floor(k / 2);
    return [before, Math.max(k - c.strides[i]!, 0) - before];
  });
  return biased(cx, cropped(cx, whole, cuts, c.data_format), bias, c.data_format);
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
