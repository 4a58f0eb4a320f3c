/**
 * Zeros before and after each spatial axis; no weights.
 * x[B, D, H, W, C] → y[B, …, C], or channels first.
 * Source: keras/src/layers/reshaping/zero_padding3d.py.
 */
import { layer } from "../define.ts";
import { dataFormat, pairs } from "../fields.ts";
import { paddingDialects, zeroPad } from "./shared/padding.ts";

export const zeroPadding3d = layer({
  class: "ZeroPadding3D",
  config: { padding: pairs(3, 1), data_format: dataFormat() },
  dialects: paddingDialects(3),
  forward: (cx, c, _w, [x]) => zeroPad(cx, x!, c.padding, c.data_format),
});
