/** Colours, borders, blurs and warps of images. Source: keras/src/ops/image.py, keras/src/backend/tensorflow/image.py. */
import { listOf } from "../../core/list.ts";
import { isFloat, isInteger } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import type { Size, Sym } from "../../ops/types.ts";
import type { AnyDef, Arg, Context } from "../define.ts";
import { choice, dataFormat, field, float, int, intList, optional, required } from "../fields.ts";
import { JsonNumber, type JsonNode } from "../../codecs/json.ts";
import { batched, channelsLast } from "./shared/image-axes.ts";
import { solved } from "./shared/elimination.ts";
import { mirrored } from "../common/mirrored.ts";
import { axisOf, floating, inModule, lengthThere, needFloat, needOneOf, sizesOf, tensor } from "./shared/operation.ts";
import { counted, counting, productOfSizes, times } from "./shared/sizes.ts";

const image = inModule("image");
const format = { data_format: dataFormat() };
const floats = (initial: readonly number[]) =>
  field<readonly number[], readonly number[], readonly number[]>({
    expected: "a list of numbers",
    initial,
    read: (node: JsonNode) => {
      const list = Array.isArray(node) ? node : [node];
      return list.every((v) => v instanceof JsonNumber) ? list.map((v) => (v as JsonNumber).value) : undefined;
    },
    toJson: (value) => value.map((v) => JsonNumber.of(v, "float")),
  });

function ranked(x: Sym): Sym {
  if (x.shape.length !== 3 && x.shape.length !== 4)
    fail("mismatch/rank", { expected: "3 or 4 axes", found: String(x.shape.length) });
  return x;
}

const colours = (cx: Context, x: Sym): readonly [Sym, Sym, Sym] => {
  if (lengthThere(x, x.shape.length - 1) !== 3) fail("mismatch/shape", { expected: "3 channels" });
  return [cx.op.take(x, -1, 0), cx.op.take(x, -1, 1), cx.op.take(x, -1, 2)];
};

function toHsv(cx: Context, x: Sym): Sym {
  const { op } = cx;
  const [r, g, b] = colours(cx, x);
  const value = op.maximum(op.maximum(r, g), b);
  const range = op.subtract(value, op.minimum(op.minimum(r, g), b));
  const saturation = op.where(op.greater(value, 0), op.divide(range, value), op.constant(0, x.dtype));
  const scale = op.reciprocal(op.multiply(range, 6));
  const part = (p: Sym, q: Sym, from: number): Sym => op.add(op.multiply(scale, op.subtract(p, q)), from);
  const among = op.where(op.equal(g, value), part(b, r, 2 / 6), part(r, g, 4 / 6));
  const any = op.where(op.equal(r, value), part(g, b, 0), among);
  const hue = op.where(op.greater(range, 0), any, op.constant(0, x.dtype));
  return op.stack([op.where(op.less(hue, 0), op.add(hue, 1), hue), saturation, value], -1);
}

function fromHsv(cx: Context, x: Sym): Sym {
  const { op } = cx;
  const [h, s, v] = colours(cx, x);
  const angle = op.multiply(h, 6);
  const unit = (y: Sym): Sym => op.minimum(op.maximum(y, 0), 1);
  const apart = (from: number): Sym => op.abs(op.subtract(angle, from));
  const parts = [op.subtract(apart(3), 1), op.subtract(2, apart(2)), op.subtract(2, apart(4))].map(unit);
  return op.stack(parts.map((part) => op.multiply(op.add(op.subtract(1, s), op.multiply(s, part)), v)), -1); // prettier-ignore
}

const recoloured = (name: string, f: (cx: Context, x: Sym) => Sym): AnyDef =>
  image(name, ["images"], format, (cx, c, [given]) => {
    const x = needFloat(ranked(tensor(cx, given)));
    return channelsLast(cx, x, c.data_format, (y) => f(cx, y));
  });

/** Each channel convolved with one small window: kernel[h, w]. */
function filtered(cx: Context, x: Sym, kernel: Sym, padding: "same" | "valid"): Sym {
  const { op } = cx;
  const depth = lengthThere(x, 3);
  const [h, w] = kernel.shape as [number, number];
  const each = op.repeat(op.reshape(kernel, [h, w, 1, 1]), 3, depth);
  return op.conv(x, each, null, { layout: "last", strides: [1, 1], dilation: [1, 1], groups: depth, padding });
}

