/** Convolutions of float32 with the fast kernels: input brought into padded channels-last form where it is not. */
import { sizeOf } from "../../../core/tensor.ts";
import type { ConvAttrs, Layout } from "../../../ops/attributes.ts";
import { offsetsOf, stridesOf } from "../../../ops/strided.ts";
import { channelsOf, spatialOf, trimmed, wholeOf, windowsOf, type Windows } from "../../../ops/window.ts";
import { channelLines, MOST_WEIGHED_TAPS } from "../kernels/conv-fast.ts";
import { copy, fill } from "../kernels/copy.ts";
import { LINES, matrixPacking, vectorPacking } from "../kernels/gemm.ts";
import { nestWords } from "../kernels/nest.ts";
import { isSingle } from "../kernels/storage.ts";
import {
  type KernelArg,
  type NodeInput,
  type Kernel,
  type Output,
  type Packing,
  type Place,
  type Rule,
  shifted,
  type Site,
} from "../kernels/types.ts";
import { MOST_ROWS } from "../kernels/tile.ts";
import { inWords } from "../kernels/words.ts";
import { epilogueArgs, packMatrix, productInParts, type ProductPart, runGemm } from "./matmul.ts";
import { hasFewRuns, type Padded, padded, runsOf, type PaddedSource, tapOffsets } from "./padded.ts";
import { pieceLines, piecesOf } from "./pieces.ts";
import { filteredHere, filteredWeight, isForWinogradHere, runWinograd, winogradTile } from "./winograd.ts";

function run(site: Site, { kernel, args }: ReturnType<typeof copy>): void {
  site.run(kernel, args);
}

/** An input, batch first. */
function sourceOf(x: NodeInput, layout: Layout): PaddedSource {
  return { place: () => x.place(), batch: x.shape[0]!, channels: channelsOf(x.shape, layout) };
}

/** An input with `value` around it, as `padded`. */
export function paddedInput(site: Site, x: NodeInput, layout: Layout, windows: Windows, value: number): Padded {
  return padded(site, sourceOf(x, layout), layout, windows, value);
}

/** Where to write channels-last output, and what brings it to the node's output. */
export function target(site: Site, y: Output, layout: Layout): { readonly place: Place; finish(): void } {
  if (layout === "last") return { place: y.place(), finish: () => undefined };
  const { shape } = y;
  const [batch, channels, ...spatial] = shape as [number, number, ...number[]];
  const place = site.scratch(4 * sizeOf(shape));
  const positions = sizeOf(spatial);
  const finish = () =>
    run(
      site,
      copy(
        place,
        y.place(),
        [batch, channels, positions],
        [
          [channels * positions, 1, channels],
          [channels * positions, positions, 1],
        ],
        4,
      ),
    );
  return { place, finish };
}

interface Lines {
  readonly lengths: readonly [number, number, number];
  /** Bytes along batch and the two outer axes, in the input and in the output. */
  readonly strides: readonly [readonly number[], readonly number[]];
}

/** Lines of input and output over batch and the two outer axes. */
export function linesOf(batch: number, windows: Windows, { lengths }: Padded, cin: number, cout: number): Lines {
  const x = stridesOf([batch, ...lengths, cin]).map((s) => 4 * s);
  const y = stridesOf([batch, ...windows.map((w) => w.output), cout]).map((s) => 4 * s);
  const [d, h] = windows;
  return {
    lengths: [batch, d.output, h.output],
    strides: [
      [x[0]!, x[1]! * d.stride, x[2]! * h.stride],
      [y[0]!, y[1]!, y[2]!],
    ],
  };
}

interface Operands {
  readonly input: Place;
  readonly kernel: KernelArg;
  readonly output: Place;
  readonly positions: number;
  readonly bias: KernelArg;
  /** Bytes of the output that come before, for other operands that lie like it. */
  readonly offset?: number;
}

/** A kernel over lines, and its words behind those of `LINES` and their nest. */
interface LineKernel {
  readonly kernel: Kernel;
  readonly own?: readonly KernelArg[];
  /** Bytes from a position to the next in the input and in the output, where a line can be cut. */
  readonly steps?: readonly [input: number, output: number];
  /** Of a product that is cut along its depth. */
  readonly part?: ProductPart;
}

const moved = (place: KernelArg, bytes = 0): KernelArg => (typeof place === "number" ? place : shifted(place, bytes));

