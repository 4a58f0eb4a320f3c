/** Convolutions of 3 x 3 taps by minimal filtering, where that takes less. */
import { stridesOf } from "../../../ops/strided.ts";
import type { Windows } from "../../../ops/window.ts";
import { nestWords } from "../kernels/nest.ts";
import { sumsBytes, winograd } from "../kernels/winograd.ts";
import { pointsOf, type TileSize, winogradPacking } from "../kernels/winograd-points.ts";
import { WINOGRAD } from "../kernels/winograd-window.ts";
import { type KernelArg, type NodeInput, type Place, shifted, type Site } from "../kernels/types.ts";
import { WINOGRAD_WEIGHTS, winogradWeights } from "../kernels/winograd-weights.ts";
import { packedSize, PANEL } from "../kernels/gemm.ts";
import { TILE_ROWS } from "../kernels/tile.ts";
import { inWords } from "../kernels/words.ts";
import { epilogueArgs, productParts } from "./matmul.ts";

/** What the transforms of an input and of an output channel of a tile take, in multiply-adds of a product. */
const TRANSFORM = { 2: [60, 40], 4: [270, 180] } as const;
/** What it takes to read a weight, which each block of tiles does, in multiply-adds: more where many come from afar. */
const readOf = (weights: number): number => 1 + weights / 2 ** 21;
/** Outputs are differences of larger sums: these are of fewer products than others. */
const CHAIN = 32;
/** What it must gain; and larger tiles more than small ones. */
const GAIN = 0.8;
const GAIN_MORE = 0.9;

interface Sizes {
  readonly windows: Windows;
  readonly cin: number;
  readonly cout: number;
  /** Default 2. */
  readonly tile?: TileSize;
}

const tilesOf = ({ windows: [, h, w], tile = 2 }: Sizes) => ({
  lines: Math.ceil(h.output / tile),
  tiles: Math.ceil(w.output / tile),
});

/** Multiply-adds of an outer step: by tiles of this size, where weights are not read for nothing; and one after the other. */
function workOf(sizes: Sizes) {
  const { windows: [d, ...plane], cin, cout, tile = 2 } = sizes; // prettier-ignore
  const { lines, tiles } = tilesOf(sizes);
  const depth = d.size * cin;
  const weights = pointsOf(tile) * depth * cout;
  const [forward, backward] = TRANSFORM[tile];
  const tiled = lines * tiles * (weights + forward * depth + backward * cout);
  const blocks = Math.ceil(lines / blockLines({ lines, tiles }, depth, cout, false));
  const direct = plane.reduce((n, w) => n * w.output, 9 * depth * cout);
  return { isEnough: lines * tiles >= 4, tiled, read: blocks * weights * readOf(weights), direct };
}

/** Whether it can compute a convolution, and takes less than one multiply-add after the other. */
export function isForWinograd(sizes: Sizes): boolean {
  const { windows: [, ...plane], cin, cout } = sizes; // prettier-ignore
  const is3x3 = plane.every(({ size, stride, dilation }) => size === 3 && stride === 1 && dilation === 1);
  if (!is3x3 || cin % 4 !== 0 || cout % 4 !== 0) return false;
  const { isEnough, tiled, direct } = workOf(sizes);
  return isEnough && tiled < GAIN * direct;
}

/** By tiles of which size it takes least, if by any; `isFast`: whether large tiles are near enough to the truth. */
export function winogradTile(sizes: Sizes, isFast: boolean): TileSize | undefined {
  const small = isForWinograd(sizes) ? 2 : undefined;
  const large = { ...sizes, tile: 4 } as const;
  if (!isFast || !isForWinograd(large)) return small;
  if (small === undefined) return 4;
  const [four, two] = [workOf(large), workOf(sizes)];
  return four.tiled + four.read < GAIN_MORE * (two.tiled + two.read) ? 4 : 2;
}

/** Tiles that are computed together: a product of a few rows costs as much as one of more. */
const ENOUGH = 32;

/**
 * Tile rows that are computed together, the last of them fewer: more where weights are large, which each of them meets.
 * All of them can be `halved`, for two threads: where whole tiles of the products are in front, their rows meet as before.
 */
function blockLines(
  { lines, tiles }: ReturnType<typeof tilesOf>,
  depth: number,
  cout: number,
  halved: boolean,
): number {
  const enough = Math.max(ENOUGH, (depth * cout) / (depth + cout) / 2);
  const most = Math.max(1, Math.min(lines, Math.floor(enough / tiles)));
  const block = Math.ceil(lines / Math.ceil(lines / most));
  if (!halved || block < lines) return block;
  const rows = Math.max(TILE_ROWS[PANEL / 4]!, TILE_ROWS[(cout % PANEL) / 4]!);
  let half = Math.ceil(lines / 2);
  while ((half * tiles) % rows !== 0) half++;
  return Math.min(lines, half);
}

/** Bytes of a cache line. */
const LINE = 64;

/** Bytes from a point to the next: an odd number of cache lines, else all would fall into a few sets of a cache. */
const pointBytes = (bytes: number): number => (2 * Math.ceil((bytes / LINE - 1) / 2) + 1) * LINE;