function gaussian(size: number, sigma: number): number[] {
  const line = listOf(size, (i) => Math.exp(-0.5 * ((i - (size - 1) / 2) / sigma) ** 2));
  const total = line.reduce((a, b) => a + b, 0);
  return line.map((v) => v / total);
}

const sides = { top: "bottom", left: "right" } as const;
const sideOptions = (what: "padding" | "cropping") => {
  const maybe = optional(int({ min: -0x7fffffff }));
  return {
    [`top_${what}`]: maybe, [`left_${what}`]: maybe, [`bottom_${what}`]: maybe, [`right_${what}`]: maybe,
    target_height: maybe, target_width: maybe, ...format,
  }; // prettier-ignore
};
type SideOptions = { readonly [name: string]: unknown };

/** Before and behind along height and width; `whole`: their sum, where a target length says it. */
function amounts(c: SideOptions, what: string, whole: (axis: 0 | 1, target: number) => number): [number, number][] {
  return (["top", "left"] as const).map((first, axis) => {
    const [a, b] = [c[`${first}_${what}`], c[`${sides[first]}_${what}`]] as (number | null)[] as [number | null, number | null]; // prettier-ignore
    const target = c[axis === 0 ? "target_height" : "target_width"] as number | null;
    const rest = (other: number | null): number =>
      target === null || other === null
        ? fail("malformed/config", { path: what, expected: "two of the three amounts" })
        : whole(axis as 0 | 1, target) - other;
    const pair: [number, number] = [a ?? rest(b), b ?? rest(a)];
    if (pair.some((n) => n < 0)) fail("mismatch/shape", { path: what, expected: "amounts of at least 0" });
    return pair;
  });
}

const spatialOf = (x: Sym, c: SideOptions): readonly [number, number] =>
  c["data_format"] === "channels_first" ? [x.shape.length - 2, x.shape.length - 1] : [x.shape.length - 3, x.shape.length - 2]; // prettier-ignore

const FILLS = ["constant", "nearest", "wrap", "reflect"] as const;
const INTERPOLATIONS = ["bilinear", "nearest"] as const;
type Fill = (typeof FILLS)[number];

/** Where a place outside is looked up, along an axis. Source: tensorflow/core/kernels/image/image_ops.h (`MapCoordinate`). */
function brought(cx: Context, at: Sym, length: Sym, fill: Fill): Sym {
  const { op } = cx;
  if (fill === "constant") return at;
  const last = op.subtract(length, 1);
  const clamp = (x: Sym): Sym => op.maximum(op.minimum(x, last), 0);
  if (fill === "nearest") return clamp(at);
  const whole = (x: Sym): Sym => op.where(op.less(x, 0), op.ceil(x), op.floor(x));
  const single = op.lessEqual(length, 1);
  if (fill === "wrap") {
    const span = op.where(single, 1, last);
    const under = op.add(at, op.multiply(length, op.add(whole(op.divide(op.negative(at), span)), 1)));
    const over = op.subtract(at, op.multiply(length, whole(op.divide(at, span))));
    const moved = op.where(op.less(at, 0), under, op.where(op.greater(at, last), over, at));
    return clamp(op.where(single, 0, moved));
  }
  const twice = op.multiply(length, 2);
  const back = op.add(op.multiply(twice, whole(op.divide(op.negative(at), twice))), at);
  const near = op.where(op.less(at, twice), back, at);
  const under = op.where(op.less(near, op.negative(length)), op.add(near, twice), op.subtract(op.negative(near), 1));
  const ahead = op.subtract(at, op.multiply(twice, whole(op.divide(at, twice))));
  const over = op.where(op.greaterEqual(ahead, length), op.subtract(op.subtract(twice, ahead), 1), ahead);
  const moved = op.where(op.less(at, 0), under, op.where(op.greater(at, last), over, at));
  return clamp(op.where(single, 0, moved));
}

/** Half away from 0. */
const nearest = (cx: Context, x: Sym): Sym => {
  const { op } = cx;
  const size = op.floor(op.add(op.abs(x), 0.5));
  return op.where(op.less(x, 0), op.negative(size), size);
};

