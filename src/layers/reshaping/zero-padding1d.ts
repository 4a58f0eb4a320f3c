/**
 * Zeros before and after each spatial axis; no weights.
 * x[B, T, C] → y[B, …, C], or channels first.
 * Source: keras/src/layers/reshaping/zero_padding1d.py.
 */
import { layer } from "../define.ts";
import { dataFormat, ints } from "../fields.ts";
import { paddingDialects, zeroPad } from "./shared/padding.ts";

export const zeroPadding1d = layer({
  class: "ZeroPadding1D",
  config: { padding: ints(2, { min: 0, default: 1 }), data_format: { ...dataFormat(), keras3Only: true } },
  dialects: paddingDialects(1),
  forward: (cx, c, _w, [x]) => zeroPad(cx, x!, [[c.padding[0]!, c.padding[1]!]], c.data_format),
});
