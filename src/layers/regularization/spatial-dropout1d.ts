/** y = x: whole channels are dropped in training only. No weights. Source: keras/src/layers/regularization/spatial_dropout.py. */
import { layer } from "../define.ts";
import { spatialDropout, spatialDropoutDialects, spatialDropoutOptions } from "./shared/spatial-dropout.ts";

export const spatialDropout1d = layer({
  class: "SpatialDropout1D",
  neverTrainable: true,
  config: spatialDropoutOptions,
  dialects: { keras1: { rename: { p: "rate" } }, keras2: spatialDropoutDialects.keras2 },
  mask: "pass",
  forward: (cx, c, _w, [x]) => spatialDropout(cx, c.rate, x!, 3),
});
