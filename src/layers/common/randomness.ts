/**
 * Units dropped and noise made in training. When a model predicts nothing of it happens, unless a file of tf-keras asks for
 * it (`training=True`), which is refused: Keras would answer otherwise each time.
 */
import { fail } from "../../core/error.ts";
import type { Shape, Size, Sym } from "../../ops/types.ts";
import type { Context } from "../define.ts";

/** Lengths of x; `shape` says otherwise for some axes. */
function lengths(cx: Context, x: Sym, shape: Shape | null): Size[] {
  return x.shape.map((_, axis) => shape?.[axis] ?? cx.size(x, axis));
}

/** Whether a rate means anything in this call. */
const isLive = (cx: Context, rate: number): boolean => cx.training && rate > 0;

/**
 * x with elements dropped at a rate, the others grown to make up for it. `shape`: lengths of the draws where they are not
 * those of x: elements along an axis of 1 are dropped together. Source: keras/src/backend/tensorflow/random.py (`dropout`).
 */
export function droppedOut(cx: Context, x: Sym, rate: number, shape: Shape | null = null): Sym {
  if (!isLive(cx, rate)) return x;
  const { op } = cx;
  if (rate >= 1) return op.multiply(x, 0);
  const keeps = op.greaterEqual(cx.uniform(lengths(cx, x, shape)), rate);
  return op.where(keeps, op.divide(x, 1 - rate), 0);
}

/** Normal numbers, as many as x has elements, by Box and Muller. */
export function normal(cx: Context, x: Sym): Sym {
  const { op } = cx;
  const [u, v] = [cx.uniform(lengths(cx, x, null)), cx.uniform(lengths(cx, x, null))];
  const radius = op.sqrt(op.multiply(op.log(op.subtract(1, u)), -2));
  return op.multiply(radius, op.cos(op.multiply(v, 2 * Math.PI)));
}

/** Refuses a call in training: what it would draw is not computed here. */
export function refuseTraining(cx: Context, what: string): void {
  if (cx.training) fail("unsupported/random", { message: `${what}, in training` });
}
