/**
 * Connectionist temporal classification: -log of the probability of a target among all ways to stretch it with blanks.
 * Graves et al., Connectionist Temporal Classification, 2006. Where no way is long enough TensorFlow has numbers all the same:
 * states at which none may begin or end have a probability of 1e-307 for it. Its value begins where it may; its gradient
 * anywhere. Source: tensorflow/python/ops/ctc_ops.py (`ctc_loss_and_grad`).
 */
import type { OpContext, Ops } from "./builder.ts";
import type { Size, Sym } from "./types.ts";

/** What stands for log 0 where TensorFlow's is finite. */
const RARELY = Math.log(1e-307);

const times2 = (n: Size): Size => (typeof n === "number" ? 2 * n : { fn: "mul", a: n, b: 2 });
const plus1 = (n: Size): Size => (typeof n === "number" ? n + 1 : { fn: "add", a: n, b: 1 });

/** log(eᵃ + eᵇ), whose gradients are their shares; of two -∞ it is that, and has none. */
export function logAdd(op: Ops, a: Sym, b: Sym): Sym {
  const most = op.maximum(a, b);
  const from = op.where(op.equal(most, -Infinity), 0, most);
  const parts = op.add(op.exp(op.subtract(a, from)), op.exp(op.subtract(b, from)));
  const isNone = op.equal(parts, 0);
  return op.where(isNone, -Infinity, op.add(from, op.log(op.where(isNone, 1, parts))));
}

/** log Σeˣ over axes. */
export const logSumExp = (op: Ops, x: Sym, axes: readonly number[], keepdims: boolean): Sym => {
  const most = op.stopGradient(op.max(x, axes, true));
  const sum = op.add(op.log(op.sum(op.exp(op.subtract(x, most)), axes, true)), most);
  return keepdims ? sum : op.squeeze(sum, axes);
};

/** labels[B, U] of which `counts`[B] are the target; logits[B, T, C] of which `steps`[B] run: int32 and floats. */
export function ctcLoss(cx: OpContext, labels: Sym, logits: Sym, counts: Sym, steps: Sym, blank: number): Sym {
  const { op } = cx;
  const u = cx.size(labels, 1);
  const blanks = op.add(op.multiply(labels, 0), blank);
  // A blank before each label and behind the last: [B, N]. A label that is the blank is the class before it, as in TensorFlow.
  const classes = blank === 0 ? labels : op.where(op.equal(labels, blank), blank - 1, labels);
  const alternating = (a: Sym, b: Sym): Sym => op.reshape(op.stack([a, b], 2), [cx.size(labels, 0), times2(u)]);
  const behind = (pairs: Sym): Sym => op.pad(pairs, [[0, 0], [0, 1]], blank); // prettier-ignore
  const states = behind(alternating(blanks, classes));
  const place = op.iota(plus1(times2(u)), "int32");
  const isLabel = op.equal(op.subtract(place, op.multiply(op.floorDivide(place, 2), 2)), 1);

  const whole = logSumExp(op, logits, [2], true);
  const hot = op.equal(op.expandDims(states, [1]), op.expandDims(op.iota(cx.size(logits, 2), "int32"), [0, 2]));
  const scores = op.matmul(op.subtract(logits, whole), op.cast(hot, logits.dtype));
  // TensorFlow's gradient does not count labels that are class 0, which with it is the blank.
  const isCounted = op.expandDims(op.logicalNot(op.logicalAnd(isLabel, op.equal(states, blank))), [1]);
  const still = op.add(op.stopGradient(scores), op.subtract(op.stopGradient(whole), whole));
  const emitted = blank === 0 ? op.where(isCounted, scores, still) : scores;

  const later = (x: Sym, by: number, axes: number): Sym =>
    op.slice(
      op.pad(x, [...Array.from({ length: axes }, () => [0, 0] as const), [by, 0]], axes === 1 ? -1 : -Infinity),
      [{ axis: axes, start: 0, stop: -by, step: 1 }],
    );
  const skips = op.expandDims(op.logicalAnd(isLabel, op.notEqual(states, later(states, 2, 1))), [1]);
  // Two sums at once, [B, 2, N]: of what begins with the first blank or label, and of what begins anywhere, rarely.
  const isAny = op.equal(op.expandDims(op.iota(2, "int32"), [1]), 1);
  const begin = op.where(isAny, RARELY, op.where(op.less(place, 2), op.constant(0, logits.dtype), -Infinity));
  const nothing = op.multiply(op.cast(op.expandDims(states, [1]), logits.dtype), 0);
  const { carry } = cx.scan(
    [op.add(nothing, op.where(isAny, op.constant(RARELY, logits.dtype), -Infinity)), op.multiply(steps, 0)],
    [emitted],
    ([alpha, step], [now]) => {
      const stay = logAdd(op, alpha!, later(alpha!, 1, 2));
      const moved = logAdd(op, stay, op.where(skips, later(alpha!, 2, 2), -Infinity));
      const isFirst = op.logicalAnd(op.expandDims(op.equal(step!, 0), [1, 2]), op.logicalNot(isAny));
      const from = op.where(isFirst, begin, moved);
      const runs = op.expandDims(op.less(step!, steps), [1, 2]);
      return { carry: [op.where(runs, op.add(from, op.expandDims(now!, [1])), alpha!), op.add(step!, 1)], ys: [] };
    },
  );
  const end = op.multiply(op.expandDims(counts, [1]), 2);
  const ends = op.logicalOr(op.equal(place, end), op.equal(place, op.subtract(end, 1)));
  const left = op.add(carry[0]!, op.expandDims(op.where(ends, op.constant(0, logits.dtype), RARELY), [1]));
  const never = op.where(op.equal(counts, 0), op.constant(0, logits.dtype), RARELY);
  const sum = op.where(op.less(steps, 1), never, logSumExp(op, op.take(left, 1, 0), [1], false));
  const value = op.stopGradient(sum);
  const slope = logSumExp(op, op.reshape(left, [cx.size(labels, 0), -1]), [1], false);
  const isRun = op.greater(steps, 0);
  const own = op.where(isRun, op.subtract(slope, op.stopGradient(slope)), 0);
  return op.negative(op.add(value, own));
}
