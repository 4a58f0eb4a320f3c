/** Convolutions of 3 x 3 taps by minimal filtering, where that takes less. */
import { stridesOf } from "../../../ops/strided.ts";
import { FLAT, type Windows } from "../../../ops/window.ts";
import type { Layout } from "../../../ops/attributes.ts";
import { nestWords } from "../kernels/nest.ts";
import { DIRECT_BYTES, POINTS, WINOGRAD, winograd, winogradPacking } from "../kernels/winograd.ts";
import { type KernelArg, type NodeInput, type Place, shifted, type Site } from "../kernels/types.ts";
import { inWords } from "../kernels/words.ts";
import { epilogueArgs, productParts } from "./matmul.ts";
import { padded } from "./padded.ts";

/** What the transforms of an input and of an output channel take, in multiply-adds of a product. */
const TRANSFORM = [60, 40] as const;
/** Outputs are differences of larger sums: these are of fewer products than others. */
const CHAIN = 32;
/** What it must gain. */
const GAIN = 0.8;

interface Sizes {
  readonly windows: Windows;
  readonly cin: number;
  readonly cout: number;
}

const tilesOf = ([, h, w]: Windows) => ({ lines: Math.ceil(h.output / 2), tiles: Math.ceil(w.output / 2) });

/** Whether it can compute a convolution, and takes less than one multiply-add after the other. */
export function isForWinograd({ windows, cin, cout }: Sizes): boolean {
  const [d, ...plane] = windows;
  const is3x3 = plane.every(({ size, stride, dilation }) => size === 3 && stride === 1 && dilation === 1);
  if (!is3x3 || cin % 4 !== 0 || cout % 4 !== 0) return false;
  const { lines, tiles } = tilesOf(windows);
  const depth = d.size * cin;
  const taken = lines * tiles * (POINTS * depth * cout + TRANSFORM[0] * depth + TRANSFORM[1] * cout);
  return lines * tiles >= 4 && taken < GAIN * plane.reduce((n, w) => n * w.output, 9 * depth * cout);
}

/** Tiles that are computed together: a product of a few rows costs as much as one of more. */
const ENOUGH = 32;

/**
 * Tile rows that are computed together, the last of them fewer: more where weights are large, which each of them meets.
 * `parts`: at least so many. Rows of products meet in pairs, however they are cut: all cuts give the same bits.
 */
function blockLines({ lines, tiles }: ReturnType<typeof tilesOf>, depth: number, cout: number, parts: number): number {
  const enough = Math.max(ENOUGH, (depth * cout) / (depth + cout) / 2);
  const most = Math.max(1, Math.min(Math.ceil(lines / parts), Math.floor(enough / tiles)));
  const block = Math.ceil(lines / Math.ceil(lines / most));
  return (block * tiles) % 2 === 0 || block === lines ? block : Math.min(lines, block + 1);
}

/** Bytes of a cache line. */
const LINE = 64;

/** Bytes from a point to the next: an odd number of cache lines, else all would fall into a few sets of a cache. */
const pointBytes = (bytes: number): number => (2 * Math.ceil((bytes / LINE - 1) / 2) + 1) * LINE;

interface Places {
  readonly x: NodeInput;
  readonly kernel: NodeInput;
  readonly output: Place;
  readonly bias: KernelArg | undefined;
  readonly layout: Layout;
}

/** Plans it; channels-last output. */
export function runWinograd(site: Site, { windows, cin, cout }: Sizes, places: Places): void {
  const [d, h, w] = windows;
  const batch = places.x.shape[0]!;
  const whole = windows.map(({ input }) => ({ ...FLAT, input, size: input })) as unknown as Windows;
  const source = { place: () => places.x.place(), batch, channels: cin };
  const input = padded(site, source, places.layout, whole, 0);
  const { lines, tiles } = tilesOf(windows);
  const depth = d.size * cin;
  const block = blockLines({ lines, tiles }, depth, cout, site.isShared && batch * d.output === 1 ? 2 : 1);
  const rows = block * tiles;
  const [inputPoint, productPoint] = [pointBytes(4 * rows * depth), pointBytes(4 * rows * cout)];
  const from = stridesOf([batch, ...input.lengths, cin]).map((n) => 4 * n) as [number, number, number, number];
  const to = stridesOf([batch, ...windows.map((axis) => axis.output), cout]).map((n) => 4 * n) as typeof from;
  const packing = winogradPacking(d.size, cin, cout);
  const weights = site.packed(places.kernel, packing);
  const bias = places.bias !== undefined;
  const { static: product, own } = productParts(
    { runs: [{ offset: 0, length: depth }], lda: 4 * depth, ldc: 4 * cout, columns: cout, bias: false, chain: CHAIN },
    undefined,
  );
  const kernel = winograd({ product, bias, epilogue: site.epilogue?.static });
  const scratch = () => ({
    transformed: site.scratch(POINTS * inputPoint),
    products: site.scratch(POINTS * productPoint),
    tile: site.scratch(4 * POINTS * cin),
    sums: site.scratch(DIRECT_BYTES),
  });
  const alone = site.isShared ? undefined : scratch();
  const lengths = [batch, d.output, Math.ceil(lines / block)];
  const strides = [
    [from[0], 0, 0],
    [to[0], to[1], 2 * block * to[2]],
    [0, d.stride, 0],
    [0, 0, 2 * block],
  ];
  const work = POINTS * rows * depth * cout * lengths.reduce((a, b) => a * b, 1);
  site.split(kernel, { lengths, work }, (part) => {
    const [input0, output0, z0, y0] = strides.map((steps) => steps.reduce((sum, n, i) => sum + n * part.from[i]!, 0)) as [number, number, number, number]; // prettier-ignore
    return [
      ...inWords(WINOGRAD, {
        input: shifted(input.place, input0),
        kernel: weights,
        output: shifted(places.output, output0),
        bias: places.bias ?? 0,
        ...(alone ?? scratch()),
        notFinite: shifted(weights, 4 * POINTS * packing.points),
        depth: d.input,
        height: h.input,
        width: w.input,
        sliceBytes: from[1],
        rowBytes: from[2],
        pixelBytes: from[3],
        lineBytes: to[2],
        positionBytes: to[3],
        z: z0 - d.before,
        y: y0 - h.before,
        x: -w.before,
        lastY: h.output - 1 - h.before,
        lastX: w.output - 1 - w.before,
        taps: d.size,
        dilation: d.dilation,
        lines: block,
        tiles,
        inputPoint,
        productPoint,
        weightPoint: 4 * packing.points,
      }),
      ...own,
      ...nestWords({ lengths: part.lengths, strides }),
      ...epilogueArgs(site, output0),
    ];
  });
}