/** Memory of a part. */
export type WinogradRoom = { readonly [N in "transformed" | "products" | "tile" | "sums"]: Place };

interface Places {
  /** Channels last. */
  readonly input: Place;
  /** Bytes to the next sample, if those of a sample do not say it. */
  readonly sampleBytes?: number;
  /** As `filteredWeight` or `filteredHere` give them. */
  readonly weights: Place;
  /** Channels last. */
  readonly output: Place;
  readonly bias: KernelArg | undefined;
  /** Of the parts, made where there is none yet: what does not run at the same time may share it. */
  readonly rooms?: WinogradRoom[];
}

/** Tiles of all samples from which weights are transformed anew in each run. */
const MANY_TILES = 16;

/** Whether it also pays to transform the weights in each run. */
export function isForWinogradHere(sizes: Sizes, batch: number): boolean {
  const { lines, tiles } = tilesOf(sizes);
  return batch * sizes.windows[0].output * lines * tiles >= MANY_TILES && isForWinograd(sizes);
}

/** A weight, transformed. */
export function filteredWeight(site: Site, kernel: NodeInput, { windows: [d], cin, cout, tile = 2 }: Sizes): Place {
  return site.packed(kernel, winogradPacking(d.size, cin, cout, tile));
}

/** What only a run knows, transformed for tiles of 2 x 2, in scratch memory. */
export function filteredHere(site: Site, source: Place, { windows: [d], cin, cout }: Sizes): Place {
  const { points, bytes } = winogradPacking(d.size, cin, cout, 2);
  const target = site.scratch(bytes);
  const sizes = { taps: d.size, depth: cin, matrixBytes: 4 * cin * cout, rowBytes: 4 * cout, pointBytes: 4 * points };
  site.run(winogradWeights, inWords(WINOGRAD_WEIGHTS, { source, target, ...sizes }));
  return target;
}

/** Plans it. */
export function runWinograd(site: Site, sizes: Sizes, batch: number, places: Places): void {
  const { windows, cin, cout, tile = 2 } = sizes;
  const [d, h, w] = windows;
  const { rooms = [] } = places;
  const { lines, tiles } = tilesOf(sizes);
  const points = pointsOf(tile);
  const depth = d.size * cin;
  const block = blockLines({ lines, tiles }, depth, cout, site.isShared && batch * d.output === 1);
  const rows = block * tiles;
  const [inputPoint, productPoint] = [pointBytes(4 * rows * depth), pointBytes(4 * rows * cout)];
  const [, ...inSample] = stridesOf([batch, ...windows.map((axis) => axis.input), cin]).map((n) => 4 * n);
  const [slice, row, pixel] = inSample as [number, number, number, number];
  const from = [places.sampleBytes ?? d.input * slice, slice, row, pixel] as const;
  const to = stridesOf([batch, ...windows.map((axis) => axis.output), cout]).map((n) => 4 * n) as [
    number,
    number,
    number,
    number,
  ];
  const { weights } = places;
  const weightPoint = 4 * packedSize(d.size * cin, cout);
  const bias = places.bias !== undefined;
  const { static: product, own: ofProduct } = productParts(
    { runs: [{ offset: 0, length: depth }], lda: 4 * depth, ldc: 4 * cout, columns: cout, bias: false, chain: CHAIN },
    undefined,
  );
  const isAround = d.before > 0 || (d.output - 1) * d.stride + (d.size - 1) * d.dilation - d.before >= d.input;
  const passes = d.size > 1 && isAround && cout % PANEL === 0;
  const kernel = winograd({ tile, product, bias, epilogue: site.epilogue?.static, ...(passes && { passes }) });
  const room = (): WinogradRoom => ({
    transformed: site.scratch(points * inputPoint),
    products: site.scratch(points * productPoint),
    tile: site.scratch(4 * points * cin),
    sums: site.scratch(sumsBytes(tile)),
  });
  let parts = 0;
  const lengths = [batch, d.output, Math.ceil(lines / block)];
  const strides = [
    [from[0], 0, 0],
    [to[0], to[1], tile * block * to[2]],
    [0, d.stride, 0],
    [0, 0, tile * block],
  ];
  const work = points * rows * depth * cout * lengths.reduce((a, b) => a * b, 1);
  site.split(kernel, { lengths, work }, (part) => {
    const [input0, output0, z0, y0] = strides.map((steps) => steps.reduce((sum, n, i) => sum + n * part.from[i]!, 0)) as [number, number, number, number]; // prettier-ignore
    const here = (rooms[site.isShared ? parts++ : 0] ??= room());
    return [
      ...inWords(WINOGRAD, {
        input: shifted(places.input, input0),
        kernel: weights,
        output: shifted(places.output, output0),
        bias: places.bias ?? 0,
        ...here,
        notFinite: shifted(weights, points * weightPoint),
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
        weightPoint,
      }),
      ...ofProduct,
      ...nestWords({ lengths: part.lengths, strides }),
      ...epilogueArgs(site, output0),
    ];
  });
}
