/**
 * y = activation(x), element by element but for the softmaxes. x[B, …] → y[B, …]. No weights.
 * Source: keras/src/layers/activations/activation.py.
 */
import { layer } from "../define.ts";
import { activation as activationField } from "../fields.ts";
import { activate } from "../common/checks.ts";

export const activation = layer({
  class: "Activation",
  config: { activation: activationField("linear") },
  mask: "pass",
  forward: (cx, c, _w, [x]) => activate(cx, x!, c.activation),
});
