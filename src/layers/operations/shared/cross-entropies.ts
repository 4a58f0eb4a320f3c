/** Entropies between targets and outputs of networks, as both generations of Keras have them; labels that are kept of lines. */
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { logSumExp } from "../../common/softmax.ts";
import { alongLast } from "./along.ts";
import { counting } from "./sizes.ts";

const EPSILON = 1e-7;

const logSoftmax = (cx: Context, x: Sym, axis: number): Sym => cx.op.subtract(x, logSumExp(cx, x, [axis]));
/** In their own dtype: 1 less the largest is that far from 0. */
export const clipped = (cx: Context, x: Sym): Sym =>
  cx.op.rounded(cx.op.minimum(cx.op.maximum(x, EPSILON), 1 - EPSILON));

/** Of each number between 0 and 1, or of what sigmoid makes it of. */
export function binary(cx: Context, target: Sym, output: Sym, fromLogits: boolean): Sym {
  const { op } = cx;
  if (fromLogits) {
    const rest = op.log1p(op.exp(op.negative(op.abs(output))));
    return op.add(op.subtract(op.maximum(output, 0), op.multiply(output, target)), rest);
  }
  const p = clipped(cx, output);
  const wrong = op.multiply(op.subtract(1, target), op.log(op.subtract(1, p)));
  return op.negative(op.add(op.multiply(target, op.log(p)), wrong));
}

/** Of shares along an axis, which are brought to a sum of 1. */
export function categorical(cx: Context, target: Sym, output: Sym, fromLogits: boolean, axis: number): Sym {
  const { op } = cx;
  const parts = (): Sym => op.log(clipped(cx, op.divide(output, op.sum(output, [axis], true))));
  return op.negative(op.sum(op.multiply(target, fromLogits ? logSoftmax(cx, output, axis) : parts()), [axis]));
}

/** Of the one class of each line that the target names. */
export function sparse(cx: Context, given: Sym, output: Sym, fromLogits: boolean): Sym {
  const { op } = cx;
  const last = output.shape.length - 1;
  const target = given.shape.length === last ? op.expandDims(given, [last]) : given;
  const logits = fromLogits ? output : op.log(clipped(cx, output));
  const chosen = alongLast(cx, logSoftmax(cx, logits, last), op.cast(target, "int32"));
  return op.negative(op.squeeze(chosen, [last]));
}

/** The labels [B, T] that are kept, one behind the other, -1 behind the last. */
export function packed(cx: Context, labels: Sym, kept: Sym): Sym {
  const { op } = cx;
  const place = op.subtract(op.cumsum(op.cast(kept, "int32"), 1), 1);
  const hit = op.logicalAnd(op.expandDims(kept, [1]), op.equal(op.expandDims(place, [1]), counting(cx, cx.size(labels, 1), 1, 3))); // prettier-ignore
  return op.subtract(op.sum(op.where(hit, op.expandDims(op.add(labels, 1), [1]), 0), [2]), 1);
}
