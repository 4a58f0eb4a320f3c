/** Images of another size. Source: keras/src/backend/tensorflow/image.py (`resize`, `scale_and_translate`). */
import { type DType, isInteger } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { promote } from "../../ops/promote.ts";
import type { Sym } from "../../ops/types.ts";
import type { AnyDef, Arg, Context } from "../define.ts";
import { bool, choice, dataFormat, float, intList, required, text } from "../fields.ts";
import { saturated } from "../common/saturated.ts";
import { resizedWhole } from "../common/whole-images.ts";
import { atEnd, fromEnd } from "./shared/along.ts";
import { batched, channelsLast } from "./shared/image-axes.ts";
import { axisOf, inModule, lengthThere, needFloat, needOneOf, tensor } from "./shared/operation.ts";
import { counting } from "./shared/sizes.ts";

const image = inModule("image");
const METHODS = ["bilinear", "nearest", "lanczos3", "lanczos5", "bicubic", "area"] as const;

const RESIZED: readonly DType[] = ["int8", "uint8", "int16", "uint16", "int32", "int64", "float16", "bfloat16", "float32", "float64"]; // prettier-ignore

type Kernel = (cx: Context, x: Sym) => Sym;

/** Weights by distance, from 0. */
const triangle: Kernel = ({ op }, x) => op.maximum(op.subtract(1, x), 0);
const cubic: Kernel = ({ op }, x) => {
  const near = op.add(op.multiply(op.multiply(op.subtract(op.multiply(x, 1.5), 2.5), x), x), 1);
  const inner = op.subtract(op.multiply(op.add(op.multiply(x, -0.5), 2.5), x), 4);
  const far = op.add(op.multiply(inner, x), 2);
  return op.where(op.greaterEqual(x, 2), 0, op.where(op.greaterEqual(x, 1), far, near));
};
const lanczos =
  (radius: number): Kernel =>
  ({ op }, x) => {
    const angle = op.multiply(x, Math.PI);
    const above = op.multiply(op.multiply(op.sin(angle), op.sin(op.divide(angle, radius))), radius);
    const y = op.divide(above, op.where(op.notEqual(x, 0), op.square(angle), 1));
    return op.where(op.greater(x, radius), 0, op.where(op.greater(x, 1e-3), y, 1));
  };

const KERNELS: Readonly<Record<string, Kernel>> = {
  linear: triangle, bilinear: triangle, trilinear: triangle, cubic, bicubic: cubic, tricubic: cubic,
  lanczos3: lanczos(3), lanczos5: lanczos(5),
}; // prettier-ignore

/** What each of `input` elements gives to each of `output`, moved and stretched. */
function weights(
  cx: Context,
  [input, output]: readonly [number, number],
  [scale, translation]: readonly [Sym, Sym],
  kernel: Kernel,
  antialias: boolean,
): Sym {
  const { op } = cx;
  const inverse = op.reciprocal(scale);
  const line = (n: number, axis: number): Sym => op.cast(counting(cx, n, axis, 2), scale.dtype);
  const moved = op.add(op.multiply(translation, inverse), 0.5);
  const at = op.subtract(op.multiply(op.add(line(output, 1), 0.5), inverse), moved);
  const apart = op.abs(op.subtract(at, line(input, 0)));
  const all = kernel(cx, antialias ? op.divide(apart, op.maximum(inverse, 1)) : apart);
  const total = op.sum(all, [0], true);
  const some = op.greater(op.abs(total), 1000 * 2 ** -23);
  const shares = op.where(some, op.divide(all, op.where(op.notEqual(total, 0), total, 1)), 0);
  const inside = op.logicalAnd(op.greaterEqual(at, -0.5), op.lessEqual(at, input - 0.5));
  return op.where(inside, shares, 0);
}

const numbersOf = (arg: Arg | undefined): readonly number[] => {
  const list = Array.isArray(arg) ? (arg as readonly Arg[]) : [];
  if (list.length === 0 || list.some((v) => typeof v !== "number"))
    return fail("unsupported/argument", { path: "output_shape", expected: "a list of numbers" });
  return list as readonly number[];
};

export const resizingOperations: readonly AnyDef[] = [
  image(
    "Resize",
    ["images"],
    {
      size: required(intList()),
      interpolation: choice(METHODS, "bilinear"),
      antialias: bool(false),
      crop_to_aspect_ratio: bool(false),
      pad_to_aspect_ratio: bool(false),
      fill_mode: choice(["constant"], "constant"),
      fill_value: float(0),
      data_format: dataFormat(),
    },
    (cx, c, [given]) => {
      const { op } = cx;
      const { interpolation: method, crop_to_aspect_ratio: crops, pad_to_aspect_ratio: pads } = c;
      if (crops && pads) fail("unsupported/interpolation", { found: "crop and pad" });
      if (c.size.length !== 2) fail("malformed/config", { path: "size", expected: "a height and a width" });
      void [c.fill_mode, c.fill_value];
      const fit = crops ? ("crop" as const) : ("pad" as const);
      const how = { method, ...(c.antialias && { antialias: true as const }), ...((crops || pads) && { fit }) };
      const attrs = { layout: "last", to: c.size, ...how } as const;
      const one = (images: Sym): Sym => {
        if (!crops && !pads && images.shape[1] === c.size[0] && images.shape[2] === c.size[1]) return images;
        const x = method === "nearest" ? images : op.cast(images, "float32");
        const y = isInteger(x.dtype) || !isInteger(images.dtype) ? op.resize(x, attrs) : resizedWhole(cx, x, attrs);
        if (!pads || c.fill_value === 0) return y;
        const kept = op.resize(op.full([1, cx.size(x, 1), cx.size(x, 2), 1], 1, y.dtype), attrs);
        return op.add(y, op.multiply(op.subtract(1, kept), op.constant(c.fill_value, y.dtype)));
      };
      // TensorFlow's are float32, but for the nearest and what is as it was.
      const images = needOneOf(tensor(cx, given), RESIZED);
      const y = channelsLast(cx, images, c.data_format, (x) => batched(cx, x, one));
      if (y.dtype === images.dtype) return y;
      return saturated(cx, isInteger(images.dtype) ? op.round(y) : y, images.dtype);
    },
  ),
  image(
    "ScaleAndTranslate",
    ["images", "output_shape", "scale", "translation"],
    { spatial_dims: required(intList()), method: required(text()), antialias: bool(true) },
    (cx, c, [given, shape, scales, translations]) => {
      const { op } = cx;
      const kernel = KERNELS[c.method] ?? fail("malformed/config", { path: "method", found: c.method });
      // Of integers TensorFlow computes the bounds in two dtypes, and stops.
      const images = needFloat(tensor(cx, given));
      const [scale, translation] = [needFloat(tensor(cx, scales)), needFloat(tensor(cx, translations))];
      const dtype = promote(scale.dtype, translation.dtype);
      const to = numbersOf(shape);
      return c.spatial_dims.reduce((x, dim, i) => {
        const axis = axisOf(x, dim);
        const own = [scale, translation].map((s) => op.cast(op.take(s, 0, i), dtype)) as [Sym, Sym];
        const w = weights(cx, [lengthThere(x, axis), to[axis]!], own, kernel, c.antialias);
        return fromEnd(cx, op.matmul(atEnd(cx, x, [axis]), op.cast(w, x.dtype)), axis);
      }, images);
    },
  ),
];
