/**
 * LocallyConnected1D, LocallyConnected2D: a convolution with a kernel of its own for each place of y; gone in Keras 3.
 * x[B, ...spatial, C] → y[B, ...spatial', filters], or channels first. bias[...spatial', filters].
 * kernel: under implementation 1 [places, window · C, filters]; under 2 [...x without batch, ...y without batch]; under 3
 * the numbers of that matrix that are in use.
 * Source: tf_keras/layers/locally_connected/locally_connected1d.py, locally_connected2d.py.
 */
import { layer } from "../define.ts";
import { activate, needRank } from "../common/checks.ts";
import { convDialects } from "../common/convolution-dialects.ts";
import type { Rank } from "../common/spatial.ts";
import { localOptions, localWeights, localConv } from "./shared/locally-connected.ts";

const locallyConnected = (rank: Exclude<Rank, 3>) =>
  layer({
    class: `LocallyConnected${rank}D`,
    until: "keras2",
    config: localOptions(rank),
    weights: localWeights,
    dialects: { keras1: convDialects(rank).keras1 },
    forward(cx, c, w, [x]) {
      needRank(x!, rank + 2);
      return activate(cx, localConv(cx, c, x!, w.kernel, w.bias), c.activation);
    },
  });

export const locallyConnected1d = locallyConnected(1);
export const locallyConnected2d = locallyConnected(2);
