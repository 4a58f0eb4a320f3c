/** Convolutions, windows and blocks as operations. Source: keras/src/ops/nn.py, image.py, keras/src/backend/tensorflow/nn.py. */
import { listOf } from "../../core/list.ts";
import { fail } from "../../core/error.ts";
import type { Sym } from "../../ops/types.ts";
import type { AnyDef, Context } from "../define.ts";
import { choice, dataFormat, int, intList, optional, required } from "../fields.ts";
import { adaptivePool } from "../common/adaptive-pooling.ts";
import { convolved as inHalves } from "../common/convolution.ts";
import { type DataFormat, layoutOf } from "../common/spatial.ts";
import { depthToSpace, spaceToDepth } from "./shared/depth-and-space.ts";
import { channelsLast } from "./shared/image-axes.ts";
import { inModule, lengthThere, needFloat, tensor } from "./shared/operation.ts";
import { times } from "./shared/sizes.ts";
import { bordered, windowed } from "./shared/windows.ts";

const nn = inModule("nn");
const padding = choice(["valid", "same"], "valid");
const window = { strides: intList(1), padding, data_format: dataFormat(), dilation_rate: intList(1) };

interface OperationWindow {
  readonly strides: readonly number[];
  readonly padding: "valid" | "same";
  readonly data_format: DataFormat;
  readonly dilation_rate: readonly number[];
}

/** One number for all of `rank` axes, or one each. */
const each = (list: readonly number[], rank: number): readonly number[] =>
  list.length === 1 ? listOf(rank, () => list[0]!) : list;

function images(x: Sym, least: number): number {
  if (x.shape.length < least) fail("mismatch/rank", { expected: `at least ${least} axes`, found: String(x.shape.length) }); // prettier-ignore
  return x.shape.length - 2;
}

/** Of int32 TensorFlow has kernels for one and two axes, channels last. */
function convolved(cx: Context, x: Sym, kernel: Sym, c: OperationWindow, groups: number): Sym {
  const rank = images(x, 3);
  const isWhole = x.dtype === "int32" && kernel.dtype === "int32" && rank < 3 && c.data_format === "channels_last";
  return inHalves(cx, isWhole ? x : needFloat(x), kernel, undefined, c.data_format, (a, b) =>
    cx.op.conv(a, b, null, {
      layout: layoutOf(c.data_format),
      strides: each(c.strides, rank),
      dilation: each(c.dilation_rate, rank),
      padding: c.padding,
      groups,
    }),
  );
}

const channels = (x: Sym, format: DataFormat): number =>
  lengthThere(x, format === "channels_first" ? 1 : x.shape.length - 1);

/** kernel[..., C, m] as that of C groups. */
function depthwise(cx: Context, x: Sym, kernel: Sym, c: OperationWindow): Sym {
  const sizes = kernel.shape as readonly number[];
  const grouped = cx.op.reshape(kernel, [...sizes.slice(0, -2), 1, sizes.at(-2)! * sizes.at(-1)!]);
  return convolved(cx, needFloat(x), grouped, c, sizes.at(-2)!);
}

/** Keras does not read them back. */
const adaptive = (name: string, fn: "max" | "mean"): AnyDef => ({
  ...nn(name, ["inputs"], { output_size: intList(), data_format: dataFormat() }, (cx, c, [given]) => {
    const x = needFloat(tensor(cx, given));
    return adaptivePool(cx, fn, x, { ...c, output_size: each(c.output_size, images(x, 3)) });
  }),
  writing: { unread: () => true },
});

const blocks = (name: string, f: (cx: Context, x: Sym, block: number) => Sym): AnyDef =>
  nn(name, ["x"], { block_size: int({ min: 2 }), data_format: dataFormat() }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    if (x.shape.length !== 4) fail("mismatch/rank", { expected: "4 axes", found: String(x.shape.length) });
    return channelsLast(cx, x, c.data_format, (y) => f(cx, y, c.block_size));
  });

const foldOptions = { kernel_size: intList(), dilation: intList(1), padding: intList(0), stride: intList(1) };

interface Fold {
  readonly kernel_size: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: readonly number[];
  readonly stride: readonly number[];
}

/** Along each of two axes: how many windows, and where each of their taps lies in the padded input. */
function taps(c: Fold, lengths: readonly number[]): readonly { readonly count: number; readonly starts: number[] }[] {
  const [k, d, p, s] = [c.kernel_size, c.dilation, c.padding, c.stride].map((list) => each(list, 2)) as [number[], number[], number[], number[]]; // prettier-ignore
  return lengths.map((length, i) => ({
    count: Math.floor((length + 2 * p[i]! - d[i]! * (k[i]! - 1) - 1) / s[i]!) + 1,
    starts: listOf(k[i]!, (tap) => tap * d[i]!),
  }));
}

const MAX_TAPS = 4096;

/** x[N, C, H, W] → [N, C · kH · kW, places]. */
function unfold(cx: Context, x: Sym, c: Fold): Sym {
  const { op } = cx;
  const [p, s] = [each(c.padding, 2), each(c.stride, 2)];
  const [rows, columns] = taps(c, [lengthThere(x, 2), lengthThere(x, 3)]);
  if (rows!.starts.length * columns!.starts.length > MAX_TAPS) fail("limit/size", { path: "kernel_size" });
  const padded = op.pad(x, [[0, 0], [0, 0], [p[0]!, p[0]!], [p[1]!, p[1]!]]); // prettier-ignore
  const part = (y: Sym, axis: number, start: number, count: number, step: number): Sym =>
    op.slice(y, [{ axis, start, stop: start + (count - 1) * step + 1, step }]);
  const parts = rows!.starts.flatMap((i) =>
    columns!.starts.map((j) => part(part(padded, 2, i, rows!.count, s[0]!), 3, j, columns!.count, s[1]!)),
  );
  const all = op.stack(parts, 2);
  return op.reshape(all, [cx.size(x, 0), times(cx.size(x, 1), parts.length), rows!.count * columns!.count]);
}

