/** Singular values, by turning pairs of columns until all are orthogonal (Hestenes, 1958). */
import { listOf } from "../../../core/list.ts";
import { fail } from "../../../core/error.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { identityMatrix } from "./elimination.ts";
import { lengthThere } from "./operation.ts";
import { counting } from "./sizes.ts";

/** Sweeps over all pairs: they converge quadratically. */
const SWEEPS = 10;
const MOST = 64;

interface Singular {
  /** U·S, with min(m, n) columns. */
  readonly us: Sym;
  readonly v: Sym;
  /** S in their order, [..., min(m, n)]. */
  readonly own: Sym;
  /** From large to small. */
  readonly s: Sym;
}

/** The singular values of x[..., m, n], and the directions that belong to them. */
export function singular(cx: Context, x: Sym): Singular {
  const { op } = cx;
  const rank = x.shape.length;
  const turn = (y: Sym): Sym =>
    op.transpose(y, y.shape.map((_, i) => (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i))); // prettier-ignore
  const wide = lengthThere(x, rank - 2) < lengthThere(x, rank - 1);
  const a = wide ? turn(x) : x;
  const n = lengthThere(a, rank - 1);
  if (n > MOST) fail("limit/size", { expected: `at most ${MOST} columns or rows`, found: String(n) });
  const once = listOf(n, (i) => listOf(n - 1 - i, (j) => [i, i + 1 + j])).flat();
  const pairs = listOf(SWEEPS, () => once).flat();
  const list = (side: 0 | 1): Sym => op.array(pairs.map((pair) => pair[side]!), [pairs.length], "int32"); // prettier-ignore
  const column = counting(cx, n, rank - 1, rank);
  const zero = op.constant(0, a.dtype);
  const start = [a, identityMatrix(cx, op.multiply(op.matmul(a, a, { transposeA: true }), 0))];
  const step = ([u, v]: readonly Sym[], [i, j]: readonly Sym[]) => {
    const [isI, isJ] = [op.equal(column, i!), op.equal(column, j!)];
    const part = (m: Sym, is: Sym): Sym => op.sum(op.where(is, m, zero), [-1], true);
    const [p, q] = [part(u!, isI), part(u!, isJ)];
    const dot = (s: Sym, t: Sym): Sym => op.sum(op.multiply(s, t), [-2], true);
    const between = dot(p, q);
    const done = op.equal(between, 0);
    const zeta = op.divide(op.subtract(dot(q, q), dot(p, p)), op.where(done, 1, op.multiply(between, 2)));
    const size = op.reciprocal(op.add(op.abs(zeta), op.sqrt(op.add(op.square(zeta), 1))));
    const tangent = op.where(done, zero, op.where(op.less(zeta, 0), op.negative(size), size));
    const cos = op.rsqrt(op.add(op.square(tangent), 1));
    const sin = op.multiply(cos, tangent);
    const turned = (m: Sym): Sym => {
      const [s, t] = [part(m, isI), part(m, isJ)];
      const first = op.subtract(op.multiply(cos, s), op.multiply(sin, t));
      return op.where(isI, first, op.where(isJ, op.add(op.multiply(sin, s), op.multiply(cos, t)), m));
    };
    return { carry: [turned(u!), turned(v!)], ys: [] };
  };
  const [us, v] = (n === 1 ? start : cx.scan(start, [list(0), list(1)], step, { axis: 0 }).carry) as [Sym, Sym];
  const own = op.sqrt(op.sum(op.square(us), [-2]));
  const s = op.sort(own, rank - 2, true);
  if (!wide) return { us, v, own, s };
  // Of the transpose the sides change places: V·S of one is U·S of the other.
  const scale = op.expandDims(op.where(op.equal(own, 0), 1, own), [rank - 2]);
  return { us: op.multiply(v, scale), v: op.divide(us, scale), own, s };
}
