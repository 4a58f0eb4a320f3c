/**
 * Each element repeated along three spatial axes; no weights.
 * x[B, D, H, W, C] → y[B, D · size₀, H · size₁, W · size₂, C], or channels first.
 * Source: keras/src/layers/reshaping/up_sampling3d.py.
 */
import { layer } from "../define.ts";
import { dataFormat, ints } from "../fields.ts";
import { needRank } from "../common/checks.ts";
import { paddingDialects } from "./shared/padding.ts";
import { spatialAxes } from "../common/spatial.ts";

export const upSampling3d = layer({
  class: "UpSampling3D",
  config: { size: ints(3, { min: 1, default: 2 }), data_format: dataFormat() },
  dialects: paddingDialects(3),
  forward(cx, c, _w, [x]) {
    needRank(x!, 5);
    return spatialAxes(c.data_format, 5).reduce((y, axis, i) => cx.op.repeat(y, axis, c.size[i]!), x!);
  },
});
