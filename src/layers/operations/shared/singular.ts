/** Singular values, by turning pairs of columns, all pairs of a round at once, until all are orthogonal (Hestenes, 1958). */
import { listOf } from "../../../core/list.ts";
import { fail } from "../../../core/error.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { identityMatrix } from "./elimination.ts";
import { lengthThere, sizesOf } from "./operation.ts";

/** Sweeps over all pairs: they converge quadratically. */
const SWEEPS = 10;
const MOST = 64;
/** Squares of larger numbers, and of smaller ones than its reciprocal, may be beyond float32. */
const LARGE = 1e9;

interface Values {
  /** S in the order of its directions, [..., min(m, n)]. */
  readonly own: Sym;
  /** From large to small. */
  readonly s: Sym;
}

interface Singular extends Values {
  /** U·S, with min(m, n) columns. */
  readonly us: Sym;
  readonly v: Sym;
}

/** Rows, halves of them over one another: each row of the first is turned with that of the second. */
type Halves = readonly [top: Sym, bottom: Sym];

/** The largest number of each x[..., m, n], where its square is far from 1; else 1. */
function magnitude(cx: Context, x: Sym): Sym {
  const { op } = cx;
  const most = op.max(op.abs(x), [-2, -1], true);
  const isTiny = op.logicalAnd(op.less(most, 1 / LARGE), op.greater(most, 0));
  return op.stopGradient(op.where(op.logicalOr(op.greater(most, LARGE), isTiny), most, 1));
}

const isWide = (x: Sym): boolean => lengthThere(x, x.shape.length - 2) < lengthThere(x, x.shape.length - 1);

function turnedOver(cx: Context, x: Sym): Sym {
  const rank = x.shape.length;
  return cx.op.transpose(
    x,
    [...x.shape.keys()].map((i) => (i < rank - 2 ? i : 2 * rank - 3 - i)),
  );
}

/** The singular values of x[..., m, n], and the directions that belong to them. */
export function singular(cx: Context, x: Sym): Singular {
  const { op } = cx;
  const { rows, turns, own, s, size } = scaled(cx, x, true);
  const us = turnedOver(cx, op.multiply(rows, size));
  const v = turnedOver(cx, turns!);
  if (!isWide(x)) return { us, v, own, s };
  // Of the transpose the sides change places: V·S of one is U·S of the other.
  const scale = op.expandDims(op.where(op.equal(own, 0), 1, own), [x.shape.length - 2]);
  return { us: op.multiply(v, scale), v: op.divide(us, scale), own, s };
}

/** Those alone. */
export function singularValues(cx: Context, x: Sym): Values {
  const { own, s } = scaled(cx, x, false);
  return { own, s };
}

function scaled(cx: Context, x: Sym, sides: boolean): Values & ReturnType<typeof turnedPairs> & { readonly size: Sym } {
  const { op } = cx;
  const rank = x.shape.length;
  const isEmpty = lengthThere(x, rank - 2) * lengthThere(x, rank - 1) === 0;
  const size = isEmpty ? op.constant(1, x.dtype) : magnitude(cx, x);
  const a = op.divide(x, size);
  const { rows, turns } = turnedPairs(cx, isWide(x) ? a : turnedOver(cx, a), sides);
  const own = op.multiply(op.sqrt(op.sum(op.square(rows), [-1])), isEmpty ? 1 : op.squeeze(size, [rank - 1]));
  return { rows, turns, own, s: op.sort(own, rank - 2, true), size };
}

/** Rows[..., n, m] turned until they are orthogonal, and with `sides` what turned them, [..., n, n]. */
function turnedPairs(cx: Context, given: Sym, sides: boolean): { readonly rows: Sym; readonly turns: Sym | null } {
  const { op } = cx;
  const last = given.shape.length - 1;
  const n = lengthThere(given, last - 1);
  if (n > MOST) fail("limit/size", { expected: `at most ${MOST} columns or rows`, found: String(n) });
  const identity = sides ? identityMatrix(cx, [...sizesOf(cx, given).slice(0, -1), n], given.dtype) : null;
  if (n < 2) return { rows: given, turns: identity };
  // One more of an odd number, of zeros, is turned by nothing.
  const half = Math.ceil(n / 2);
  const part = (y: Sym, start: number, stop: number): Sym => op.slice(y, [{ axis: last - 1, start, stop, step: 1 }]);
  const halves = (y: Sym): Halves => {
    const even = n % 2 === 0 ? y : op.pad(y, y.shape.map((_, axis) => [0, axis === last - 1 ? 1 : 0])); // prettier-ignore
    return [part(even, 0, half), part(even, half, 2 * half)];
  };
  // All but the first go round: every two meet once in a sweep, after which each is where it was.
  const moved = ([top, bottom]: Halves): Halves =>
    half === 1
      ? [top, bottom]
      : [
          op.concat([part(top, 0, 1), part(bottom, 0, 1), part(top, 1, half - 1)], last - 1),
          op.concat([part(bottom, 1, half), part(top, half - 1, half)], last - 1),
        ];
  const step = (carry: readonly Sym[]) => {
    const dot = (s: Sym, t: Sym): Sym => op.sum(op.multiply(s, t), [-1], true);
    const [p, q] = carry as readonly Sym[] as Halves;
    const between = dot(p, q);
    const done = op.equal(between, 0);
    const zeta = op.divide(op.subtract(dot(q, q), dot(p, p)), op.where(done, 1, op.multiply(between, 2)));
    const size = op.reciprocal(op.add(op.abs(zeta), op.sqrt(op.add(op.square(zeta), 1))));
    const tangent = op.where(done, 0, op.where(op.less(zeta, 0), op.negative(size), size));
    const cos = op.rsqrt(op.add(op.square(tangent), 1));
    const sin = op.multiply(cos, tangent);
    const turned = (s: Sym, t: Sym): Halves => [
      op.subtract(op.multiply(cos, s), op.multiply(sin, t)),
      op.add(op.multiply(sin, s), op.multiply(cos, t)),
    ];
    const next = listOf(carry.length / 2, (i) => moved(turned(carry[2 * i]!, carry[2 * i + 1]!)));
    return { carry: next.flat(), ys: [] };
  };
  const start = [given, ...(identity === null ? [] : [identity])].flatMap(halves);
  const { carry } = cx.scan(start, [op.iota(SWEEPS * (2 * half - 1), "int32")], step, { axis: 0 });
  const [rows, turns] = listOf(carry.length / 2, (i) =>
    part(op.concat([carry[2 * i]!, carry[2 * i + 1]!], last - 1), 0, n),
  );
  return { rows: rows!, turns: turns ?? null };
}
