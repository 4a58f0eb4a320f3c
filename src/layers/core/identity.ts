/**
 * y = x, a tensor or several. No weights. TFDIdentity is what a FeatureSpace has of it.
 * Source: keras/src/layers/core/identity.py, keras/src/layers/preprocessing/feature_space.py.
 */
import { passedSinceKeras3 } from "../common/masks.ts";
import { layer } from "../define.ts";

export const identity = layer({
  class: "Identity",
  names: ["TFDIdentity"],
  config: {},
  mask: passedSinceKeras3,
  forward: (_cx, _c, _w, x) => x,
});