/** x[B, H, W, C] looked up at places of its own for each pixel: transforms[B or 1, 8], in float32. */
function projected(cx: Context, x: Sym, transforms: Sym, interpolation: string, fill: Fill, value: number): Sym {
  const { op } = cx;
  needOneOf(x, ["uint8", "int32", "int64", "float16", "bfloat16", "float32", "float64"]);
  const [b, h, w, depth] = sizesOf(cx, x) as [Size, Size, Size, Size];
  const [height, width] = [counted(cx, h), counted(cx, w)].map((n) => op.cast(n, "float32")) as [Sym, Sym];
  const t = (i: number): Sym => op.reshape(op.take(op.cast(transforms, "float32"), 1, i), [-1, 1, 1]);
  const [row, column] = [counting(cx, h, 1, 3), counting(cx, w, 2, 3)].map((n) => op.cast(n, "float32")) as [Sym, Sym];
  const plane = (i: number, last: Sym | number): Sym => op.add(op.add(op.multiply(t(i), column), op.multiply(t(i + 1), row)), last); // prettier-ignore
  const scale = plane(6, 1);
  const over = (y: Sym): Sym => op.divide(y, op.where(op.equal(scale, 0), 1, scale));
  const sx = brought(cx, over(plane(0, t(2))), width, fill);
  const sy = brought(cx, over(plane(3, t(5))), height, fill);
  const table = op.reshape(x, [productOfSizes([b, h, w]), depth]);
  const start = op.reshape(op.multiply(op.iota(b, "int32"), counted(cx, times(h, w))), [-1, 1, 1]);
  const filled = op.constant(value, x.dtype);
  const read = (at: Sym, along: Sym): Sym => {
    const inside = op.logicalAnd(
      op.logicalAnd(op.greaterEqual(at, 0), op.less(at, height)),
      op.logicalAnd(op.greaterEqual(along, 0), op.less(along, width)),
    );
    const seen = op.logicalAnd(inside, op.notEqual(scale, 0));
    const whole = (y: Sym): Sym => op.cast(op.where(seen, y, 0), "int32");
    const place = op.add(op.add(op.multiply(whole(at), counted(cx, w)), whole(along)), start);
    return op.where(op.expandDims(seen, [3]), op.gather(table, place, 0), filled);
  };
  if (interpolation === "nearest") return read(nearest(cx, sy), nearest(cx, sx));
  const [y0, x0] = [op.floor(sy), op.floor(sx)];
  const [y1, x1] = [op.add(y0, 1), op.add(x0, 1)];
  const mix = (at: Sym): Sym => {
    const part = (along: Sym, share: Sym): Sym =>
      op.multiply(op.expandDims(share, [3]), op.cast(read(at, along), "float32"));
    return op.add(part(x0, op.subtract(x1, sx)), part(x1, op.subtract(sx, x0)));
  };
  const share = (s: Sym): Sym => op.expandDims(s, [3]);
  const y = op.add(op.multiply(share(op.subtract(y1, sy)), mix(y0)), op.multiply(share(op.subtract(sy, y0)), mix(y1)));
  return op.cast(op.where(share(op.equal(scale, 0)), op.cast(filled, "float32"), y), x.dtype);
}

/** The projection that takes the end points to the start points: [B, 4, 2] both. */
function homography(cx: Context, from: Sym, to: Sym): Sym {
  const { op } = cx;
  const rows = [0, 1, 2, 3].flatMap((i) => {
    const point = (s: Sym): readonly [Sym, Sym] => {
      const one = op.take(s, 1, i);
      return [op.take(one, 1, 0), op.take(one, 1, 1)];
    };
    const [[sx, sy], [ex, ey]] = [point(from), point(to)];
    const zero = op.multiply(ex, 0);
    const one = op.add(zero, 1);
    const bent = (s: Sym): Sym[] => [op.negative(op.multiply(s, ex)), op.negative(op.multiply(s, ey))];
    return [
      { row: [ex, ey, one, zero, zero, zero, ...bent(sx)], target: sx },
      { row: [zero, zero, zero, ex, ey, one, ...bent(sy)], target: sy },
    ];
  });
  const matrix = op.stack(rows.map(({ row }) => op.stack(row, -1)), 1); // prettier-ignore
  const target = op.expandDims(op.stack(rows.map((r) => r.target), -1), [2]); // prettier-ignore
  return op.squeeze(solved(cx, matrix, target), [2]);
}