/** A kernel over lines, which threads share; `work`: multiply-adds of one line. */
export function runLines(
  site: Site,
  { kernel, own = [], steps, part: cutOf }: LineKernel,
  lines: Lines,
  operands: Operands,
  work: number,
): void {
  const { input, output, positions, bias, offset = 0 } = operands;
  const { column = 0, isLast = true } = cutOf ?? {};
  const { lengths, strides } = lines;
  const args = (from: readonly number[], part: Lines["lengths"], position: number, count: number): KernelArg[] => {
    const start = (side: 0 | 1): number =>
      strides[side].reduce((bytes, step, i) => bytes + step * from[i]!, (steps?.[side] ?? 0) * position);
    const [inputAt, outputAt] = [start(0), start(1)];
    return [
      ...inWords(LINES, {
        input: shifted(input, inputAt + (cutOf?.input ?? 0)),
        kernel: moved(operands.kernel, cutOf?.weights),
        output: shifted(output, outputAt + 4 * column),
        positions: count,
        bias: moved(bias, 4 * column),
      }),
      ...nestWords({ lengths: part, strides }),
      ...own,
      ...(isLast ? epilogueArgs(site, offset + outputAt + 4 * column, 4 * column) : []),
    ];
  };
  const total = work * (cutOf?.share ?? 1) * sizeOf(lengths);
  if (steps !== undefined && sizeOf(lengths) === 1) {
    const cut = { lengths: [positions], unit: MOST_ROWS, work: total };
    site.split(kernel, cut, ({ from: [first], lengths: [count] }) => args([0, 0, 0], lengths, first!, count!));
  } else {
    site.split(kernel, { lengths, work: total }, (part) =>
      args(part.from, part.lengths as Lines["lengths"], 0, positions),
    );
  }
}

/** A bias filled up to whole panels. */
export function biasOf(site: Site, bias: NodeInput | null, columns: number): Place | undefined {
  if (bias === null) return undefined;
  if (bias.weight !== undefined) return site.packed(bias, vectorPacking(columns));
  const bytes = vectorPacking(columns).bytes;
  const place = site.scratch(bytes);
  run(site, fill(place, bytes / 4, 0, "f32"));
  run(site, copy(bias.place(), place, [columns], [[1], [1]], 4));
  return place;
}

const tapsOf = (kernel: readonly number[]): number => sizeOf(kernel.slice(0, -2));

/** Whether each channel has a small window of its own. */
function isDepthwise(x: readonly number[], kernel: readonly number[], { layout, groups }: ConvAttrs): boolean {
  const channels = channelsOf(x, layout);
  return groups > 1 && groups === channels && kernel.at(-1) === channels && tapsOf(kernel) <= MOST_WEIGHED_TAPS;
}

/** Whether the windows still start in front of the input without the taps that only padding meets. */
export function startsBefore(x: readonly number[], kernel: readonly number[], a: ConvAttrs): boolean {
  const windows = windowsOf(spatialOf(x, a.layout), { ...a, size: kernel.slice(0, -2) });
  return windows.every((window) => trimmed(window).window.before >= 0);
}

/** Whether `fastConvRule` plans a float32 convolution. */
export function isFastConv(x: readonly number[], kernel: readonly number[], attrs: ConvAttrs): boolean {
  if (!startsBefore(x, kernel, attrs)) return false;
  if (isDepthwise(x, kernel, attrs)) return true;
  return attrs.groups === 1 && hasFewRuns(kernel.slice(0, -2), attrs.dilation);
}

/** A packing of some taps of a kernel[...spatial, Cin / groups, Cout], which have `size` numbers each. */
function someTaps(taps: readonly number[], size: number, packing: Packing): Packing {
  return {
    key: `taps ${taps.join()} of ${packing.key}`,
    bytes: packing.bytes,
    pack(source, goal) {
      const kept = new Float32Array(taps.length * size);
      taps.forEach((tap, i) => kept.set(source.subarray(tap * size, (tap + 1) * size), i * size));
      packing.pack(kept, goal);
    },
  };
}

const asStored = (size: number): Packing => ({
  key: `stored ${size}`,
  bytes: 4 * size,
  pack: (source, goal) => goal.set(source.subarray(0, size)),
});

/**
 * The windows of a convolution without the taps that only padding meets (of a large dilation), and the kernel without
 * them.
 */
export function keptTaps(site: Site, kernel: NodeInput, whole: Windows) {
  const cut = whole.map(trimmed);
  const windows = cut.map(({ window }) => window) as unknown as Windows;
  const taps = windows.reduce((product, { size }) => product * size, 1);
  const isWhole = windows.every(({ size }, i) => size === whole[i]!.size);
  const { shape } = kernel;
  const size = shape.at(-1)! * shape.at(-2)!;
  const strides = stridesOf(whole.map((window) => window.size));
  const first = cut.reduce((sum, axis, i) => sum + axis.first * strides[i]!, 0);
  const lengths = windows.map((window) => window.size);
  /** A weight, packed. */
  const packed = (packing: Packing): Place => {
    if (isWhole) return site.packed(kernel, packing);
    const kept = [...offsetsOf(lengths, strides, [0, 1, 2])].map((tap) => first + tap);
    return site.packed(kernel, someTaps(kept, size, packing));
  };
  /** As it is stored. */
  const stored = (): Place => {
    if (isWhole) return kernel.place();
    if (kernel.weight !== undefined) return packed(asStored(taps * size));
    const place = site.scratch(4 * taps * size);
    const from = [...strides.map((step) => step * size), 1];
    run(site, copy(shifted(kernel.place(), 4 * first * size), place, [...lengths, size], [from, stridesOf([...lengths, size])], 4)); // prettier-ignore
    return place;
  };
  return { windows, taps, packed, stored };
}

