/** Pooling of float32 four channels at a time. */
import { sizeOf } from "../../../core/tensor.ts";
import { floorOf } from "../../../ops/pool.ts";
import { channelsOf, spatialOf, type Window, windowsOf, type Windows } from "../../../ops/window.ts";
import { channelLines, MOST_TAPS } from "../kernels/conv-fast.ts";
import { elementwise, moved, turns } from "../kernels/elementwise.ts";
import { nestWords } from "../kernels/nest.ts";
import type { Place, Rule, Site } from "../kernels/types.ts";
import { linesOf, paddedInput, runLines, target } from "./conv-fast.ts";
import { reach, tapOffsets } from "./padded.ts";

/** How many elements that are no padding each window of an axis has. */
function countsOf({ input, output, size, stride, before }: Window): number[] {
  return Array.from({ length: output }, (_, i) => {
    const first = i * stride - before;
    return Math.min(first + size, input) - Math.max(first, 0);
  });
}

const DIVIDE = {
  inputs: [
    { dtype: "float32", moves: "each" },
    { dtype: "float32", moves: "row" },
  ],
  steps: [{ op: "divide", args: [0, 1], dtype: "float32" }],
  outer: 2,
} as const;

/** [batch, positions, channels] divided by a number for each position. */
function divide(site: Site, from: Place, to: Place, batch: number, counts: Float32Array, channels: number): void {
  const image = 4 * counts.length * channels;
  const lengths = [batch, counts.length];
  const strides = [
    [image, 4 * channels],
    [0, 4],
    [image, 4 * channels],
  ];
  const inner = [true, false, true].map((moves) => moved(channels, 4, true, moves));
  site.run(elementwise(DIVIDE, null), [
    from,
    site.data(counts),
    to,
    turns(channels, true),
    ...nestWords({ lengths, strides }, inner),
  ]);
}

/** Windows that are pooled together. */
const POOLED = 4;

export const fastPoolRule: Rule<"pool"> = (site) => {
  const a = site.attrs;
  const { x } = site.in;
  const out = site.out.y;
  const windows: Windows = windowsOf(spatialOf(x.shape, a.layout), { ...a, dilation: a.size.map(() => 1) });
  const taps = windows.reduce((n, w) => n * w.size, 1);
  if (out.dtype !== "float32" || taps > MOST_TAPS) return false;
  const inside = windows.every((w) => w.before === 0 && reach(w) <= w.input);
  // Averages leave padding out: where there is some, sums are divided by what is left.
  const isShared = a.fn === "average" && !inside;
  const channels = channelsOf(x.shape, a.layout);
  const goal = target(site, out, a.layout);
  const input = paddedInput(site, x, a.layout, windows, a.fn === "max" ? -Infinity : 0);
  const made = isShared ? site.scratch(4 * sizeOf(out.shape)) : goal.place;
  const [d, h, w] = windows;
  const static_ = {
    kind: isShared ? "sum" : a.fn,
    taps: tapOffsets(windows, input.lengths, channels),
    channels,
    lda: 4 * w.stride * channels,
    atOnce: Math.min(POOLED, w.output),
    bias: false,
    floor: floorOf("float32", x.shape.length),
  } as const;
  const lines = linesOf(x.shape[0]!, windows, input, channels, channels);
  const operands = { input: input.place, kernel: 0, output: made, positions: w.output, bias: 0 };
  runLines(site, { kernel: channelLines(static_) }, lines, operands, w.output * channels * taps);
  if (isShared) {
    const [outer, middle, inner] = [d, h, w].map(countsOf) as [number[], number[], number[]];
    const counts = outer.flatMap((p) => middle.flatMap((q) => inner.map((r) => p * q * r)));
    divide(site, made, goal.place, x.shape[0]!, Float32Array.from(counts), channels);
  }
  goal.finish();
  return true;
};