/** x at coordinates[rank, ...], between the elements around. */
function mapped(cx: Context, x: Sym, given: Sym, order: number, mode: string, value: number): Sym {
  const { op } = cx;
  // Whole coordinates have no fractions, and of what they find Keras takes none.
  const at = order === 0 ? given : needFloat(given);
  const flat = op.reshape(x, [-1]);
  const ends = x.shape.map((_, axis) => {
    const place = op.take(at, 0, axis);
    if (order === 0) return [{ index: op.cast(isFloat(at.dtype) ? op.round(place) : place, "int32"), share: null }];
    const low = op.floor(place);
    const upper = op.subtract(place, low);
    const index = op.cast(low, "int32");
    return [
      { index, share: op.subtract(1, upper) },
      { index: op.add(index, 1), share: upper },
    ];
  });
  const brought = (index: Sym, axis: number): { safe: Sym; valid: Sym | null } => {
    const size = counted(cx, cx.size(x, axis));
    const clamp = op.maximum(op.minimum(index, op.subtract(size, 1)), 0);
    if (mode === "constant")
      return { safe: clamp, valid: op.logicalAnd(op.greaterEqual(index, 0), op.less(index, size)) };
    if (mode === "nearest") return { safe: clamp, valid: null };
    if (mode === "wrap") return { safe: op.mod(index, size), valid: null };
    const rest = op.mod(op.abs(index), op.multiply(size, 2));
    const under = op.less(rest, size);
    const other = op.subtract(op.multiply(size, 2), rest);
    return { safe: op.where(under, rest, mode === "reflect" ? op.subtract(other, 1) : other), valid: null };
  };
  const corners = ends.reduce<{ place: Sym | null; valid: Sym | null; share: Sym | null }[]>(
    (all, sides, axis) =>
      all.flatMap((corner) =>
        sides.map(({ index, share }) => {
          const { safe, valid } = brought(index, axis);
          const size = counted(cx, cx.size(x, axis));
          return {
            place: corner.place === null ? safe : op.add(op.multiply(corner.place, size), safe),
            valid: corner.valid === null ? valid : valid && op.logicalAnd(corner.valid, valid),
            share: corner.share === null ? share : share && op.multiply(corner.share, share),
          };
        }),
      ),
    [{ place: null, valid: null, share: null }],
  );
  const parts = corners.map(({ place, valid, share }) => {
    const found = op.cast(op.gather(flat, place!, 0), at.dtype);
    const seen =
      valid === null
        ? found
        : op.where(valid, found, op.cast(op.constant(isFloat(x.dtype) ? value : Math.trunc(value), x.dtype), at.dtype));
    return share === null ? seen : op.multiply(share, seen);
  });
  const y = parts.reduce((a, b) => op.add(a, b));
  return op.cast(isInteger(x.dtype) ? op.round(y) : y, x.dtype);
}

const warp = { interpolation: choice(INTERPOLATIONS, "bilinear") };
const points = (cx: Context, arg: Arg | undefined): Sym => {
  const x = cx.op.cast(tensor(cx, arg), "float32");
  return x.shape.length === 2 ? cx.op.expandDims(x, [0]) : x;
};