/** The inverse: what several windows hold of a place is added. */
function fold(cx: Context, x: Sym, c: Fold, size: readonly number[]): Sym {
  const { op } = cx;
  const [p, s] = [each(c.padding, 2), each(c.stride, 2)];
  const [height, width] = [size[0]! + 2 * p[0]!, size[1]! + 2 * p[1]!];
  const [rows, columns] = taps(c, size);
  const places = rows!.starts.flatMap((i) =>
    columns!.starts.flatMap((j) =>
      listOf(rows!.count, (a) => listOf(columns!.count, (b) => (a * s[0]! + i) * width + b * s[1]! + j)).flat(),
    ),
  );
  const kernel = rows!.starts.length * columns!.starts.length;
  const depth = lengthThere(x, 1) / kernel;
  if (!Number.isInteger(depth)) fail("mismatch/shape", { expected: `an axis that ${kernel} divides` });
  const lines = op.reshape(x, [cx.size(x, 0), depth, places.length]);
  const sums = op.scatterAdd(op.array(places, [places.length], "int32"), lines, 2, height * width);
  const whole = op.reshape(sums, [cx.size(x, 0), depth, height, width]);
  return op.slice(whole, [
    { axis: 2, start: p[0]!, stop: height - p[0]!, step: 1 },
    { axis: 3, start: p[1]!, stop: width - p[1]!, step: 1 },
  ]);
}

/** The elements of each window as channels, by a convolution with an identity. */
function convolvedPatches(cx: Context, given: Sym, size: readonly number[], c: OperationWindow): Sym {
  const { op } = cx;
  const x = given.dtype === "int32" ? op.cast(given, "float64") : given;
  const depth = channels(x, c.data_format);
  const count = size.reduce((a, b) => a * b, depth);
  const line = op.iota(count, "int32");
  const identity = op.cast(op.equal(op.expandDims(line, [1]), line), x.dtype);
  return op.cast(convolved(cx, x, op.reshape(identity, [...size, depth, count]), c, 1), given.dtype);
}

/** The elements of each window as channels. */
function patches(cx: Context, given: Sym, size: readonly number[], c: OperationWindow): Sym {
  const { op } = cx;
  if (given.dtype !== "int32") needFloat(given);
  const x = given.shape.length === size.length + 1 ? op.expandDims(given, [0]) : given;
  const rank = x.shape.length;
  const [first, channel] = c.data_format === "channels_last" ? [1, rank - 1] : [2, 1];
  const [strides, rates] = [c.strides, c.dilation_rate].map((list) => each(list, size.length)) as [number[], number[]];
  const w = { first, sizes: size, strides, rates, isSame: c.padding === "same" };
  // Borders that are known only when it runs are a convolution's.
  const isKnown = !w.isSame || strides.every((stride, i) => stride === 1 || x.shape[first + i] !== null);
  const y = isKnown ? windowed(cx, bordered(cx, x, w, 0), w, channel) : convolvedPatches(cx, x, size, c);
  return x === given ? y : op.squeeze(y, [0]);
}

export const convolutionOperations: readonly AnyDef[] = [
  nn("Conv", ["inputs", "kernel"], window, (cx, c, [a, k]) => {
    const [x, kernel] = [tensor(cx, a), tensor(cx, k)];
    return convolved(cx, x, kernel, c, channels(x, c.data_format) / lengthThere(kernel, kernel.shape.length - 2));
  }),
  nn("DepthwiseConv", ["inputs", "kernel"], window, (cx, c, [a, k]) => depthwise(cx, tensor(cx, a), tensor(cx, k), c)),
  nn("SeparableConv", ["inputs", "depthwise_kernel", "pointwise_kernel"], window, (cx, c, [a, k, mixing]) => {
    const y = depthwise(cx, tensor(cx, a), tensor(cx, k), c);
    return convolved(cx, y, tensor(cx, mixing), { ...c, strides: [1], dilation_rate: [1], padding: "valid" }, 1);
  }),
  adaptive("AdaptiveAveragePool", "mean"),
  adaptive("AdaptiveMaxPool", "max"),
  blocks("DepthToSpace", depthToSpace),
  blocks("SpaceToDepth", spaceToDepth),
  nn("Unfold", ["x"], foldOptions, (cx, c, [x]) => unfold(cx, tensor(cx, x), c)),
  nn("Fold", ["x"], { output_size: required(intList()), ...foldOptions }, (cx, c, [x]) =>
    fold(cx, tensor(cx, x), c, each(c.output_size, 2)),
  ),
  inModule("image")(
    "ExtractPatches",
    ["images"],
    { size: intList(), strides: optional(intList()), dilation_rate: intList(1), padding, data_format: dataFormat() },
    (cx, c, [given]) => {
      const size = c.size.length === 1 ? [c.size[0]!, c.size[0]!] : c.size;
      const options = { dilation_rate: c.dilation_rate, padding: c.padding, data_format: c.data_format };
      return patches(cx, tensor(cx, given), size, { ...options, strides: c.strides ?? size });
    },
  ),
];
