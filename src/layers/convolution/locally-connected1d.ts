/**
 * A convolution with a kernel of its own for each place of y; gone in Keras 3.
 * x[B, T, C] → y[B, …, filters], or channels first. bias[..., filters] has y's places too.
 * kernel: under implementation 1 [places, window · C, filters]; under 2 [...x without batch, ...y without batch]; under 3
 * the numbers of that matrix that are in use.
 * Source: tf_keras/layers/locally_connected/locally_connected1d.py.
 */
import { layer } from "../define.ts";
import { activate, needRank } from "../common/checks.ts";
import { convDialects } from "../common/convolution-dialects.ts";
import { localFields, localWeights, locallyConnected } from "./shared/locally-connected.ts";

export const locallyConnected1d = layer({
  class: "LocallyConnected1D",
  until: "keras2",
  config: localFields(1),
  weights: localWeights,
  dialects: { keras1: convDialects(1).keras1 },
  forward(cx, c, w, [x]) {
    needRank(x!, 3);
    return activate(cx, locallyConnected(cx, c, x!, w.kernel, w.bias), c.activation);
  },
});
