/**
 * Convolutions whose kernel differs from place to place, and the three ways in which Keras stores them.
 * Source: tf_keras/layers/locally_connected/locally_connected2d.py, locally_connected_utils.py,
 * tf_keras/utils/conv_utils.py (`conv_connected_inputs`, `conv_kernel_idxs`).
 */
import { listOf } from "../../../core/list.ts";
import { fail } from "../../../core/error.ts";
import { showShape } from "../../../core/tensor.ts";
import type { Shape, Sym } from "../../../ops/types.ts";
import type { Context, WeightDecl } from "../../define.ts";
import { choice, type Config, dataFormat, int, ints } from "../../fields.ts";
import { channelCount, type DataFormat, type Rank, spatialAxes } from "../../common/spatial.ts";
import { kernelAndBias } from "../../common/weight-options.ts";

/** The options of LocallyConnected; `implementation` says how the kernel is stored. */
export const localOptions = (rank: Rank) => ({
  filters: int({ min: 1 }),
  kernel_size: ints(rank, { min: 1 }),
  strides: ints(rank, { min: 1, default: 1 }),
  padding: choice(["valid", "same"], "valid"),
  data_format: dataFormat(),
  ...kernelAndBias,
  implementation: int({ min: 1, default: 1 }),
});

type Local = Config<ReturnType<typeof localOptions>>;

/** How many numbers the matrix of such a layer may have, and how many nodes its windows may take. */
const MAX_MATRIX = 2 ** 27;
const MAX_WINDOW = 2 ** 12;

function within(size: number, limit: number): void {
  if (size > limit) fail("limit/size", { expected: `at most ${limit}`, found: String(size) });
}

const product = (lengths: readonly number[]): number => lengths.reduce((a, b) => a * b, 1);

/** Lengths of input and output along the spatial axes, and the number of channels: all must be known. */
function geometry(c: Local, x: Shape): { inside: number[]; outside: number[]; channels: number } {
  const inside = spatialAxes(c.data_format, x.length).map((axis) => x[axis] ?? null);
  const channels = channelCount(c.data_format, x);
  if (channels === null || inside.some((n) => n === null))
    return fail("mismatch/shape", { expected: "known lengths", found: showShape(x) });
  const outside = inside.map((n, i) => {
    const stretch = c.padding === "same" ? n! : n! - c.kernel_size[i]! + 1;
    return Math.max(0, Math.ceil(stretch / c.strides[i]!));
  });
  return { inside: inside as number[], outside, channels };
}

const layered = <T>(format: DataFormat, channels: T, lengths: readonly T[]): T[] =>
  format === "channels_first" ? [channels, ...lengths] : [...lengths, channels];

function kernelShape(c: Local, x: Shape | undefined): Shape {
  const { inside, outside, channels } = geometry(c, x!);
  if (c.implementation === 1) return [product(outside), product(c.kernel_size) * channels, c.filters];
  if (c.implementation === 3) return [null];
  return [...layered(c.data_format, channels, inside), ...layered(c.data_format, c.filters, outside)];
}

/** kernel as the header of the layer says, bias[...spatial', filters]. */
export const localWeights = {
  kernel: { shape: (c, [x]) => kernelShape(c, x), init: "kernel_initializer" },
  bias: {
    when: (c) => c.use_bias,
    shape: (c, [x]) => [...geometry(c, x!).outside, c.filters],
    init: "bias_initializer",
  },
} satisfies Record<string, WeightDecl<Local>>;

/** All places of a grid, row by row. */
function places(lengths: readonly number[]): number[][] {
  return lengths.reduce<number[][]>((all, length) => all.flatMap((at) => listOf(length, (i) => [...at, i])), [[]]);
}

/** The places of the input that a place of the output sees. */
function seen(c: Local, inside: readonly number[], at: readonly number[]): number[][] {
  const ranges = at.map((o, i) => {
    const before = Math.floor(c.kernel_size[i]! / 2);
    const center = o * c.strides[i]! + (c.padding === "valid" ? before : 0);
    const [start, end] = [Math.max(0, center - before), Math.min(inside[i]!, center - before + c.kernel_size[i]!)];
    return listOf(Math.max(0, end - start), (k) => start + k);
  });
  return ranges.reduce<number[][]>((all, range) => all.flatMap((p) => range.map((n) => [...p, n])), [[]]);
}

