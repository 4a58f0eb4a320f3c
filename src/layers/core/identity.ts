/** y = x. No weights. Source: keras/src/layers/core/identity.py. */
import { layer } from "../define.ts";

export const identity = layer({
  class: "Identity",
  config: {},
  mask: "pass",
  forward: (_cx, _c, _w, [x]) => x!,
});
