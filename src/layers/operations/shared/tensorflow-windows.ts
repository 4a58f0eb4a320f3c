/** Functions of TensorFlow on images and windows, in order of size, and on parts of matrices. */
import { listOf } from "../../../core/list.ts";
import { fail } from "../../../core/error.ts";
import { type Layout, type Padding, RESIZE_METHODS } from "../../../ops/attributes.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Arg, Context } from "../../define.ts";
import { largestOf } from "./along.ts";
import { contract } from "./contract.ts";
import { cumulated, upToEach } from "./cumulated.ts";
import { depthToSpace, spaceToDepth } from "./depth-and-space.ts";
import { batched } from "./image-axes.ts";
import { norm } from "./norm.ts";
import { exactly, lengthThere, sizesOf } from "./operation.ts";
import { placesIn } from "./places.ts";
import { counted, counting, plus, productOfSizes } from "./sizes.ts";
import { older, type TfRun, type TfArgs, TfTable } from "./tensorflow-call.ts";

const table = new TfTable();

const layoutOf = (a: TfArgs): Layout => {
  const format = a.text("data_format") ?? "NHWC";
  if (format !== "NHWC" && format !== "NCHW") fail("unsupported/argument", { path: "data_format", found: format });
  return format === "NCHW" ? "first" : "last";
};

/** One number, one for each spatial axis, or one for every axis. */
function spatial(a: TfArgs, name: string, layout: Layout): readonly [number, number] {
  const list = a.numbers(name) ?? [1];
  if (list.length === 1) return [list[0]!, list[0]!];
  const own = list.length === 4 ? (layout === "first" ? list.slice(2) : list.slice(1, 3)) : list;
  if (own.length !== 2 || (list.length === 4 && (list[0] !== 1 || list[layout === "first" ? 1 : 3] !== 1)))
    return fail("unsupported/argument", { path: name, expected: "numbers for height and width" });
  return own as unknown as readonly [number, number];
}

/** `padding` of images: a word, or a pair for each axis. Throws `unsupported/argument` for others. */
export function paddingOf(a: TfArgs, layout: Layout): Padding {
  const arg = a.arg("padding");
  if (typeof arg === "string") return arg.toUpperCase() === "SAME" ? "same" : "valid";
  const rows = (Array.isArray(arg) ? (arg as readonly Arg[]) : []).map(
    (row) => row as unknown as readonly [number, number],
  );
  if (rows.length !== 4)
    return fail("unsupported/argument", { path: "padding", expected: "SAME, VALID or four pairs" });
  return layout === "first" ? rows.slice(2) : rows.slice(1, 3);
}

const blocks = (f: (cx: Context, x: Sym, block: number) => Sym): TfRun => {
  return (cx, a) => {
    const x = a.tensor("input");
    if (x.shape.length !== 4) fail("mismatch/rank", { expected: "4 axes", found: String(x.shape.length) });
    if (layoutOf(a) === "last") return f(cx, x, a.number("block_size")!);
    const y = f(cx, cx.op.transpose(x, [0, 2, 3, 1]), a.number("block_size")!);
    return cx.op.transpose(y, [0, 3, 1, 2]);
  };
};
table.only("nn.depth_to_space", 'input, block_size, data_format="NHWC"', blocks(depthToSpace));
table.only("nn.space_to_depth", 'input, block_size, data_format="NHWC"', blocks(spaceToDepth));
table.only("compat.v1.nn.depth_to_space compat.v1.depth_to_space", 'input, block_size, data_format="NHWC"', blocks(depthToSpace)); // prettier-ignore
table.only("compat.v1.nn.space_to_depth compat.v1.space_to_depth", 'input, block_size, data_format="NHWC"', blocks(spaceToDepth)); // prettier-ignore
const size: TfRun = (cx, a) =>
  cx.op.cast(counted(cx, productOfSizes(sizesOf(cx, a.tensor("input")))), a.dtype("out_type", "int32"));
table.only("size", "input, out_type=null", size);
table.only("compat.v1.size", "input, out_type=null", size);

