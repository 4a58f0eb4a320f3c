/** Systems of linear equations, by elimination with the largest pivots: one column a step of a loop. */
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { counting } from "./sizes.ts";

interface Factors {
  /** P·A = L·U: below the diagonal L, whose own is 1, else U. */
  readonly lu: Sym;
  /** P, as a matrix of zeros and ones. */
  readonly order: Sym;
  /** Its determinant, [..., 1, 1]. */
  readonly sign: Sym;
}

/** Row `k` of a matrix, kept as one. */
function rowOf(cx: Context, x: Sym, isRow: Sym): Sym {
  return cx.op.sum(cx.op.where(isRow, x, cx.op.constant(0, x.dtype)), [-2], true);
}

/** A matrix as the unit one, for each of a batch. */
export function identityMatrix(cx: Context, like: Sym): Sym {
  const { op } = cx;
  const rank = like.shape.length;
  const [row, column] = [
    counting(cx, cx.size(like, -2), rank - 2, rank),
    counting(cx, cx.size(like, -1), rank - 1, rank),
  ];
  return op.where(op.equal(row, column), op.constant(1, like.dtype), op.multiply(like, 0));
}

/** A[..., n, n] as the product of triangles. */
export function factors(cx: Context, a: Sym): Factors {
  const { op } = cx;
  const rank = a.shape.length;
  const n = cx.size(a, -1);
  const [row, column] = [counting(cx, n, rank - 2, rank), counting(cx, n, rank - 1, rank)];
  const one = op.add(op.multiply(op.sum(a, [-2, -1], true), 0), 1);
  const { carry } = cx.scan(
    [a, identityMatrix(cx, a), one],
    [op.iota(n, "int32")],
    ([x, order, sign], [k]) => {
      const isColumn = op.equal(column, k!);
      const isRow = op.equal(row, k!);
      const values = op.sum(op.where(isColumn, x!, op.constant(0, a.dtype)), [-1], true);
      const candidates = op.where(op.greaterEqual(row, k!), op.abs(values), -1);
      const best = op.argmax(candidates, rank - 2, true);
      const isBest = op.equal(row, best);
      const swapped = (m: Sym): Sym => {
        const [own, other] = [rowOf(cx, m, isRow), rowOf(cx, m, isBest)];
        return op.where(isRow, other, op.where(isBest, own, m));
      };
      const y = swapped(x!);
      const top = rowOf(cx, y, isRow);
      const pivot = op.sum(op.where(isColumn, top, op.constant(0, a.dtype)), [-1], true);
      const below = op.greater(row, k!);
      const own = op.sum(op.where(isColumn, y, op.constant(0, a.dtype)), [-1], true);
      const singular = op.equal(pivot, 0);
      const share = op.where(below, op.divide(own, op.where(singular, 1, pivot)), 0);
      const reduced = op.subtract(y, op.multiply(share, op.where(op.greater(column, k!), top, 0)));
      const next = op.where(op.logicalAnd(isColumn, below), share, reduced);
      return { carry: [next, swapped(order!), op.where(op.equal(best, k!), sign!, op.negative(sign!))], ys: [] };
    },
    { axis: 0 },
  );
  return { lu: carry[0]!, order: carry[1]!, sign: carry[2]! };
}

/** X of T·X = B for a triangle T[..., n, n], whose other half is not looked at; `unit`: its diagonal is 1. */
export function triangular(cx: Context, t: Sym, b: Sym, lower: boolean, unit = false): Sym {
  const { op } = cx;
  const rank = t.shape.length;
  const n = cx.size(t, -1);
  const [row, column] = [counting(cx, n, rank - 2, rank), counting(cx, n, rank - 1, rank)];
  const strict = op.where(lower ? op.less(column, row) : op.greater(column, row), t, op.constant(0, t.dtype));
  const diagonal = op.sum(op.where(op.equal(row, column), t, op.constant(0, t.dtype)), [-1], true);
  const count = op.iota(n, "int32");
  const start = op.multiply(op.matmul(strict, b), 0);
  const { carry } = cx.scan(
    [start],
    [lower ? count : op.reverse(count, [0])],
    ([x], [k]) => {
      const isRow = op.equal(row, k!);
      const known = op.matmul(rowOf(cx, strict, isRow), x!);
      const rest = op.subtract(rowOf(cx, b, isRow), known);
      const own = unit ? rest : op.divide(rest, rowOf(cx, diagonal, isRow));
      return { carry: [op.where(isRow, own, x!)], ys: [] };
    },
    { axis: 0 },
  );
  return carry[0]!;
}

/** X of A·X = B, with B[..., n, m]. */
export function solved(cx: Context, a: Sym, b: Sym): Sym {
  const { lu, order } = factors(cx, a);
  return triangular(cx, lu, triangular(cx, lu, cx.op.matmul(order, b), true, true), false);
}
