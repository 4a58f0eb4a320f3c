/**
 * ContrastLimitedAdaptiveHistogramEqualization: each tile of an image has a table of what its 256 values become, from its
 * histogram, cut at clip_limit; a pixel takes the tables of the four tiles around it, by its distance. No weights.
 * x[B, H, W, C] → y[B, H, W, C], as floats; also without the batch, or channels first.
 * Source: keras/src/layers/preprocessing/image_preprocessing/clahe.py.
 */
import { sizeFrom } from "../../ops/shapes.ts";
import type { Size, Sym } from "../../ops/types.ts";
import { type Context, layer } from "../define.ts";
import { dataFormat, float, ints } from "../fields.ts";
import { withImages } from "./shared/image-records.ts";
import { asBatch, rangeOf } from "./shared/images.ts";
import { valueRange } from "./shared/factors.ts";

const VALUES = 256;

/** An axis of images x[N, H, W] cut into `count` tiles of `size`. */
interface Tiles {
  readonly count: number;
  readonly size: Size;
  readonly whole: Size;
}

function tilesOf(cx: Context, x: Sym, axis: number, count: number): Tiles {
  const { op } = cx;
  const length = cx.size(x, axis);
  const every = op.slice(op.iota(length, "int32"), [{ axis: 0, start: 0, stop: null, step: count }]);
  const size = cx.size(every, 0);
  return { count, size, whole: sizeFrom("mul", size, count) };
}

/** The axis as long as all tiles, what is beyond the border mirrored. */
function filled(cx: Context, x: Sym, axis: number, { whole }: Tiles): Sym {
  const { op } = cx;
  const places = op.iota(cx.size(x, axis), "int32");
  const there = op.concat([places, op.reverse(places, [0])], 0);
  return op.gather(x, op.slice(there, [{ axis: 0, start: 0, stop: whole, step: 1 }]), axis);
}

/** The tables before and behind each place of an axis, with one more at each end, and how near the one behind is. */
function neighbours({ op }: Context, { size, whole, count }: Tiles) {
  const length = op.add(op.max(op.iota(size, "float32"), [0]), 1);
  const place = op.divide(op.subtract(op.iota(whole, "float32"), op.divide(length, 2)), length);
  const at = op.add(place, 1);
  const before = op.floor(at);
  const index = (x: Sym): Sym => op.cast(op.minimum(op.maximum(x, 0), count + 1), "int32");
  return { before: index(before), behind: index(op.add(before, 1)), near: op.subtract(at, before) };
}

/** x[N, tiles, tiles, 256] with its first and last tile once more at the ends of an axis. */
const extended = ({ op }: Context, x: Sym, axis: number): Sym =>
  op.concat(
    [op.slice(x, [{ axis, start: 0, stop: 1, step: 1 }]), x, op.slice(x, [{ axis, start: -1, stop: null, step: 1 }])],
    axis,
  );

/** The tables of x[N, tiles, size, tiles, size], as [N, tiles, tiles, 256]. */
function tables(cx: Context, x: Sym, rows: Tiles, columns: Tiles, limit: number): Sym {
  const { op } = cx;
  const ids = (n: Size, factor: number, axes: readonly number[]): Sym =>
    op.expandDims(op.multiply(op.iota(n, "int32"), factor * VALUES), axes);
  const tile = op.add(ids(cx.size(x, 0), rows.count * columns.count, [1, 2, 3, 4]), op.add(ids(rows.count, columns.count, [0, 2, 3, 4]), ids(columns.count, 1, [0, 1, 2, 4]))); // prettier-ignore
  const places = op.reshape(op.add(x, tile), [-1]);
  const bins = sizeFrom("mul", cx.size(x, 0), rows.count * columns.count * VALUES);
  const ones = op.full([cx.size(places, 0)], 1, "float32");
  const shape = [cx.size(x, 0), rows.count, columns.count, VALUES];
  const counts = op.reshape(op.scatterAdd(places, ones, 0, bins), shape);
  const pixels = op.sum(counts, [-1], true);
  const clip = (x: Sym): Sym => {
    const kept = op.minimum(x, op.divide(op.multiply(pixels, limit), VALUES));
    return op.add(kept, op.divide(op.sum(op.subtract(x, kept), [-1], true), VALUES));
  };
  const sums = op.cumsum(limit > 0 ? clip(counts) : counts, 3);
  const least = op.min(sums, [-1], true);
  const rest = op.subtract(pixels, least);
  const scaled = op.divide(op.multiply(op.subtract(sums, least), 255), op.where(op.equal(rest, 0), 1, rest));
  return extended(cx, extended(cx, op.minimum(op.maximum(scaled, 0), 255), 1), 2);
}

/** Images x[N, H, W] of values from 0 to 255. */
function equalized(cx: Context, x: Sym, grid: readonly number[], limit: number): Sym {
  const { op } = cx;
  const [rows, columns] = [tilesOf(cx, x, 1, grid[0]!), tilesOf(cx, x, 2, grid[1]!)];
  const whole = filled(cx, filled(cx, x, 1, rows), 2, columns);
  const pixels = op.cast(op.minimum(op.maximum(whole, 0), 255), "int32");
  const tiled = op.reshape(pixels, [cx.size(x, 0), rows.count, rows.size, columns.count, columns.size]);
  const table = op.reshape(tables(cx, tiled, rows, columns, limit), [-1]);
  const [down, across] = [neighbours(cx, rows), neighbours(cx, columns)];
  const width = columns.count + 2;
  const image = op.multiply(op.iota(cx.size(x, 0), "int32"), (rows.count + 2) * width * VALUES);
  const base = op.add(pixels, op.expandDims(image, [1, 2]));
  const value = (y: Sym, z: Sym): Sym => {
    const tile = op.add(op.expandDims(op.multiply(y, width), [1]), z);
    return op.gather(table, op.add(base, op.multiply(tile, VALUES)), 0);
  };
  const between = (a: Sym, b: Sym, near: Sym): Sym =>
    op.add(op.multiply(a, op.subtract(1, near)), op.multiply(b, near));
  const row = (y: Sym): Sym => between(value(y, across.before), value(y, across.behind), across.near);
  const y = between(row(down.before), row(down.behind), op.expandDims(down.near, [1]));
  return op.slice(y, [1, 2].map((axis) => ({ axis, start: 0, stop: cx.size(x, axis), step: 1 }))); // prettier-ignore
}

export const contrastLimitedAdaptiveHistogramEqualization = layer({
  class: "ContrastLimitedAdaptiveHistogramEqualization",
  args: ["data"],
  config: {
    value_range: valueRange,
    clip_limit: float(4),
    tile_grid_size: ints(2, { min: 1, default: 8 }),
    data_format: dataFormat(),
  },
  forward(cx, c, _w, _x, kw) {
    const { op } = cx;
    const range = rangeOf(cx, c.value_range);
    const first = c.data_format === "channels_first";
    const whole = (x: Sym): Sym =>
      asBatch(cx, op.cast(x, cx.compute), (given): Sym => {
        const images = first ? given : op.transpose(given, [0, 3, 1, 2]);
        const flat = op.reshape(op.cast(images, "float32"), [-1, cx.size(images, 2), cx.size(images, 3)]);
        const y = range.fromBytes(equalized(cx, range.toBytes(flat), c.tile_grid_size, c.clip_limit));
        const shape = images.shape.map((_, axis) => cx.size(images, axis));
        const back = op.reshape(op.cast(y, cx.compute), shape);
        return first ? back : op.transpose(back, [0, 2, 3, 1]);
      });
    return withImages(kw, whole);
  },
});
