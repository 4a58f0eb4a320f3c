/**
 * UpSampling1D, 2D, 3D: each element repeated along the spatial axes; in two dimensions also interpolated. No weights.
 * x[B, ...spatial, C] → y[B, ...(spatial · size), C], or, but in one dimension, channels first.
 * Source: keras/src/layers/reshaping/up_sampling1d.py, up_sampling2d.py, up_sampling3d.py, tf_keras/backend.py
 * (`resize_images`).
 */
import { isFloat, isInteger } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { sizeFrom } from "../../ops/shapes.ts";
import { RESIZE_METHODS } from "../../ops/attributes.ts";
import type { Sym } from "../../ops/types.ts";
import { type Context, layer } from "../define.ts";
import { choice, dataFormat, int, ints } from "../fields.ts";
import { specRank } from "../common/checks.ts";
import { saturated } from "../common/saturated.ts";
import { type DataFormat, layoutOf, spatialAxes } from "../common/spatial.ts";
import { resizedWhole } from "../common/whole-images.ts";
import { paddingDialects } from "./shared/padding.ts";

/** Of tf-keras alone. */
const KERAS_2_ONLY: ReadonlySet<string> = new Set(["gaussian", "mitchellcubic"]);

const repeated = (cx: Context, x: Sym, size: readonly number[], format: DataFormat): Sym =>
  spatialAxes(format, size.length + 2).reduce((y, axis, i) => cx.op.repeat(y, axis, size[i]!), x);

export const upSampling1d = layer({
  class: "UpSampling1D",
  config: { size: int({ min: 1, default: 2 }) },
  dialects: { keras1: { rename: { length: "size" } } },
  forward(cx, c, _w, [x]) {
    specRank(cx, x!, 3);
    return repeated(cx, x!, [c.size], "channels_last");
  },
});

export const upSampling2d = layer({
  class: "UpSampling2D",
  config: {
    size: ints(2, { min: 1, default: 2 }),
    data_format: dataFormat(),
    interpolation: choice(RESIZE_METHODS, "nearest"),
  },
  dialects: paddingDialects(2),
  forward(cx, c, _w, [x]) {
    specRank(cx, x!, 4);
    const method = c.interpolation;
    // By whole factors, the area of a new pixel lies within one old one.
    if (method === "nearest" || method === "area") return repeated(cx, x!, c.size, c.data_format);
    // Multi-backend Keras placed the samples differently from version to version.
    if (cx.semantics === "keras2" && method === "bilinear") fail("unsupported/interpolation", { found: method });
    if (cx.semantics === "keras3" && KERAS_2_ONLY.has(method)) fail("unsupported/interpolation", { found: method });
    const to = spatialAxes(c.data_format, 4).map((axis, i) => sizeFrom("mul", cx.size(x!, axis), c.size[i]!));
    // TensorFlow resizes to float32, whatever it gets; Keras 3 alone casts back.
    const from = cx.semantics === "keras3" || !isFloat(x!.dtype) ? x! : cx.op.cast(x!, "float32");
    const attrs = { layout: layoutOf(c.data_format), to, method } as const;
    if (cx.semantics !== "keras3" || isFloat(from.dtype)) return cx.op.resize(from, attrs);
    if (!isInteger(from.dtype) || from.dtype === "uint32" || from.dtype === "uint64")
      fail("unsupported/dtype", { expected: "floats, signed integers, uint8 or uint16", found: from.dtype });
    return saturated(cx, cx.op.round(resizedWhole(cx, cx.op.cast(from, "float32"), attrs)), from.dtype);
  },
});

export const upSampling3d = layer({
  class: "UpSampling3D",
  config: { size: ints(3, { min: 1, default: 2 }), data_format: dataFormat() },
  dialects: paddingDialects(3),
  forward(cx, c, _w, [x]) {
    // tf-keras asks for 5 axes before its base class forgets it.
    if (cx.semantics !== "tf-keras" || x!.shape.length !== 4 || c.data_format !== "channels_last") specRank(cx, x!, 5);
    return [1, 2, 3].reduce(
      (y, axis, i) => cx.op.repeat(y, c.data_format === "channels_last" ? axis : axis + 1, c.size[i]!),
      x!,
    );
  },
});
