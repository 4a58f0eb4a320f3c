/** Cholesky's and Householder's factors of matrices, one column a step of a loop. */
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { identityMatrix } from "./elimination.ts";
import { lengthThere, sizesOf } from "./operation.ts";
import { counting } from "./sizes.ts";

/** L of A = L·Lᵀ, of the lower half of A[..., n, n]; NaN where A is not positive definite. */
export function cholesky(cx: Context, a: Sym): Sym {
  const { op } = cx;
  const rank = a.shape.length;
  const n = cx.size(a, -1);
  const [row, column] = [counting(cx, n, rank - 2, rank), counting(cx, n, rank - 1, rank)];
  const zero = op.constant(0, a.dtype);
  const lower = op.where(op.greaterEqual(row, column), a, zero);
  const { carry } = cx.scan(
    [op.full(sizesOf(cx, a), 0, a.dtype)],
    [op.iota(n, "int32")],
    ([l], [k]) => {
      const [isRow, isColumn] = [op.equal(row, k!), op.equal(column, k!)];
      const own = op.sum(op.where(isColumn, lower, zero), [-1], true);
      const known = op.matmul(l!, op.sum(op.where(isRow, l!, zero), [-2], true), { transposeB: true });
      const rest = op.subtract(own, known);
      const top = op.sqrt(op.sum(op.where(isRow, rest, zero), [-2], true));
      const values = op.where(op.greaterEqual(row, k!), op.divide(rest, top), zero);
      return { carry: [op.where(isColumn, values, l!)], ys: [] };
    },
    { axis: 0 },
  );
  return carry[0]!;
}

/** Q and R of A[..., m, n], with the signs that LAPACK and Eigen choose; all of Q, or as many columns as R has rows. */
export function orthogonalFactors(cx: Context, a: Sym, complete: boolean): readonly Sym[] {
  const { op } = cx;
  const rank = a.shape.length;
  const [m, n] = [lengthThere(a, rank - 2), lengthThere(a, rank - 1)];
  const [row, column] = [counting(cx, m, rank - 2, rank), counting(cx, n, rank - 1, rank)];
  const zero = op.constant(0, a.dtype);
  const { carry } = cx.scan(
    [a, identityMatrix(cx, [...sizesOf(cx, a).slice(0, -1), m], a.dtype)],
    [op.iota(Math.min(m, n), "int32")],
    ([r, q], [k]) => {
      const isRow = op.equal(row, k!);
      const x = op.sum(op.where(op.equal(column, k!), r!, zero), [-1], true);
      const first = op.sum(op.where(isRow, x, zero), [-2], true);
      const below = op.where(op.greater(row, k!), x, zero);
      const rest = op.sum(op.square(below), [-2], true);
      const none = op.equal(rest, 0);
      const size = op.sqrt(op.add(op.square(first), rest));
      const beta = op.where(op.less(first, 0), size, op.negative(size));
      const v = op.where(isRow, 1, op.divide(below, op.where(none, 1, op.subtract(first, beta))));
      const tau = op.where(none, zero, op.divide(op.subtract(beta, first), op.where(none, 1, beta)));
      const next = op.subtract(r!, op.multiply(op.multiply(tau, v), op.matmul(v, r!, { transposeA: true })));
      const turned = op.matmul(op.matmul(q!, v), op.multiply(tau, v), { transposeB: true });
      return { carry: [next, op.subtract(q!, turned)], ys: [] };
    },
    { axis: 0 },
  );
  const r = op.where(op.lessEqual(row, column), carry[0]!, zero);
  if (complete || m <= n) return [carry[1]!, r];
  const part = (x: Sym, axis: number): Sym => op.slice(x, [{ axis, start: 0, stop: n, step: 1 }]);
  return [part(carry[1]!, rank - 1), part(r, rank - 2)];
}