const conv2d =
  (filters: string): TfRun =>
  (cx, a) => {
    const [x, kernel] = [a.tensor("input"), a.tensor(a.has("filters") ? "filters" : filters)];
    const layout = layoutOf(a);
    const channels = lengthThere(x, layout === "first" ? 1 : x.shape.length - 1);
    if (filters === "filter") a.ignore("use_cudnn_on_gpu");
    return cx.op.conv(x, kernel, null, {
      layout,
      strides: spatial(a, "strides", layout),
      dilation: spatial(a, "dilations", layout),
      groups: channels / lengthThere(kernel, 2),
      padding: paddingOf(a, layout),
    });
  };
table.only("nn.conv2d", 'input, filters, strides, padding, data_format="NHWC", dilations=null', conv2d("filters"));
table.only(
  "compat.v1.nn.conv2d",
  'input, filter=null, strides=null, padding=null, use_cudnn_on_gpu=true, data_format="NHWC", dilations=[1,1,1,1], filters=null',
  conv2d("filter"),
);
const pool =
  (fn: "max" | "average"): TfRun =>
  (cx, a) => {
    const layout = layoutOf(a);
    const padding = a.text("padding")!.toUpperCase() === "SAME" ? "same" : "valid";
    const [size, strides] = [spatial(a, "ksize", layout), spatial(a, "strides", layout)];
    return cx.op.pool(a.tensor(a.has("value") ? "value" : "input"), { fn, layout, size, strides, padding });
  };
table.both("nn.max_pool2d", 'input, ksize, strides, padding, data_format="NHWC"', pool("max"));
table.only("nn.avg_pool2d", 'input, ksize, strides, padding, data_format="NHWC"', pool("average"));
table.only(
  "compat.v1.nn.avg_pool compat.v1.nn.avg_pool2d",
  'value, ksize, strides, padding, data_format="NHWC", input=null',
  pool("average"),
);

table.only("image.resize", 'images, size, method="bilinear", preserve_aspect_ratio=false, antialias=false', (cx, a) => {
  const { op } = cx;
  const x = a.tensor("images");
  const method = RESIZE_METHODS.find((name) => name === a.text("method"));
  const keeps = a.flag("preserve_aspect_ratio");
  const size = keeps ? a.numbers("size")! : a.sizes("size");
  if (method === undefined) return fail("unsupported/interpolation", { found: String(a.text("method")) });
  if (size.length !== 2) return fail("malformed/config", { path: "size" });
  const antialias = a.flag("antialias") && { antialias: true as const };
  return batched(cx, x, (images) => {
    const [h, w] = [images.shape[1], images.shape[2]];
    let to = size;
    if (keeps) {
      const [height, width] = size as readonly [number, number];
      const scale = Math.min(height / lengthThere(images, 1), width / lengthThere(images, 2));
      to = [lengthThere(images, 1), lengthThere(images, 2)].map((n) => Math.round(Math.fround(scale) * n));
    }
    if (h === to[0] && w === to[1]) return images;
    const floats = method === "nearest" ? images : op.cast(images, "float32");
    return op.resize(floats, { layout: "last", to, method, ...antialias });
  });
});

/** As TensorFlow 1 has it: by the corners of elements, not their middles. */
function resizedByCorners(cx: Context, x: Sym, axis: number, to: number, aligned: boolean, nearest: boolean): Sym {
  const { op } = cx;
  const from = lengthThere(x, axis);
  const scale = Math.fround(aligned && to > 1 ? (from - 1) / (to - 1) : from / to);
  const at = listOf(to, (i) => Math.fround(i * scale));
  const picked = (places: readonly number[]): Sym =>
    op.gather(x, op.array(places.map((n) => Math.min(n, from - 1)), [to], "int32"), axis); // prettier-ignore
  if (nearest) return picked(at.map((n) => (aligned ? Math.round(n) : Math.floor(n))));
  const part = op.array(at.map((n) => n - Math.floor(n)), x.shape.map((_, i) => (i === axis ? to : 1)), x.dtype); // prettier-ignore
  const low = picked(at.map(Math.floor));
  const high = picked(at.map((n) => Math.floor(n) + 1));
  return op.add(low, op.multiply(op.subtract(high, low), part));
}
table.only(
  "compat.v1.image.resize compat.v1.image.resize_images",
  "images, size, method=0, align_corners=false, preserve_aspect_ratio=false",
  (cx, a) => {
    const said = a.arg("method");
    const method = typeof said === "string" ? ["bilinear", "nearest"].indexOf(said) : a.number("method");
    const [height, width] = a.numbers("size") ?? [];
    const aligned = a.flag("align_corners");
    if (method !== 0 && method !== 1) return fail("unsupported/interpolation", { found: String(said) });
    if (height === undefined || width === undefined) return fail("malformed/config", { path: "size" });
    return batched(cx, a.tensor("images"), (images) => {
      if (images.shape[1] === height && images.shape[2] === width) return images;
      const x = method === 1 ? images : cx.op.cast(images, "float32");
      const rows = resizedByCorners(cx, x, 1, height, aligned, method === 1);
      return resizedByCorners(cx, rows, 2, width, aligned, method === 1);
    });
  },
);

