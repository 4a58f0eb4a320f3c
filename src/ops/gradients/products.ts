/** Gradients of reductions and of matrix products. */
import type { OpContext } from "../builder.ts";
import type { Sym } from "../types.ts";
import { type Gradient, knownLengths, sumTo } from "./define.ts";

const PLACES = { notDifferentiable: "an index" };
const BOOLS = { notDifferentiable: "a bool" };

/** A reduced value with its axes back, of length 1. */
const kept = (
  { op }: OpContext,
  y: Sym,
  attrs: { readonly axes: readonly number[]; readonly keepdims: boolean },
): Sym =>
  attrs.keepdims || attrs.axes.length === 0
    ? y
    : op.expandDims(
        y,
        [...attrs.axes].sort((a, b) => a - b),
      );

/** Elements equal to the largest share what it gets, as in TensorFlow. */
const extreme: Gradient<"max" | "min"> = (cx, { x: { x }, y, dy, attrs }) => {
  const { op } = cx;
  const hits = op.cast(op.equal(x, kept(cx, y, attrs)), x.dtype);
  return { x: op.multiply(hits, op.divide(kept(cx, dy, attrs), op.sum(hits, attrs.axes, true))) };
};

/** The product of the others: where one is 0 only that one has a gradient. */
const prod: Gradient<"prod"> = (cx, { x: { x }, dy, attrs }) => {
  const { op } = cx;
  const isZero = op.equal(x, 0);
  const factors = op.where(isZero, 1, x);
  const others = op.multiply(kept(cx, dy, attrs), op.prod(factors, attrs.axes, true));
  const zeros = op.sum(op.cast(isZero, "int32"), attrs.axes, true);
  const ofZero = op.where(op.equal(zeros, 1), others, 0);
  return { x: op.where(isZero, ofZero, op.where(op.equal(zeros, 0), op.divide(others, factors), 0)) };
};

/** The last two axes swapped. */
function turned({ op }: OpContext, x: Sym): Sym {
  const rank = x.shape.length;
  return op.transpose(x, [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2]);
}

const matmul: Gradient<"matmul"> = (cx, { x: { a, b }, dy, attrs: { transposeA, transposeB } }) => {
  const { op } = cx;
  if (b.shape.length === 2 && a.shape.length > 2 && !transposeA) {
    // A stack of rows against one matrix is one product.
    const [rows, columns] = [knownLengths(a).at(-1)!, knownLengths(dy).at(-1)!];
    const count = knownLengths(dy)
      .slice(0, -1)
      .reduce((n, length) => n * length, 1);
    const [flatA, flatDy] = [op.reshape(a, [count, rows]), op.reshape(dy, [count, columns])];
    return {
      a: op.matmul(dy, b, { transposeB: !transposeB }),
      b: transposeB ? op.matmul(flatDy, flatA, { transposeA: true }) : op.matmul(flatA, flatDy, { transposeA: true }),
    };
  }
  const left = op.matmul(dy, b, { transposeB: !transposeB });
  const right = op.matmul(a, dy, { transposeA: !transposeA });
  return {
    a: sumTo(cx, transposeA ? turned(cx, left) : left, a),
    b: sumTo(cx, transposeB ? turned(cx, right) : right, b),
  };
};

/** Gradients of the operations that add up. */
export const products = {
  sum: ((cx, { x: { x }, dy, attrs }) => ({
    x: cx.op.broadcastTo(kept(cx, dy, attrs), knownLengths(x)),
  })) satisfies Gradient<"sum">,
  mean: ((cx, { x: { x }, dy, attrs }) => {
    const count = attrs.axes.reduce((n, axis) => n * knownLengths(x)[axis]!, 1);
    return { x: cx.op.broadcastTo(cx.op.divide(kept(cx, dy, attrs), count), knownLengths(x)) };
  }) satisfies Gradient<"mean">,
  prod,
  max: extreme,
  min: extreme,
  any: BOOLS,
  all: BOOLS,
  argmax: PLACES,
  argmin: PLACES,
  matmul,
};
