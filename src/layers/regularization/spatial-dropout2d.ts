/** y = x: whole channels are dropped in training only. No weights. Source: keras/src/layers/regularization/spatial_dropout.py. */
import { layer } from "../define.ts";
import { dataFormat } from "../fields.ts";
import { spatialDropout, spatialDropoutDialects, spatialDropoutOptions } from "./shared/spatial-dropout.ts";

export const spatialDropout2d = layer({
  class: "SpatialDropout2D",
  neverTrainable: true,
  config: { ...spatialDropoutOptions, data_format: dataFormat() },
  dialects: spatialDropoutDialects,
  mask: "pass",
  forward: (cx, c, _w, [x]) => spatialDropout(cx, c.rate, x!, 4),
});
