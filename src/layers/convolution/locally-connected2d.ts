/**
 * A convolution with a kernel of its own for each place of y; gone in Keras 3.
 * x[B, H, W, C] → y[B, …, filters], or channels first. bias[..., filters] has y's places too.
 * kernel: under implementation 1 [places, window · C, filters]; under 2 [...x without batch, ...y without batch]; under 3
 * the numbers of that matrix that are in use.
 * Source: tf_keras/layers/locally_connected/locally_connected2d.py.
 */
import { layer } from "../define.ts";
import { activate, needRank } from "../common/checks.ts";
import { convDialects } from "../common/convolution-dialects.ts";
import { localFields, localWeights, locallyConnected } from "./shared/locally-connected.ts";

export const locallyConnected2d = layer({
  class: "LocallyConnected2D",
  until: "keras2",
  config: localFields(2),
  weights: localWeights,
  dialects: { keras1: convDialects(2).keras1 },
  forward(cx, c, w, [x]) {
    needRank(x!, 4);
    return activate(cx, locallyConnected(cx, c, x!, w.kernel, w.bias), c.activation);
  },
});
