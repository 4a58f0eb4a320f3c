/**
 * SpatialDropout1D, 2D, 3D: y = x, whole channels are dropped in training only. No weights. x[B, ...spatial, C].
 * Source: keras/src/layers/regularization/spatial_dropout.py.
 */
import { layer, type DialectDef } from "../define.ts";
import { dataFormat, type Fields, float, int, optional, within } from "../fields.ts";
import { specRank } from "../common/checks.ts";
import { dimOrdering } from "../common/convolution-dialects.ts";
import { droppedOut } from "../common/randomness.ts";
import type { Rank } from "../common/spatial.ts";

const spatialDropout = <F extends Fields>(rank: Rank, more: F, keras1: DialectDef) =>
  layer({
    class: `SpatialDropout${rank}D`,
    writing: { neverTrainable: true },
    config: { rate: within(float(), [0, 1]), seed: optional(int()), ...more },
    dialects: { keras1, keras2: { ignore: ["noise_shape"] } },
    mask: "pass",
    forward(cx, c, _w, [x]) {
      specRank(cx, x!, rank + 2);
      const { rate, data_format } = c as { readonly rate: number; readonly data_format?: string };
      const channels = data_format === "channels_first" ? 1 : rank + 1;
      return droppedOut(
        cx,
        x!,
        rate,
        x!.shape.map((_, axis) => (axis === 0 || axis === channels ? null : 1)),
      );
    },
  });

/** In Keras 1 the layers of two and three dimensions said where the channels are. */
const keras1: DialectDef = { rename: { p: "rate", dim_ordering: "data_format" }, upgrade: dimOrdering };

export const spatialDropout1d = spatialDropout(1, {}, { rename: { p: "rate" } });
export const spatialDropout2d = spatialDropout(2, { data_format: dataFormat() }, keras1);
export const spatialDropout3d = spatialDropout(3, { data_format: dataFormat() }, keras1);
