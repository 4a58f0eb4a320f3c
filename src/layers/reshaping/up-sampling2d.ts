/**
 * Rows and columns repeated, or interpolated between them; no weights.
 * x[B, H, W, C] → y[B, H · size₀, W · size₁, C], or channels first.
 * Source: keras/src/layers/reshaping/up_sampling2d.py, tf_keras/backend.py (`resize_images`).
 */
import { isFloat } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { layer } from "../define.ts";
import { choice, dataFormat, ints } from "../fields.ts";
import { needRank } from "../common/checks.ts";
import { paddingDialects } from "./shared/padding.ts";
import { layoutOf, spatialAxes } from "../common/spatial.ts";

const METHODS = [
  "nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area", "gaussian", "mitchellcubic",
] as const; // prettier-ignore

export const upSampling2d = layer({
  class: "UpSampling2D",
  config: {
    size: ints(2, { min: 1, default: 2 }),
    data_format: dataFormat(),
    interpolation: choice(METHODS, "nearest"),
  },
  dialects: paddingDialects(2),
  forward(cx, c, _w, [x]) {
    needRank(x!, 4);
    const method = c.interpolation;
    // By whole factors, the area of a new pixel lies within one old one.
    if (method === "nearest" || method === "area") {
      const axes = spatialAxes(c.data_format, 4);
      return axes.reduce((y, axis, i) => cx.op.repeat(y, axis, c.size[i]!), x!);
    }
    // Multi-backend Keras placed the samples differently from version to version.
    if (cx.semantics === "keras2" && method === "bilinear") fail("unsupported/interpolation", { found: method });
    // Keras 3 cuts the fractions off.
    if (cx.semantics === "keras3" && !isFloat(x!.dtype))
      fail("unsupported/dtype", { expected: "floats", found: x!.dtype });
    return cx.op.resize(x!, { layout: layoutOf(c.data_format), factors: c.size, method });
  },
});
