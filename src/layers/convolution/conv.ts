/**
 * Conv1D, Conv2D, Conv3D: y = activation(x ∗ kernel + bias), the cross-correlation over the spatial axes.
 * x[B, ...spatial, C] → y[B, ...spatial', filters], or channels first.
 * kernel[...kernel_size, C / groups, filters], bias[filters].
 * Source: keras/src/layers/convolutional/base_conv.py, conv1d.py, conv2d.py, conv3d.py.
 */
import { fail } from "../../core/error.ts";
import { showShape } from "../../core/tensor.ts";
import { sizeFrom } from "../../ops/shapes.ts";
import type { Shape, Size, Sym } from "../../ops/types.ts";
import { type Context, layer } from "../define.ts";
import { int } from "../fields.ts";
import { biasedConv } from "../common/bias-add.ts";
import { activate, specRank } from "../common/checks.ts";
import { convDialects, storedConv } from "../common/convolution-dialects.ts";
import { convAttrs, convolved, theanoPadded, windowOptions } from "../common/convolution.ts";
import { channelCount, type DataFormat, type Rank } from "../common/spatial.ts";
import { kernelAndBias } from "../common/weight-options.ts";

/** The channels of x that one filter of a group sees. */
function perGroup(c: { readonly groups: number; readonly data_format: DataFormat }, x: Shape | undefined) {
  const channels = channelCount(c.data_format, x);
  if (channels !== null && channels % c.groups !== 0)
    fail("mismatch/shape", { expected: `channels that ${c.groups} groups divide`, found: showShape(x!) });
  return channels === null ? null : channels / c.groups;
}

/** TensorFlow's groups are as many kernels as stand beside each other along the channels. */
function groupsFor(
  { groups, data_format }: { readonly groups: number; readonly data_format: DataFormat },
  x: Sym,
  kernel: Sym,
): number {
  const channels = channelCount(data_format, x.shape);
  return channels === null ? groups : Math.max(1, Math.floor(channels / kernel.shape.at(-2)!));
}

/** Runs on an input of `rank` axes; tf-keras takes several axes of examples, [B, B', …], for one. */
function alongExamples(cx: Context, x: Sym, format: DataFormat, rank: number, run: (x: Sym) => Sym): Sym {
  const more = x.shape.length - rank;
  if (more <= 0 || cx.semantics !== "tf-keras" || format === "channels_first") {
    specRank(cx, x, rank);
    return run(x);
  }
  const sizes = (s: Sym, from: number): Size[] => s.shape.slice(from).map((_, i) => cx.size(s, from + i));
  const examples = sizes(x, 0).slice(0, more + 1);
  const all = examples.reduce((a, b) => sizeFrom("mul", a, b), 1 as Size);
  const y = run(cx.op.reshape(x, [all, ...sizes(x, more + 1)]));
  return cx.op.reshape(y, [...examples, ...sizes(y, 1)]);
}

const conv = (rank: Rank) =>
  layer({
    class: `Conv${rank}D`,
    names: [`Convolution${rank}D`, ...(rank < 3 ? [`AtrousConvolution${rank}D`] : [])],
    config: {
      filters: int({ min: 1 }),
      ...windowOptions(rank),
      groups: int({ min: 1, default: 1 }),
      ...kernelAndBias,
    },
    weights: {
      kernel: { shape: (c, [x]) => [...c.kernel_size, perGroup(c, x), c.filters], init: "kernel_initializer" },
      bias: { when: (c) => c.use_bias, shape: (c) => [c.filters], init: "bias_initializer" },
    },
    dialects: convDialects(rank),
    stored: storedConv,
    writing: { padded: theanoPadded, linearInto: { activation: { kernel: "all", bias: "all" } } },
    forward(cx, c, w, [x]) {
      // With channels first TensorFlow runs these alone on a CPU; of others only backends that add as NumPy have numbers.
      const isOdd = c.data_format === "channels_first" && (rank === 3 || c.groups > 1);
      const y = alongExamples(cx, x!, c.data_format, rank + 2, (flat) =>
        biasedConv(cx, w.bias ?? null, isOdd, (bias) =>
          convolved(cx, flat, w.kernel, bias ?? undefined, c.data_format, (a, b, term) =>
            cx.op.conv(a, b, term, convAttrs(c, cx.isBare ? groupsFor(c, a, b) : c.groups)),
          ),
        ),
      );
      return activate(cx, y, c.activation);
    },
  });

export const conv1d = conv(1);
export const conv2d = conv(2);
export const conv3d = conv(3);
