/**
 * ZeroPadding1D, 2D, 3D: zeros before and after each spatial axis; no weights.
 * x[B, ...spatial, C] → y[B, ...spatial', C], or channels first.
 * Source: keras/src/layers/reshaping/zero_padding1d.py, zero_padding2d.py, zero_padding3d.py.
 */
import { layer } from "../define.ts";
import { dataFormat, ints, keras3Only, pairs } from "../fields.ts";
import { paddingDialects, zeroPad } from "./shared/padding.ts";

export const zeroPadding1d = layer({
  class: "ZeroPadding1D",
  config: { padding: ints(2, { min: 0, default: 1 }), data_format: keras3Only(dataFormat()) },
  dialects: paddingDialects(1),
  forward: (cx, c, _w, [x]) => zeroPad(cx, x!, [[c.padding[0]!, c.padding[1]!]], c.data_format),
});

const zeroPadding = (rank: 2 | 3) =>
  layer({
    class: `ZeroPadding${rank}D`,
    config: { padding: pairs(rank, 1), data_format: dataFormat() },
    dialects: paddingDialects(rank),
    forward: (cx, c, _w, [x]) => zeroPad(cx, x!, c.padding, c.data_format),
  });

export const zeroPadding2d = zeroPadding(2);
export const zeroPadding3d = zeroPadding(3);
