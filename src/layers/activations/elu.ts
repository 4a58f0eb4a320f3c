/**
 * y = x where x > 0, else alpha · (eˣ - 1). No weights.
 * Source: keras/src/layers/activations/elu.py.
 */
import { layer } from "../define.ts";
import { float } from "../fields.ts";
import { plainNumbers } from "../common/dialects.ts";

export const elu = layer({
  class: "ELU",
  config: { alpha: float(1) },
  dialects: { keras2: { upgrade: plainNumbers } },
  mask: "pass",
  forward: (cx, c, _w, [x]) => cx.op.activation(x!, { fn: "elu", ...c }),
});
