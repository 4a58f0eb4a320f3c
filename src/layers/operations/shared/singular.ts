/** Singular values, by turning pairs of columns, all pairs of a round at once, until all are orthogonal (Hestenes, 1958). */
import { listOf } from "../../../core/list.ts";
import { fail } from "../../../core/error.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { identityMatrix } from "./elimination.ts";
import { lengthThere } from "./operation.ts";

/** Sweeps over all pairs: they converge quadratically. */
const SWEEPS = 10;
const MOST = 64;
/** Squares of larger numbers, and of smaller ones than its reciprocal, may be beyond float32. */
const LARGE = 1e9;

interface Singular {
  /** U·S, with min(m, n) columns. */
  readonly us: Sym;
  readonly v: Sym;
  /** S in their order, [..., min(m, n)]. */
  readonly own: Sym;
  /** From large to small. */
  readonly s: Sym;
}

/** Each column's partner, round after round: every two meet once. Of an odd number one stays alone, its own partner. */
function rounds(n: number): number[][] {
  const even = n + (n % 2);
  return listOf(even - 1, (round) => {
    const line = listOf(n, (i) => i);
    for (let k = 0; 2 * k < even; k++) {
      const i = (round + k) % (even - 1);
      const j = k === 0 ? even - 1 : (round + even - 1 - k) % (even - 1);
      if (i < n && j < n) [line[i], line[j]] = [j, i];
    }
    return line;
  });
}

/** The largest number of each x[..., m, n], where its square is far from 1; else 1. */
function magnitude(cx: Context, x: Sym): Sym {
  const { op } = cx;
  const most = op.max(op.abs(x), [-2, -1], true);
  const isTiny = op.logicalAnd(op.less(most, 1 / LARGE), op.greater(most, 0));
  return op.stopGradient(op.where(op.logicalOr(op.greater(most, LARGE), isTiny), most, 1));
}

/** The singular values of x[..., m, n], and the directions that belong to them. */
export function singular(cx: Context, x: Sym): Singular {
  const { op } = cx;
  const rank = x.shape.length;
  if (lengthThere(x, rank - 2) * lengthThere(x, rank - 1) === 0) return turnedPairs(cx, x);
  const size = magnitude(cx, x);
  const { us, v, own, s } = turnedPairs(cx, op.divide(x, size));
  const line = op.squeeze(size, [rank - 1]);
  return { us: op.multiply(us, size), v, own: op.multiply(own, line), s: op.multiply(s, line) };
}

function turnedPairs(cx: Context, x: Sym): Singular {
  const { op } = cx;
  const rank = x.shape.length;
  const turn = (y: Sym): Sym =>
    op.transpose(y, y.shape.map((_, i) => (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i))); // prettier-ignore
  const wide = lengthThere(x, rank - 2) < lengthThere(x, rank - 1);
  const a = wide ? turn(x) : x;
  const n = lengthThere(a, rank - 1);
  if (n > MOST) fail("limit/size", { expected: `at most ${MOST} columns or rows`, found: String(n) });
  const sweep = rounds(n);
  const partners = op.array(listOf(SWEEPS, () => sweep.flat()).flat(), [SWEEPS * sweep.length, n], "int32");
  const start = [a, identityMatrix(cx, op.multiply(op.matmul(a, a, { transposeA: true }), 0))];
  const step = ([u, v]: readonly Sym[], [partner]: readonly Sym[]) => {
    const isLeft = op.less(op.iota(n, "int32"), partner!);
    const sides = (m: Sym): readonly [Sym, Sym] => {
      const other = op.gather(m, partner!, rank - 1);
      return [op.where(isLeft, m, other), op.where(isLeft, other, m)];
    };
    const dot = (s: Sym, t: Sym): Sym => op.sum(op.multiply(s, t), [-2], true);
    const [p, q] = sides(u!);
    const [pp, qq] = sides(dot(u!, u!));
    const between = dot(p, q);
    const done = op.logicalOr(op.equal(between, 0), op.equal(op.iota(n, "int32"), partner!));
    const zeta = op.divide(op.subtract(qq, pp), op.where(done, 1, op.multiply(between, 2)));
    const size = op.reciprocal(op.add(op.abs(zeta), op.sqrt(op.add(op.square(zeta), 1))));
    const tangent = op.where(done, 0, op.where(op.less(zeta, 0), op.negative(size), size));
    const cos = op.rsqrt(op.add(op.square(tangent), 1));
    const sin = op.multiply(cos, tangent);
    const turned = ([s, t]: readonly [Sym, Sym]): Sym =>
      op.where(
        isLeft,
        op.subtract(op.multiply(cos, s), op.multiply(sin, t)),
        op.add(op.multiply(sin, s), op.multiply(cos, t)),
      );
    return { carry: [turned([p, q]), turned(sides(v!))], ys: [] };
  };
  const [us, v] = (n === 1 ? start : cx.scan(start, [partners], step, { axis: 0 }).carry) as [Sym, Sym];
  const own = op.sqrt(op.sum(op.square(us), [-2]));
  const s = op.sort(own, rank - 2, true);
  if (!wide) return { us, v, own, s };
  // Of the transpose the sides change places: V·S of one is U·S of the other.
  const scale = op.expandDims(op.where(op.equal(own, 0), 1, own), [rank - 2]);
  return { us: op.multiply(v, scale), v: op.divide(us, scale), own, s };
}
