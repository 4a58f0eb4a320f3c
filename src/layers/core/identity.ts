/** y = x. No weights. Source: keras/src/layers/core/identity.py. */
import { passedSinceKeras3 } from "../common/masks.ts";
import { layer } from "../define.ts";

export const identity = layer({
  class: "Identity",
  config: {},
  mask: passedSinceKeras3,
  forward: (_cx, _c, _w, [x]) => x!,
});
