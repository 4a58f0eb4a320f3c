/** Loss of embeddings by the labels of a batch. Source: keras/src/losses/losses.py (`circle`). */
import type { Ops } from "../../ops/builder.ts";
import type { Sym } from "../../ops/types.ts";
import { bool, float } from "../../layers/fields.ts";
import { lossOf } from "./shared.ts";

/** What stands for -∞: its exponential is 0, and so is its gradient. */
const NOTHING = -1e30;

/** log Σ exp along axis 1, where `held`. */
function logSumExp(op: Ops, held: Sym, x: Sym): Sym {
  const all = op.where(held, x, NOTHING);
  const top = op.max(all, [1], true);
  return op.add(op.squeeze(top, [1]), op.log(op.sum(op.exp(op.subtract(all, top)), [1])));
}

/** Circle: yTrue[B] labels, yPred[B, D] unit vectors. Samples without a pair count for nothing. */
export const circle = lossOf({
  class: "Circle",
  functions: ["circle"],
  config: { gamma: float(80), margin: float(0.4), remove_diagonal: bool(true) },
  each({ op, size }, { yTrue, yPred }, o) {
    const labels = op.reshape(op.cast(yTrue, "int32"), [-1]);
    const far = op.maximum(op.subtract(1, op.matmul(yPred, yPred, { transposeB: true })), 0);
    const same = op.equal(op.expandDims(labels, [1]), op.expandDims(labels, [0]));
    const index = op.iota(size(yPred, 0), "int32");
    const others = op.notEqual(op.expandDims(index, [1]), op.expandDims(index, [0]));
    const positive = o.remove_diagonal ? op.logicalAnd(same, others) : same;
    const near = op.multiply(op.maximum(op.add(far, o.margin), 0), op.subtract(o.margin, far));
    const apart = op.multiply(op.maximum(op.subtract(1 + o.margin, far), 0), op.subtract(1 - o.margin, far));
    const p = logSumExp(op, positive, op.multiply(near, -o.gamma));
    const n = logSumExp(op, op.logicalNot(same), op.multiply(apart, o.gamma));
    const values = op.activation(op.add(p, n), { fn: "softplus" });
    return { values, mask: op.greater(values, 0) };
  },
});
