/**
 * Connectionist temporal classification: -log of the probability of all paths that spell the labels, summed up step by step.
 * Sources: keras/src/losses/losses.py (`ctc`), Graves et al. 2006.
 */
import { fail } from "../../core/error.ts";
import { showShape } from "../../core/tensor.ts";
import type { OpContext, Ops } from "../../ops/builder.ts";
import type { Sym } from "../../ops/types.ts";
import { logSoftmax } from "./crossentropy.ts";
import { lossOf } from "./shared.ts";

/** What stands for log 0. */
const NEVER = -1e30;

const from = (op: Ops, x: Sym, start: number, stop: number | null): Sym =>
  op.slice(x, [{ axis: 1, start, stop, step: 1 }]);

/** x[B, S] one or two places later, `value` in front. */
function later(op: Ops, x: Sym, by: number, value: number): Sym {
  return from(op, op.pad(x, [[0, 0], [by, 0]], value), 0, -by); // prettier-ignore
}

function logSumExp(op: Ops, all: readonly Sym[]): Sym {
  const top = all.reduce((a, b) => op.maximum(a, b));
  const sum = all.map((x) => op.exp(op.subtract(x, top))).reduce((a, b) => op.add(a, b));
  return op.add(top, op.log(sum));
}

/** labels[B, L] of classes from 1, 0 where there is none; x[B, T, C] logits, class 0 is the blank. */
function ctcOf(cx: OpContext, labels: Sym, x: Sym): Sym {
  const { op, size } = cx;
  const classes = op.iota(size(x, 2), "int32");
  const known = op.gather(classes, op.cast(labels, "int32"), 0);
  const [batch, length] = [size(known, 0), size(known, 1)];
  // Blanks between the labels, before and behind them: [B, 2 L + 1].
  const pairs = op.reshape(op.stack([op.multiply(known, 0), known], 2), [batch, { fn: "mul", a: length, b: 2 }]);
  const places = op.pad(pairs, [[0, 0], [0, 1]]); // prettier-ignore
  const hot = op.cast(op.equal(op.expandDims(places, [1]), op.expandDims(classes, [0, 2])), x.dtype);
  const scores = op.matmul(logSoftmax(op, x, 2), hot);
  const skips = op.logicalAnd(op.notEqual(places, 0), op.notEqual(places, later(op, places, 2, 0)));
  const place = op.iota(size(places, 1), "int32");
  const start = op.where(op.less(place, 2), op.take(scores, 1, 0), NEVER);
  const { carry } = cx.scan([start], [from(op, scores, 1, null)], ([before], [score]) => {
    const jump = op.where(skips, later(op, before!, 2, NEVER), NEVER);
    const sum = logSumExp(op, [before!, later(op, before!, 1, NEVER), jump]);
    return { carry: [op.add(sum, score!)], ys: [] };
  });
  const count = op.sum(op.cast(op.notEqual(known, 0), "int32"), [1], true);
  const end = op.multiply(count, 2);
  const at = (index: Sym) => op.sum(op.where(op.equal(place, index), carry[0]!, 0), [1]);
  const none = op.squeeze(op.equal(count, 0), [1]);
  const last = op.where(none, NEVER, at(op.subtract(end, 1)));
  return op.negative(logSumExp(op, [at(end), last]));
}

/** CTC: yTrue[B, L] classes from 1, padded with 0; yPred[B, T, C] logits. */
export const ctc = lossOf({
  class: "CTC",
  functions: ["ctc"],
  config: {},
  each(cx, { yTrue, yPred }) {
    if (yTrue.shape.length !== 2 || yPred.shape.length !== 3)
      fail("mismatch/rank", {
        source: "ctc",
        expected: "labels [B, L] and logits [B, T, C]",
        found: `${showShape(yTrue.shape)} and ${showShape(yPred.shape)}`,
      });
    return ctcOf(cx, yTrue, yPred);
  },
});