const CORNERS = "images, size, align_corners=false";
for (const [name, method] of [
  ["bilinear", "bilinear"],
  ["nearest_neighbor", "nearest"],
  ["bicubic", "bicubic"],
] as const)
  table.only(`compat.v1.image.resize_${name}`, `${CORNERS}, half_pixel_centers=false`, (cx, a) => {
    const x = a.tensor("images");
    const [height, width] = a.numbers("size") ?? [];
    if (height === undefined || width === undefined) return fail("malformed/config", { path: "size" });
    const y = method === "nearest" ? x : cx.op.cast(x, "float32");
    if (a.flag("half_pixel_centers")) return cx.op.resize(y, { layout: "last", to: [height, width], method });
    if (method === "bicubic") return fail("unsupported/interpolation", { found: "bicubic by corners" });
    const by = (z: Sym, axis: number, to: number): Sym =>
      resizedByCorners(cx, z, axis, to, a.flag("align_corners"), method === "nearest");
    return by(by(y, 1, height), 2, width);
  });
table.only("compat.v1.image.resize_area", CORNERS, (cx, a) =>
  cx.op.resize(cx.op.cast(a.tensor("images"), "float32"), { layout: "last", to: a.numbers("size")!, method: "area" }),
);

const normOf: TfRun = (cx, a) => {
  const { op } = cx;
  const x = a.tensor("tensor");
  const keepdims = a.flag(a.has("keep_dims") ? "keep_dims" : "keepdims");
  const given = a.arg("ord");
  const order = given === "euclidean" ? null : given;
  if (a.has("axis")) return norm(cx, x, order, a.axes(x), keepdims);
  const y = norm(cx, op.reshape(x, [-1]), order === "fro" ? null : order, [0], false);
  return keepdims ? op.reshape(y, x.shape.map(() => 1)) : y; // prettier-ignore
};
table.only("norm linalg.norm", 'tensor, ord="euclidean", axis=null, keepdims=null', normOf);
table.only(older("norm linalg.norm"), 'tensor, ord="euclidean", axis=null, keepdims=null, keep_dims=null', normOf);
table.both("math.top_k nn.top_k", 'input, k=1, sorted=true, index_type="int32"', (cx, a) => {
  if (!a.flag("sorted")) fail("unsupported/argument", { found: "sorted=False", expected: "an order that is defined" });
  const [values, places] = largestOf(cx, a.tensor("input"), a.number("k")!);
  return [values, cx.op.cast(places, a.dtype("index_type", "int32"))];
});
const descends = (a: TfArgs): boolean => a.text("direction") === "DESCENDING";
table.both("sort", 'values, axis=-1, direction="ASCENDING"', (cx, a) => {
  const x = a.tensor("values");
  return cx.op.sort(x, a.axis(x), descends(a));
});
table.both("argsort", 'values, axis=-1, direction="ASCENDING", stable=false', (cx, a) => {
  const x = a.tensor("values");
  a.ignore("stable");
  return cx.op.argsort(x, a.axis(x), descends(a));
});
table.both("tensordot linalg.tensordot", "a, b, axes", (cx, a) => {
  const [x, y] = [a.tensor("a"), a.tensor("b")];
  const given = a.arg("axes");
  const list = (arg: Arg | undefined): number[] =>
    Array.isArray(arg) ? (arg as readonly number[] as number[]) : [arg as number];
  if (typeof given === "number") {
    const rank = x.shape.length;
    return contract(cx, x, y, listOf(given, (i) => rank - given + i), listOf(given, (i) => i)); // prettier-ignore
  }
  const sides = Array.isArray(given) ? (given as readonly Arg[]) : [];
  if (sides.length !== 2 || sides.some((side) => list(side).some((n) => typeof n !== "number")))
    fail("unsupported/argument", { path: "axes", expected: "a number or two lists of numbers" });
  return contract(cx, x, y, list(sides[0]), list(sides[1]));
});
table.both("slice", "input_, begin, size", (cx, a) => {
  const x = a.tensor("input_");
  const [begin, size] = [a.sizes("begin"), a.sizes("size")];
  if (begin.length !== x.shape.length || size.length !== x.shape.length)
    fail("mismatch/rank", { expected: `${x.shape.length} numbers` });
  const ranges = begin.map((start, axis) => ({ axis, start, stop: size[axis] === -1 ? null : plus(start, size[axis]!), step: 1 })); // prettier-ignore
  const y = cx.op.slice(x, ranges);
  return size.reduce<Sym>((z, n, axis) => (typeof n === "number" && n >= 0 ? exactly(cx, z, axis, n) : z), y);
});
table.both("math.cumprod cumprod", "x, axis=0, exclusive=false, reverse=false", (cx, a) => {
  const given = a.tensor("x");
  const axis = a.axis(given);
  const flags = { reverse: a.flag("reverse"), exclusive: a.flag("exclusive"), start: 1 };
  return upToEach(cx, given, axis, flags, (x) => cumulated(cx, "product", x, axis));
});
table.both("linalg.band_part matrix_band_part", "input, num_lower, num_upper", (cx, a) => {
  const { op } = cx;
  const x = a.tensor("input");
  const rank = x.shape.length;
  const [row, column] = [counting(cx, cx.size(x, -2), rank - 2, rank), counting(cx, cx.size(x, -1), rank - 1, rank)];
  const [lower, upper] = [a.number("num_lower")!, a.number("num_upper")!];
  const apart = op.subtract(row, column);
  const below = lower < 0 ? op.greaterEqual(row, 0) : op.lessEqual(apart, lower);
  const above = upper < 0 ? op.greaterEqual(column, 0) : op.greaterEqual(apart, -upper);
  return op.where(op.logicalAnd(below, above), x, op.constant(0, x.dtype));
});
const gatherNd: TfRun = (cx, a) => {
  const { op } = cx;
  const [x, given] = [a.tensor("params"), a.tensor("indices")];
  const rank = given.shape.length;
  // The axes that both have are counted beside what is looked up.
  const batches = listOf(a.number("batch_dims")!, (axis) => {
    const column = [...sizesOf(cx, given).slice(0, -1), 1];
    return op.cast(op.broadcastTo(counting(cx, cx.size(given, axis), axis, rank), column), given.dtype);
  });
  const indices = batches.length === 0 ? given : op.concat([...batches, given], rank - 1);
  const { places, count, rest } = placesIn(cx, sizesOf(cx, x), indices);
  const picked = op.gather(op.reshape(x, [count, productOfSizes(rest)]), places, 0);
  return op.reshape(picked, [...sizesOf(cx, indices).slice(0, -1), ...rest]);
};
const nd = 'params, indices, batch_dims=0, bad_indices_policy=""';
table.both("gather_nd", nd, gatherNd);
table.only("compat.v1.manip.gather_nd", nd, gatherNd);
table.both("sequence_mask", 'lengths, maxlen=null, dtype="bool"', (cx, a) => {
  const x = a.tensor("lengths");
  if (!a.has("maxlen")) return fail("unsupported/free-length", { message: "the length depends on the values", expected: "maxlen" }); // prettier-ignore
  // TensorFlow casts the lengths to the dtype of its places, which is int32 but for lengths of int64.
  const of = x.dtype === "int64" ? x.dtype : "int32";
  const place = cx.op.iota(a.size("maxlen"), of);
  return cx.op.cast(cx.op.less(place, cx.op.expandDims(cx.op.cast(x, of), [-1])), a.dtype("dtype", "bool"));
});

/** Functions of TensorFlow on images, windows, orders and parts of matrices, by name. */
export const TENSORFLOW_WINDOWS = table;