export const fastConvRule: Rule<"conv"> = (site) => {
  const a = site.attrs;
  const { x, kernel } = site.in;
  const out = site.out.y;
  if (!isSingle(out.dtype) || !isFastConv(x.shape, kernel.shape, a)) return false;
  const [cin, cout] = [channelsOf(x.shape, a.layout), kernel.shape.at(-1)!];
  const whole = windowsOf(spatialOf(x.shape, a.layout), { ...a, size: kernel.shape.slice(0, -2) });
  const { windows, taps, packed, stored } = keptTaps(site, kernel, whole);
  const depthwise = isDepthwise(x.shape, kernel.shape, a);
  const epilogue = site.epilogue?.static;
  // What lives longer comes first: less is left between.
  const goal = target(site, out, a.layout);
  const untiled = { windows: whole, cin, cout };
  const isWeight = kernel.weight !== undefined;
  const here = () => (isForWinogradHere(untiled, x.shape[0]!) ? 2 : undefined);
  const tile = depthwise ? undefined : isWeight ? winogradTile(untiled, site.isFast) : here();
  if (tile !== undefined) {
    const sizes = { ...untiled, tile };
    const bias = biasOf(site, site.in.bias, cout);
    const { place } = padded(site, sourceOf(x, a.layout), a.layout, wholeOf(whole), 0);
    const weights = isWeight ? filteredWeight(site, kernel, sizes) : filteredHere(site, kernel.place(), sizes);
    runWinograd(site, sizes, x.shape[0]!, { input: place, weights, output: goal.place, bias });
    goal.finish();
    return true;
  }
  const pieces = piecesOf(site, sizeOf(out.shape), sourceOf(x, a.layout), a.layout, windows, 0);
  const { input } = pieces[0]!;
  const bias = biasOf(site, site.in.bias, cout);
  const [, , w] = windows;
  const lda = 4 * w.stride * cin;
  /** All pieces by one kernel; `work`: multiply-adds of a position. */
  const runPieces = (
    kernelsOf: (positions: number) => readonly LineKernel[],
    weights: KernelArg,
    work: number,
  ): void => {
    for (const piece of pieces) {
      piece.prepare();
      const { lines, positions, offset } = pieceLines(piece, windows, cin, cout);
      const output = shifted(goal.place, offset);
      const operands = { input: piece.input.place, kernel: weights, output, positions, bias: bias ?? 0, offset };
      for (const one of kernelsOf(positions)) runLines(site, one, lines, operands, positions * work);
    }
    goal.finish();
  };
  if (depthwise) {
    const offsets = tapOffsets(windows, input.lengths, cin);
    const static_ = {
      kind: "depthwise",
      taps: offsets,
      channels: cin,
      lda,
      bias: bias !== undefined,
      epilogue,
    } as const;
    // Windows side by side share what they read; with strides less, and more registers are needed.
    const most = w.stride === 1 ? 4 : 2;
    const kernelOf = (positions: number) => channelLines({ ...static_, atOnce: Math.min(most, positions) });
    runPieces((positions) => [{ kernel: kernelOf(positions) }], stored(), cin * taps);
    return true;
  }
  const depth = taps * cin;
  const b =
    kernel.weight !== undefined
      ? packed(matrixPacking(depth, cout, false))
      : packMatrix(site, stored(), { depth, columns: cout, transposeB: false });
  const dense = taps === 1 && windows.every((axis, i) => axis.stride === 1 && axis.output === input.lengths[i]);
  if (dense) {
    const rows = sizeOf(out.shape) / cout;
    runGemm(site, { depth, columns: cout, bias: bias !== undefined }, [input.place, b, goal.place, rows, bias ?? 0]);
    goal.finish();
    return true;
  }
  const runs = runsOf(windows, input.lengths, cin);
  const steps = [lda, 4 * cout] as const;
  const product = { runs, lda, ldc: 4 * cout, columns: cout, bias: bias !== undefined };
  runPieces(
    (positions) => productInParts(site, product, positions).map((part) => ({ ...part, part, steps })),
    b,
    depth * cout,
  );
  return true;
};