export const imageOperations: readonly AnyDef[] = [
  image("RGBToGrayscale", ["images"], format, (cx, c, [given]) => {
    const { op } = cx;
    const x = ranked(tensor(cx, given));
    const axis = axisOf(x, c.data_format === "channels_first" ? -3 : -1);
    if (lengthThere(x, axis) === 1) return x;
    const weights = op.array([0.2989, 0.587, 0.114], x.shape.map((_, i) => (i === axis ? 3 : 1)), floating(cx, x).dtype); // prettier-ignore
    return op.cast(op.sum(op.multiply(floating(cx, x), weights), [axis], true), x.dtype);
  }),
  recoloured("RGBToHSV", toHsv),
  recoloured("HSVToRGB", fromHsv),
  image("PadImages", ["images"], sideOptions("padding"), (cx, c, [given]) => {
    const x = ranked(tensor(cx, given));
    const axes = spatialOf(x, c);
    const pairs = amounts(c, "padding", (axis, target) => target - lengthThere(x, axes[axis]));
    return cx.op.pad(x, x.shape.map((_, axis) => pairs[axes.indexOf(axis)] ?? [0, 0])); // prettier-ignore
  }),
  image("CropImages", ["images"], sideOptions("cropping"), (cx, c, [given]) => {
    const x = ranked(tensor(cx, given));
    const axes = spatialOf(x, c);
    const pairs = amounts(c, "cropping", (axis, target) => lengthThere(x, axes[axis]) - target);
    return cx.op.slice(x, pairs.map(([start, end], i) => ({ axis: axes[i]!, start, stop: end > 0 ? -end : null, step: 1 }))); // prettier-ignore
  }),
  image(
    "GaussianBlur",
    ["images"],
    { kernel_size: intList([3, 3]), sigma: floats([1, 1]), ...format },
    (cx, c, [given]) => {
      const x = needFloat(ranked(tensor(cx, given)));
      const line = (i: number): readonly number[] =>
        gaussian(c.kernel_size[i] ?? c.kernel_size[0]!, c.sigma[i] ?? c.sigma[0]!);
      const [across, down] = [line(0), line(1)];
      // Sums of nothing.
      if (across.length * down.length === 0) return cx.op.full(sizesOf(cx, x), 0, x.dtype);
      // Row by row, and not turned where Keras takes the rows for columns.
      const kernel = down.flatMap((a) => across.map((b) => a * b));
      const window = cx.op.array(kernel, [across.length, down.length], x.dtype);
      return channelsLast(cx, x, c.data_format, (y) => batched(cx, y, (z) => filtered(cx, z, window, "same")));
    },
  ),
  image("SobelEdges", ["images"], format, (cx, c, [given]) => {
    const { op } = cx;
    const x = needFloat(tensor(cx, given));
    if (x.shape.length !== 4) fail("mismatch/rank", { expected: "4 axes", found: String(x.shape.length) });
    const steep = op.array([-1, -2, -1, 0, 0, 0, 1, 2, 1], [3, 3], x.dtype);
    return channelsLast(cx, x, c.data_format, (y) => {
      const around = mirrored(cx, y, [[0, 0], [1, 1], [1, 1], [0, 0]], "reflect"); // prettier-ignore
      return op.stack([steep, op.transpose(steep, [1, 0])].map((k) => filtered(cx, around, k, "valid")), -1); // prettier-ignore
    });
  }),
  image(
    "AffineTransform",
    ["images", "transform"],
    { ...warp, fill_mode: choice(FILLS, "constant"), fill_value: float(0), ...format },
    (cx, c, [given, transform]) => {
      const t = tensor(cx, transform);
      const rows = t.shape.length === 1 ? cx.op.expandDims(t, [0]) : t;
      const f = (x: Sym): Sym => projected(cx, x, rows, c.interpolation, c.fill_mode, c.fill_value);
      return channelsLast(cx, ranked(tensor(cx, given)), c.data_format, (x) => batched(cx, x, f));
    },
  ),
  image(
    "PerspectiveTransform",
    ["images", "start_points", "end_points"],
    { ...warp, fill_value: float(0), ...format },
    (cx, c, [given, start, end]) => {
      const t = homography(cx, points(cx, start), points(cx, end));
      const f = (x: Sym): Sym => projected(cx, x, t, c.interpolation, "constant", c.fill_value);
      return channelsLast(cx, ranked(tensor(cx, given)), c.data_format, (x) => batched(cx, x, f));
    },
  ),
  image(
    "MapCoordinates",
    ["inputs", "coordinates"],
    {
      order: required(int({ min: 0 })),
      fill_mode: choice([...FILLS, "mirror"], "constant"),
      fill_value: float(0),
    },
    (cx, c, [given, coordinates]) => {
      if (c.order > 1) fail("unsupported/argument", { path: "order", found: String(c.order), expected: "0 or 1" });
      return mapped(cx, tensor(cx, given), tensor(cx, coordinates), c.order, c.fill_mode, c.fill_value);
    },
  ),
];
