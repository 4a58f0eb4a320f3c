/**
 * Zeros before and after each spatial axis; no weights.
 * x[B, H, W, C] → y[B, …, C], or channels first.
 * Source: keras/src/layers/reshaping/zero_padding2d.py.
 */
import { layer } from "../define.ts";
import { dataFormat, pairs } from "../fields.ts";
import { paddingDialects, zeroPad } from "./shared/padding.ts";

export const zeroPadding2d = layer({
  class: "ZeroPadding2D",
  config: { padding: pairs(2, 1), data_format: dataFormat() },
  dialects: paddingDialects(2),
  forward: (cx, c, _w, [x]) => zeroPad(cx, x!, c.padding, c.data_format),
});
