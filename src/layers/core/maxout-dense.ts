/**
 * The largest of nb_feature linear functions: y = maxₖ(x·W[k] + b[k]). x[B, D] → y[B, output_dim].
 * W[nb_feature, D, output_dim], b[nb_feature, output_dim].
 * Source: keras 1.2.2 keras/layers/core.py (MaxoutDense).
 */
import { layer } from "../define.ts";
import { bool, initializer, int } from "../fields.ts";
import { constraints, regularizers } from "../common/weight-options.ts";
import { lastOf, needRank } from "../common/checks.ts";

export const maxoutDense = layer({
  class: "MaxoutDense",
  until: "keras1",
  config: {
    output_dim: int({ min: 1 }),
    nb_feature: int({ min: 1, default: 4 }),
    init: initializer("glorot_uniform"),
    ...regularizers("W", "b", "activity"),
    ...constraints("W", "b"),
    bias: bool(true),
  },
  weights: {
    W: { shape: (c, [x]) => [c.nb_feature, lastOf(x), c.output_dim], init: "init" },
    b: { when: (c) => c.bias, shape: (c) => [c.nb_feature, c.output_dim] },
  },
  forward(cx, _c, w, [x]) {
    needRank(x!, 2);
    const { op } = cx;
    const y = op.matmul(op.expandDims(x!, [0]), w.W);
    return op.max(w.b ? op.add(y, op.expandDims(w.b, [1])) : y, [0]);
  },
});
