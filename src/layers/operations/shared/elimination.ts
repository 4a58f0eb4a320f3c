/** Systems of linear equations, by elimination with the largest pivots: columns one a step of a loop, many by halves. */
import type { DType } from "../../../core/dtype.ts";
import type { Size, Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { sizesOf } from "./operation.ts";
import { counted, counting, productOfSizes, times } from "./sizes.ts";

interface Factors {
  /** P·A = L·U: below the diagonal L, whose own is 1, else U. */
  readonly lu: Sym;
  /** P, as a matrix of zeros and ones. */
  readonly order: Sym;
  /** Its determinant, [..., 1, 1]. */
  readonly sign: Sym;
}

/** Unit matrices of these sizes, the last two those of each. */
export function identityMatrix(cx: Context, sizes: readonly Size[], dtype: DType): Sym {
  const { op } = cx;
  const [row, column] = [-2, -1].map((at) => counting(cx, sizes.at(at)!, sizes.length + at, sizes.length)) as [
    Sym,
    Sym,
  ];
  return op.broadcastTo(op.cast(op.equal(row, column), dtype), sizes);
}

/** Their factors, one column a step. */
function oneByOne(cx: Context, a: Sym): Steps {
  const { op } = cx;
  const rank = a.shape.length;
  const n = cx.size(a, -1);
  const [row, column] = [counting(cx, cx.size(a, -2), rank - 2, rank), counting(cx, n, rank - 1, rank)];
  const start = op.broadcastTo(row, [...sizesOf(cx, a).slice(0, -1), 1]);
  const one = op.full([...sizesOf(cx, a).slice(0, -2), 1, 1], 1, a.dtype);
  const { carry } = cx.scan(
    [a, start, one],
    [op.iota(n, "int32")],
    ([x, places, sign], [k]) => {
      const at = op.reshape(k!, [1]);
      const isRow = op.equal(row, k!);
      const values = op.gather(x!, at, rank - 1);
      const candidates = op.where(op.greaterEqual(row, k!), op.abs(values), -1);
      const best = op.argmax(candidates, rank - 2, true);
      const isBest = op.equal(row, best);
      const [own, top] = [op.gather(x!, at, rank - 2), rowsAt(cx, x!, best)];
      const swapped = (m: Sym, mine: Sym, other: Sym): Sym => op.where(isRow, other, op.where(isBest, mine, m));
      const [first, pivot] = [own, top].map((line) => op.gather(line, at, rank - 1)) as [Sym, Sym];
      const below = op.greater(row, k!);
      const divisor = op.where(op.equal(pivot, 0), 1, pivot);
      const share = op.where(below, op.divide(swapped(values, first, pivot), divisor), 0);
      const product = op.multiply(share, op.where(op.greater(column, k!), top, 0));
      const reduced = op.subtract(swapped(x!, own, top), product);
      const next = op.where(op.logicalAnd(op.equal(column, k!), below), share, reduced);
      const order = swapped(places!, op.gather(places!, at, rank - 2), rowsAt(cx, places!, best));
      return { carry: [next, order, op.where(op.equal(best, k!), sign!, op.negative(sign!))], ys: [] };
    },
    { axis: 0 },
  );
  return { lu: carry[0]!, places: carry[1]!, sign: carry[2]! };
}

/** As `Factors`, the rows' places in A instead of a matrix: [..., m, 1]. */
interface Steps {
  readonly lu: Sym;
  readonly places: Sym;
  readonly sign: Sym;
}

/** Columns of a matrix that are taken one by one: at least so many, and a fourth of many, for each group has kernels of its own. */
const fewOf = (n: number | null): number => Math.max(32, Math.ceil((n ?? 0) / 4));

const part = (cx: Context, x: Sym, axis: -1 | -2, start: number, stop: number | null): Sym =>
  cx.op.slice(x, [{ axis, start, stop, step: 1 }]);

/** Rows of x[..., m, n] at places[..., k, 1]. */
function rowsAt(cx: Context, x: Sym, places: Sym): Sym {
  const { op } = cx;
  const sizes = sizesOf(cx, x);
  const [m, n] = sizes.slice(-2) as [Size, Size];
  const count = productOfSizes(sizes.slice(0, -2));
  const starts = op.multiply(op.expandDims(op.iota(count, "int32"), [1]), counted(cx, m));
  const all = op.add(op.reshape(places, [count, cx.size(places, -2)]), starts);
  const rows = op.gather(op.reshape(x, [times(count, m), n]), op.reshape(all, [-1]), 0);
  return op.reshape(rows, [...sizes.slice(0, -2), cx.size(places, -2), n]);
}

/** A[..., m, n], m ≥ n, by halves of its columns: most of the work are products. */
function eliminated(cx: Context, a: Sym, few: number): Steps {
  const { op } = cx;
  const n = a.shape.at(-1)!;
  if (n === null || n <= few) return oneByOne(cx, a);
  const half = Math.floor(n / 2);
  const left = eliminated(cx, part(cx, a, -1, 0, half), few);
  const right = rowsAt(cx, part(cx, a, -1, half, null), left.places);
  const [upper, lower] = [part(cx, left.lu, -2, 0, half), part(cx, left.lu, -2, half, null)];
  const beside = triangular(cx, upper, part(cx, right, -2, 0, half), true, true, few);
  const rest = eliminated(cx, op.subtract(part(cx, right, -2, half, null), op.matmul(lower, beside)), few);
  const below = (x: Sym): Sym => rowsAt(cx, x, rest.places);
  return {
    lu: op.concat([op.concat([upper, beside], -1), op.concat([below(lower), rest.lu], -1)], -2),
    places: op.concat([part(cx, left.places, -2, 0, half), below(part(cx, left.places, -2, half, null))], -2),
    sign: op.multiply(left.sign, rest.sign),
  };
}

/** A[..., n, n] as the product of triangles. */
export function factors(cx: Context, a: Sym): Factors {
  const { op } = cx;
  const { lu, places, sign } = eliminated(cx, a, fewOf(a.shape.at(-1)!));
  const column = counting(cx, cx.size(a, -1), a.shape.length - 1, a.shape.length);
  return { lu, order: op.cast(op.equal(places, column), a.dtype), sign };
}

/** X of T·X = B for a triangle T[..., n, n], whose other half is not looked at; `unit`: its diagonal is 1. */
export function triangular(
  cx: Context,
  t: Sym,
  b: Sym,
  lower: boolean,
  unit = false,
  few = fewOf(t.shape.at(-1)!),
): Sym {
  const { op } = cx;
  const rank = t.shape.length;
  const length = t.shape.at(-1)!;
  if (length !== null && length > few) {
    const half = Math.floor(length / 2);
    const solve = (at: 0 | 1, known: Sym | null): Sym => {
      const [start, stop] = at === 0 ? [0, half] : [half, null];
      const rows = part(cx, t, -2, start, stop);
      const own = part(cx, b, -2, start, stop);
      const beside = at === 0 ? part(cx, rows, -1, half, null) : part(cx, rows, -1, 0, half);
      const rest = known === null ? own : op.subtract(own, op.matmul(beside, known));
      return triangular(cx, part(cx, rows, -1, start, stop), rest, lower, unit, few);
    };
    const first = solve(lower ? 0 : 1, null);
    const second = solve(lower ? 1 : 0, first);
    return op.concat(lower ? [first, second] : [second, first], -2);
  }
  const n = cx.size(t, -1);
  const [row, column] = [counting(cx, n, rank - 2, rank), counting(cx, n, rank - 1, rank)];
  const strict = op.where(lower ? op.less(column, row) : op.greater(column, row), t, op.constant(0, t.dtype));
  const diagonal = op.sum(op.where(op.equal(row, column), t, op.constant(0, t.dtype)), [-1], true);
  const count = op.iota(n, "int32");
  const start = op.full(sizesOf(cx, op.matmul(strict, b)), 0, b.dtype);
  const { carry } = cx.scan(
    [start],
    [lower ? count : op.reverse(count, [0])],
    ([x], [k]) => {
      const rowOf = (y: Sym): Sym => op.gather(y, op.reshape(k!, [1]), y.shape.length - 2);
      const rest = op.subtract(rowOf(b), op.matmul(rowOf(strict), x!));
      const own = unit ? rest : op.divide(rest, rowOf(diagonal));
      return { carry: [op.where(op.equal(row, k!), own, x!)], ys: [] };
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
