/** Functions of TensorFlow on images. Source: tensorflow/python/ops/image_ops_impl.py. */
import { type DType, isFloat } from "../../../core/dtype.ts";
import { fail } from "../../../core/error.ts";
import { listOf } from "../../../core/list.ts";
import { RESIZE_METHODS } from "../../../ops/attributes.ts";
import { sizeFrom } from "../../../ops/shapes.ts";
import type { Size, Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { saturated } from "../../common/saturated.ts";
import { batched } from "./image-axes.ts";
import { exactly, lengthThere, operate, sizesOf } from "./operation.ts";
import { similarity } from "./similarity.ts";
import { counted, least, minus, most as longer, padded, plus, times } from "./sizes.ts";
import { type TfArgs, type TfRun, TfTable } from "./tensorflow-call.ts";

const table = new TfTable();

/** The largest integer of a dtype. */
const most = (dtype: DType): number =>
  dtype === "bool"
    ? fail("unsupported/dtype", { expected: "numbers", found: dtype })
    : 2 ** (Number(/\d+/.exec(dtype)![0]) - (dtype.startsWith("u") ? 0 : 1)) - 1;

/** Floats from 0 to 1, integers from 0 to their largest. */
function converted(cx: Context, x: Sym, dtype: DType, saturate: boolean): Sym {
  const { op } = cx;
  if (x.dtype === dtype) return x;
  const to = (y: Sym): Sym => (saturate ? saturated(cx, y, dtype) : op.cast(y, dtype));
  if (isFloat(dtype)) return isFloat(x.dtype) ? op.cast(x, dtype) : op.divide(op.cast(x, dtype), most(x.dtype));
  if (isFloat(x.dtype)) return to(op.multiply(x, most(dtype) + 0.5));
  const [own, other] = [most(x.dtype) + 1, most(dtype) + 1];
  return own > other ? to(op.floorDivide(x, own / other)) : op.multiply(to(x), other / own);
}

/** f of an image as floats, which becomes what it was again. */
const adjusted = (arg: string, f: (cx: Context, x: Sym, a: TfArgs) => Sym, saturate: boolean): TfRun =>
  (cx, a) => {
    const given = a.tensor(arg);
    const isShort = given.dtype === "float16" || given.dtype === "float32";
    const y = f(cx, isShort ? given : converted(cx, given, "float32", false), a);
    return converted(cx, y, given.dtype, saturate);
  }; // prettier-ignore

table.both("image.convert_image_dtype", "image, dtype, saturate=false", (cx, a) => {
  const x = a.tensor("image");
  return converted(cx, x, a.dtype("dtype", x.dtype), a.flag("saturate"));
});
table.both("image.adjust_brightness", "image, delta", adjusted("image", ({ op }, x, a) => op.add(x, a.operand("delta")), true)); // prettier-ignore
table.both("image.adjust_contrast", "images, contrast_factor", adjusted("images", ({ op }, x, a) => {
  const mean = op.mean(x, [-3, -2], true);
  return op.add(op.multiply(op.subtract(x, mean), a.operand("contrast_factor")), mean);
}, true)); // prettier-ignore
table.both("image.adjust_gamma", "image, gamma=1, gain=1", adjusted("image", ({ op }, x, a) => op.multiply(op.power(x, a.operand("gamma")), a.operand("gain")), true)); // prettier-ignore

const hsv = (cx: Context, x: Sym, back = false): Sym =>
  operate(cx, back ? "HSVToRGB" : "RGBToHSV", [x], { data_format: "channels_last" }) as Sym;
/** Hue, saturation and value of an image changed. */
const recoloured = (arg: string, f: (cx: Context, parts: readonly [Sym, Sym, Sym], by: Sym | number) => readonly Sym[]): TfRun =>
  adjusted("image", (cx, x, a) => {
    const parts = hsv(cx, x);
    const [h, s, v] = [0, 1, 2].map((i) => cx.op.take(parts, -1, i)) as [Sym, Sym, Sym];
    return hsv(cx, cx.op.stack(f(cx, [h, s, v], a.operand(arg)), -1), true);
  }, false); // prettier-ignore
table.both("image.adjust_hue", "image, delta", recoloured("delta", ({ op }, [h, s, v], by) => [op.mod(op.add(h, by), 1), s, v])); // prettier-ignore
table.both("image.adjust_saturation", "image, saturation_factor", recoloured("saturation_factor", ({ op }, [h, s, v], by) => [h, op.minimum(op.maximum(op.multiply(s, by), 0), 1), v])); // prettier-ignore
table.both("image.rgb_to_hsv", "images", (cx, a) => hsv(cx, a.tensor("images")));
table.both("image.hsv_to_rgb", "images", (cx, a) => hsv(cx, a.tensor("images"), true));
table.both("image.rgb_to_grayscale", "images", (cx, a) => {
  const { op } = cx;
  const given = a.tensor("images");
  const x = converted(cx, given, "float32", false);
  const y = op.sum(op.multiply(x, op.array([0.2989, 0.587, 0.114], [3], "float32")), [-1], true);
  return converted(cx, y, given.dtype, false);
});

const COLOURS = [
  ["rgb_to_yiq", [0.299, 0.59590059, 0.2115, 0.587, -0.27455667, -0.52273617, 0.114, -0.32134392, 0.31119955]],
  ["yiq_to_rgb", [1, 1, 1, 0.95598634, -0.27201283, -1.10674021, 0.6208248, -0.64720424, 1.70423049]],
  ["rgb_to_yuv", [0.299, -0.14714119, 0.61497538, 0.587, -0.28886916, -0.51496512, 0.114, 0.43601035, -0.10001026]],
  ["yuv_to_rgb", [1, 1, 1, 0, -0.394642334, 2.03206185, 1.13988303, -0.58062185, 0]],
] as const;
for (const [name, matrix] of COLOURS)
  table.both(`image.${name}`, "images", ({ op }, a) => {
    const x = a.tensor("images");
    return op.matmul(x, op.array(matrix, [3, 3], x.dtype));
  });

/** Along height and width of images, or of one: offset and length of the part that is cut out or filled. */
function boxed(cx: Context, x: Sym, offset: readonly Size[], to: readonly Size[], pads: boolean): Sym {
  return batched(cx, x, (y) => {
    const own = [1, 2].map((axis) => cx.size(y, axis));
    const behind = own.map((n, i) => (pads ? minus(minus(to[i]!, offset[i]!), n) : minus(minus(n, offset[i]!), to[i]!)));
    if ([...offset, ...behind].some((n) => typeof n === "number" && n < 0))
      fail("mismatch/shape", { expected: pads ? "an image that fits into the box" : "a box within the image" });
    if (pads) return padded(cx, y, [[0, 0], ...[0, 1].map((i) => [offset[i]!, behind[i]!] as const), [0, 0]]);
    const cut = cx.op.slice(y, [0, 1].map((i) => ({ axis: i + 1, start: offset[i]!, stop: plus(offset[i]!, to[i]!), step: 1 })));
    return [0, 1].reduce((z, i) => (typeof own[i] === "number" && typeof to[i] === "number" ? z : exactly(cx, z, i + 1, to[i]!)), cut);
  }); // prettier-ignore
}
const heightAndWidth = (x: Sym): readonly number[] => [-3, -2].map((axis) => lengthThere(x, axis + x.shape.length));
const openHeightAndWidth = (cx: Context, x: Sym): readonly Size[] => [-3, -2].map((axis) => cx.size(x, axis));
const two = (a: TfArgs, what: string): readonly [Size, Size] => [a.size(`${what}_height`), a.size(`${what}_width`)];
const BOX = "image, offset_height, offset_width, target_height, target_width";
table.both("image.crop_to_bounding_box", BOX, (cx, a) => boxed(cx, a.tensor("image"), two(a, "offset"), two(a, "target"), false)); // prettier-ignore
table.both("image.pad_to_bounding_box", BOX, (cx, a) => boxed(cx, a.tensor("image"), two(a, "offset"), two(a, "target"), true)); // prettier-ignore
/** Of fractions with so many bits a product with a length is exact. */
const EXACT = 2 ** 20;
table.both("image.central_crop", "image, central_fraction", (cx, a) => {
  const x = a.tensor("image");
  const own = openHeightAndWidth(cx, x);
  const fraction = a.number("central_fraction")!;
  const start = own.map((n): Size => {
    if (typeof n === "number") return Math.trunc((n - n * fraction) / 2);
    if (!Number.isInteger(fraction * EXACT))
      return fail("unsupported/free-length", { message: `${fraction} of a length that must be known` });
    return sizeFrom("floor", times(n, (1 - fraction) * EXACT), 2 * EXACT);
  });
  return boxed(cx, x, start, own.map((n, i) => minus(n, times(start[i]!, 2))), false); // prettier-ignore
});
table.both(
  "image.resize_with_crop_or_pad compat.v1.image.resize_image_with_crop_or_pad",
  "image, target_height, target_width",
  (cx, a) => {
    const x = a.tensor("image");
    const [own, to] = [openHeightAndWidth(cx, x), two(a, "target")];
    const half = (more: Size, less: Size): Size => longer(sizeFrom("floor", minus(more, less), 2), 0);
    const cut = boxed(cx, x, own.map((n, i) => half(n, to[i]!)), own.map((n, i) => least(n, to[i]!)), false); // prettier-ignore
    return boxed(cx, cut, own.map((n, i) => half(to[i]!, n)), to, true); // prettier-ignore
  },
);

table.only("image.resize_with_pad", 'image, target_height, target_width, method="bilinear", antialias=false', (cx, a) => {
  const x = a.tensor("image");
  const [own, target] = [heightAndWidth(x), [a.number("target_height")!, a.number("target_width")!]];
  const method = RESIZE_METHODS.find((name) => name === a.text("method")) ?? fail("unsupported/interpolation", { found: String(a.text("method")) });
  const ratio = Math.max(...own.map((n, i) => Math.fround(n / target[i]!)));
  const exact = own.map((n) => Math.fround(n / ratio));
  const to = exact.map(Math.floor);
  const antialias = a.flag("antialias") && { antialias: true as const };
  const resized = batched(cx, x, (y) =>
    own.every((n, i) => n === to[i]) ? y : cx.op.resize(method === "nearest" ? y : cx.op.cast(y, "float32"), { layout: "last", to, method, ...antialias }),
  );
  return boxed(cx, resized, exact.map((n, i) => Math.max(0, Math.floor((target[i]! - n) / 2))), target, true);
}); // prettier-ignore

table.both("image.per_image_standardization", "image", ({ op }, a) => {
  const x = op.cast(a.tensor("image"), "float32");
  const apart = op.subtract(x, op.mean(x, [-3, -2, -1], true));
  const spread = op.sqrt(op.mean(op.square(apart), [-3, -2, -1], true));
  const count = [-3, -2, -1].reduce((n, axis) => n * lengthThere(x, axis + x.shape.length), 1);
  return op.divide(apart, op.maximum(spread, 1 / Math.sqrt(count)));
});
table.both("image.psnr", "a, b, max_val", (cx, a) => {
  const { op } = cx;
  const [x, y] = [a.tensor("a"), a.tensor("b")];
  const top = a.number("max_val")! / (isFloat(x.dtype) ? 1 : most(x.dtype));
  const [p, q] = [x, y].map((image) => converted(cx, image, "float32", false)) as [Sym, Sym];
  const error = op.mean(op.square(op.subtract(p, q)), [-3, -2, -1]);
  return op.subtract(20 * Math.log10(top), op.multiply(op.log(error), 10 / Math.LN10));
});
table.both("image.ssim", "img1, img2, max_val, filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03, return_index_map=false", (cx, a) => {
  const images = ["img1", "img2"].map((name) => a.tensor(name));
  const { dtype } = images[0]!;
  const max_val = a.number("max_val")! / (isFloat(dtype) ? 1 : most(dtype));
  const [filter_size, filter_sigma, k1, k2] = ["filter_size", "filter_sigma", "k1", "k2"].map((name) => a.number(name)!);
  const options = { max_val, filter_size, filter_sigma, k1, k2, data_format: "channels_last" };
  return operate(cx, "SSIM", images.map((x) => converted(cx, x, "float32", false)), options);
}); // prettier-ignore
/** The geometric mean of contrasts at every scale but the smallest, of which all counts; each is half as large. */
const MULTISCALE = "img1, img2, max_val, power_factors=[0.0448,0.2856,0.3001,0.2363,0.1333], filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03"; // prettier-ignore
table.both("image.ssim_multiscale", MULTISCALE, (cx, a) => {
  const { op } = cx;
  const given = ["img1", "img2"].map((name) => a.tensor(name));
  const { dtype } = given[0]!;
  const max_val = a.number("max_val")! / (isFloat(dtype) ? 1 : most(dtype));
  const [filter_size, filter_sigma, k1, k2] = ["filter_size", "filter_sigma", "k1", "k2"].map((name) => a.number(name)!) as [number, number, number, number]; // prettier-ignore
  const options = { max_val, filter_size, filter_sigma, k1, k2 };
  const one = given[0]!.shape.length === 3;
  let images = given.map((x) => converted(cx, x, "float32", false)).map((x) => (one ? op.expandDims(x, [0]) : x)) as [Sym, Sym]; // prettier-ignore
  const powers = cx.op.cast(a.tensor("power_factors"), "float32");
  const count = lengthThere(powers, 0);
  const parts = listOf(count, (i) => {
    if (i > 0) images = images.map((x) => halved(cx, x)) as [Sym, Sym];
    for (const axis of [1, 2])
      if (lengthThere(images[0], axis) < filter_size)
        fail("mismatch/shape", { expected: `at least ${filter_size} at the smallest scale`, found: String(images[0].shape[axis]) }); // prettier-ignore
    const { whole, contrast } = similarity(cx, images, options);
    return op.power(op.maximum(i === count - 1 ? whole : contrast, 0), op.take(powers, 0, i));
  });
  const y = op.mean(parts.reduce((p, q) => op.multiply(p, q)), [1]); // prettier-ignore
  return one ? op.squeeze(y, [0]) : y;
});
/** Means of two by two, an odd last line twice. */
function halved(cx: Context, x: Sym): Sym {
  const { op } = cx;
  const wide = [1, 2].reduce((y, axis) => {
    const n = lengthThere(y, axis);
    return n % 2 === 0 ? y : op.concat([y, op.slice(y, [{ axis, start: n - 1, stop: n, step: 1 }])], axis);
  }, x);
  return op.pool(wide, { fn: "average", layout: "last", size: [2, 2], strides: [2, 2], padding: "valid" });
}
table.both("image.rot90", "image, k=1", (cx, a) => {
  const { op } = cx;
  const turns = (((a.number("k")! % 4) + 4) % 4) as 0 | 1 | 2 | 3;
  return batched(cx, a.tensor("image"), (x) => {
    if (turns === 0) return x;
    if (turns === 2) return op.reverse(x, [1, 2]);
    const y = op.transpose(turns === 1 ? op.reverse(x, [2]) : x, [0, 2, 1, 3]);
    return turns === 1 ? y : op.reverse(y, [2]);
  });
});

/** Of windows `[1, h, w, 1]` the two in the middle. */
const inner = (a: TfArgs, name: string): readonly number[] => {
  const list = a.numbers(name) ?? [];
  if (list.length !== 4 || list[0] !== 1 || list[3] !== 1) fail("unsupported/argument", { path: name, expected: "[1, height, width, 1]" }); // prettier-ignore
  return list.slice(1, 3);
};
const patches = (sizes: string): TfRun => (cx, a) => {
  const padding = a.text("padding")?.toLowerCase() ?? fail("malformed/config", { path: "padding" });
  const options = { size: inner(a, a.has("sizes") ? "sizes" : sizes), strides: inner(a, "strides"), dilation_rate: inner(a, "rates"), padding, data_format: "channels_last" };
  return operate(cx, "ExtractPatches", [a.tensor("images")], options);
}; // prettier-ignore
table.both("image.extract_patches", "images, sizes, strides, rates, padding", patches("sizes"));
table.only("compat.v1.image.extract_image_patches compat.v1.extract_image_patches", "images, ksizes=null, strides=null, rates=null, padding=null, sizes=null", patches("ksizes")); // prettier-ignore

/** Boxes [y1, x1, y2, x2], from 0 to 1 over the corners of images, each as a picture of `crop_size`. */
const cropAndResize = (index: string): TfRun => (cx, a) => {
  const { op } = cx;
  const [x, boxes] = [a.tensor("image"), a.tensor("boxes")];
  const of = op.cast(a.tensor(a.has("box_indices") ? "box_indices" : index), "int32");
  const [height, width] = a.numbers("crop_size") ?? [];
  const method = a.text("method")!;
  if (height === undefined || width === undefined) return fail("malformed/config", { path: "crop_size" });
  if (method !== "bilinear" && method !== "nearest") return fail("unsupported/interpolation", { found: method });
  const outside = a.number("extrapolation_value")!;
  // Along one axis: places, as a line for each box, the whole ones around, and whether they lie inside.
  const along = (axis: 0 | 1, to: number) => {
    const [first, last] = [axis, axis + 2].map((i) => op.expandDims(op.take(boxes, 1, i), [1])) as [Sym, Sym];
    const end = op.cast(op.subtract(counted(cx, cx.size(x, axis + 1)), 1), "float32");
    const share = op.array(to > 1 ? listOf(to, (i) => i / (to - 1)) : [0.5], [1, to], "float32");
    const at = op.multiply(op.add(first, op.multiply(op.subtract(last, first), share)), end);
    const inside = op.logicalAnd(op.greaterEqual(at, 0), op.lessEqual(at, end));
    const safe = op.where(inside, at, 0);
    const low = method === "nearest" ? op.floor(op.add(safe, 0.5)) : op.floor(safe);
    return { inside, part: op.subtract(safe, low), ends: [low, op.ceil(safe)].map((place) => op.cast(place, "int32")) as [Sym, Sym] };
  };
  const [rows, columns] = [along(0, height), along(1, width)];
  const [, h, w, depth] = sizesOf(cx, x) as [never, never, never, never];
  const pixels = op.reshape(op.cast(x, "float32"), [-1, depth]);
  const [tall, wide] = [counted(cx, h), counted(cx, w)];
  const read = (row: Sym, column: Sym): Sym => {
    const line = op.add(op.multiply(op.expandDims(of, [1]), tall), row);
    return op.gather(pixels, op.add(op.expandDims(op.multiply(line, wide), [2]), op.expandDims(column, [1])), 0);
  };
  const mixed = (p: Sym, q: Sym, part: Sym): Sym => op.add(p, op.multiply(op.subtract(q, p), part));
  const [[top, bottom], [left, right]] = [rows.ends, columns.ends];
  const across = op.expandDims(columns.part, [1, 3]);
  const y = method === "nearest" ? read(top, left) : mixed(mixed(read(top, left), read(top, right), across), mixed(read(bottom, left), read(bottom, right), across), op.expandDims(rows.part, [2, 3]));
  const seen = op.logicalAnd(op.expandDims(rows.inside, [2]), op.expandDims(columns.inside, [1]));
  return op.where(op.expandDims(seen, [3]), y, outside);
}; // prettier-ignore
table.only("image.crop_and_resize", 'image, boxes, box_indices, crop_size, method="bilinear", extrapolation_value=0.0', cropAndResize("box_indices")); // prettier-ignore
table.only("compat.v1.image.crop_and_resize", 'image, boxes, box_ind=null, crop_size=null, method="bilinear", extrapolation_value=0, box_indices=null', cropAndResize("box_ind")); // prettier-ignore

/** Functions of TensorFlow on images, by name. */
export const TENSORFLOW_IMAGES = table;