/** Each window as a row times the matrix of its place. */
function byWindows(cx: Context, c: Local, x: Sym, kernel: Sym): Sym {
  const { op } = cx;
  const { outside, channels } = geometry(c, x.shape);
  if (c.padding !== "valid")
    fail("unsupported/padding", { expected: "valid under implementation 1", found: c.padding });
  within(product(c.kernel_size), MAX_WINDOW);
  const axes = spatialAxes(c.data_format, x.shape.length);
  const last = c.data_format === "channels_last" ? x : op.transpose(x, [0, ...axes, 1]);
  const windows = places(c.kernel_size).map((offset) => {
    const ranges = offset.map((start, i) => {
      const stop = start + (outside[i]! - 1) * c.strides[i]! + 1;
      return { axis: i + 1, start, stop, step: c.strides[i]! };
    });
    return op.reshape(op.slice(last, ranges), [cx.size(x, 0), product(outside), channels]);
  });
  const joined = op.stack(windows, c.data_format === "channels_last" ? 2 : 3);
  const rows = op.reshape(joined, [cx.size(x, 0), product(outside), windows.length * channels]);
  const y = op.transpose(op.matmul(op.transpose(rows, [1, 0, 2]), kernel), [1, 0, 2]);
  const shaped = op.reshape(y, [cx.size(x, 0), ...outside, c.filters]);
  const rank = x.shape.length;
  return c.data_format === "channels_last" ? shaped : op.transpose(shaped, [0, rank - 1, ...axes.map((a) => a - 1)]);
}

/** The kernel as one matrix [all inputs, all outputs]: stored whole with what is not seen ignored, or only what is seen. */
function asMatrix(cx: Context, c: Local, x: Sym, kernel: Sym): Sym {
  const { op } = cx;
  const { inside, outside, channels } = geometry(c, x.shape);
  const [n, m] = [product(inside), product(outside)];
  within(n * channels * m * c.filters, MAX_MATRIX);
  const grid = listOf(n * m, () => 0);
  places(outside).forEach((at, o) => {
    for (const place of seen(c, inside, at)) grid[place.reduce((sum, p, i) => sum * inside[i]! + p, 0) * m + o] = 1;
  });
  if (c.implementation === 2) {
    const first = c.data_format === "channels_first";
    const mask = op.array(grid, first ? [1, ...inside, 1, ...outside] : [...inside, 1, ...outside, 1], "float32");
    return op.reshape(op.multiply(kernel, mask), [n * channels, m * c.filters]);
  }
  // Only what is seen is stored, sorted by place in the output, then in the input.
  const at = (channel: number, place: number, count: number, size: number): number =>
    c.data_format === "channels_first" ? channel * size + place : place * count + channel;
  const order: number[] = listOf(n * channels * m * c.filters, () => -1);
  for (let i = 0; i < n; i++) {
    for (let o = 0; o < m; o++) {
      if (grid[i * m + o] === 0) continue;
      for (let a = 0; a < channels; a++) {
        for (let b = 0; b < c.filters; b++) order[at(b, o, c.filters, m) * n * channels + at(a, i, channels, n)] = 0;
      }
    }
  }
  let stored = 0;
  for (let k = 0; k < order.length; k++) if (order[k] === 0) order[k] = stored++;
  const found = kernel.shape[0];
  if (found !== stored) fail("mismatch/shape", { expected: `a kernel of ${stored} numbers`, found: String(found) });
  const table = op.concat(
    [kernel, op.constant(0, kernel.dtype)].map((s) => op.reshape(s, [-1])),
    0,
  );
  const places_ = op.array(
    order.map((k) => (k < 0 ? stored : k)),
    [m * c.filters, n * channels],
    "int32",
  );
  return op.transpose(op.gather(table, places_, 0), [1, 0]);
}

function byMatrix(cx: Context, c: Local, x: Sym, kernel: Sym): Sym {
  const { outside } = geometry(c, x.shape);
  const flat = cx.op.reshape(x, [cx.size(x, 0), product(x.shape.slice(1) as number[])]);
  const y = cx.op.matmul(flat, asMatrix(cx, c, x, kernel));
  return cx.op.reshape(y, [cx.size(x, 0), ...layered(c.data_format, c.filters, outside)]);
}

/** What LocallyConnected computes of x[B, ...spatial, C], activation apart. Throws `mismatch/shape` for unknown lengths. */
export function localConv(cx: Context, c: Local, x: Sym, kernel: Sym, bias: Sym | undefined): Sym {
  const y = c.implementation === 1 ? byWindows(cx, c, x, kernel) : byMatrix(cx, c, x, kernel);
  if (bias === undefined) return y;
  // With channels first Keras reads the stored bias in that order, without turning it.
  return cx.op.add(y, cx.op.reshape(bias, layered(c.data_format, c.filters, bias.shape.slice(0, -1) as number[])));
}
