/**
 * Tiles of minimal filtering, F(m x m, 3 x 3), along one of their axes: m + 2 numbers of the input and three taps become
 * m + 2 points, products of these m sums of three products. And the taps, laid out so.
 *
 * Points are those of polynomials (Cook and Toom): of F(2) 0, ±1 and infinity, of F(4) 0, ±√½, ±√2 and infinity, with which
 * less is rounded off than with 0, ±1 and ±2; still more than with F(2).
 */
import type { Code } from "../emit/code.ts";
import { f32x4 } from "../emit/instructions.ts";
import type { Local } from "../emit/module.ts";
import { packedSize, PANEL } from "./gemm.ts";
import type { Packing } from "./types.ts";

/** Outputs of a tile along an axis. */
export type TileSize = 2 | 4;

/** Numbers of a tile's input along an axis. */
export const windowOf = (size: TileSize): number => size + 2;
/** Numbers of a transformed tile. They are stored column by column. */
export const pointsOf = (size: TileSize): number => windowOf(size) ** 2;

/** Numbers along an axis: four, or six. */
export type Line = readonly [Local, Local, Local, Local, ...Local[]];

interface Axis {
  /** Numbers of the input to points. What it reads, it may change. */
  forward(x: Line, y: Line): Code;
  /** Products of points to sums. What it reads, it may change. */
  backward(x: Line, y: Line): Code;
  /** Factors of three taps, by point: the first has the first tap alone, the last the last. */
  readonly taps: readonly (readonly [number, number, number])[];
  /** So often the second point less the third is the middle tap. */
  readonly middle: number;
}

const { add, sub } = f32x4;
const times = (x: Local, factor: number): Code => f32x4.mul(x.get, f32x4.const(factor));
/** `y` and `z` become `even` + `odd` and `even` - `odd`, which `e` and `o` then are. */
const pair = (y: Local, z: Local, [e, even]: readonly [Local, Code], [o, odd]: readonly [Local, Code]): Code => [
  y.set(add(e.tee(even), o.tee(odd))),
  z.set(sub(e.get, o.get)),
];
/** What stands in place of two numbers: their sum and their difference. */
const both = (a: Local, b: Local, spare: Local): Code => [
  spare.set(sub(a.get, b.get)),
  a.set(add(a.get, b.get)),
  b.set(spare.get),
];
const [A, B] = [Math.SQRT1_2, Math.SQRT2];

export const AXES: Readonly<Record<TileSize, Axis>> = {
  2: {
    forward: ([a, b, c, d], [p, q, r, s]) => [
      p.set(sub(a.get, c.get)),
      q.set(add(b.get, c.get)),
      r.set(sub(c.get, b.get)),
      s.set(sub(b.get, d.get)),
    ],
    backward: ([a, b, c, d], [p, q]) => [p.set(add(add(a.get, b.get), c.get)), q.set(sub(sub(b.get, c.get), d.get))],
    taps: [[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]], // prettier-ignore
    middle: 1,
  },
  4: {
    forward: ([a, b, c, d, e, f], [p, q, r, s, t, u]) => [
      p.set(add(sub(a.get, times(c, 2.5)), e!.get)),
      u!.set(add(sub(b.get, times(d, 2.5)), f!.get)),
      pair(q, r, [a, sub(e!.get, times(c, 2))], [f!, f32x4.mul(sub(d.get, times(b, 2)), f32x4.const(A))]),
      pair(s, t!, [a, sub(e!.get, times(c, 0.5))], [f!, f32x4.mul(sub(d.get, times(b, 0.5)), f32x4.const(B))]),
    ],
    backward: ([a, b, c, d, e, f], [p, q, r, s]) => [
      both(b, c, p),
      both(d, e!, p),
      p.set(add(add(a.get, b.get), d.get)),
      q.set(add(times(c, A), times(e!, B))),
      r.set(add(times(b, A ** 2), times(d, B ** 2))),
      s.set(add(add(times(c, A ** 3), times(e!, B ** 3)), f!.get)),
    ],
    taps: [[1, 0, 0], [-2 / 3, (-2 / 3) * A, -1 / 3], [-2 / 3, (2 / 3) * A, -1 / 3], [1 / 6, B / 6, 1 / 3], [1 / 6, -B / 6, 1 / 3], [0, 0, 1]], // prettier-ignore
    middle: (-1.5 * B) / 2,
  },
};

/** Above it sums of taps might not be finite. */
export const LARGEST = 2 ** 120;

/**
 * A kernel[taps, 3, 3, Cin, Cout] transformed: [point][panel][depth][width], then 0, or NaN where a weight is not finite:
 * then all is computed tap by tap, and the points are such that the taps are found in them as they are.
 */
export function winogradPacking(
  taps: number,
  cin: number,
  cout: number,
  tile: TileSize,
): Packing & { readonly points: number } {
  const size = packedSize(taps * cin, cout);
  const { taps: rows, middle } = AXES[tile];
  const n = rows.length;
  const factors = Float64Array.from(rows.flat());
  return {
    key: `winograd ${tile} ${taps} ${cin} ${cout}`,
    points: size,
    bytes: 4 * (n * n * size + 1),
    pack(source, target) {
      const isFinite = allBelow(source, LARGEST);
      const tap = cin * cout;
      type Floats = Float32Array | Float64Array;
      /** `count` times three taps of a line, at a point. */
      const sums = (x: Float64Array, apart: number, point: number, y: Floats, at: number, count: number): void => {
        const [u, v, w] = [factors[3 * point]!, factors[3 * point + 1]!, factors[3 * point + 2]!];
        for (let j = 0; j < count; j++) y[at + j] = u * x[j]! + v * x[j + apart]! + w * x[j + 2 * apart]!;
      };
      /** The same of taps as they are. */
      const kept: typeof sums = (x, apart, point, y, at, count) => {
        const from = point === 0 ? 0 : point === 1 ? apart : point === n - 1 ? 2 * apart : -1;
        for (let j = 0; j < count; j++) y[at + j] = from < 0 ? 0 : x[from + j]! / (point === 1 ? middle : 1);
      };
      const line = isFinite ? sums : kept;
      // A panel's columns at a time: points are as far apart as caches like least, so each of their lines is met once.
      const [nine, three] = [new Float64Array(9 * PANEL), new Float64Array(3 * PANEL)];
      let to = 0;
      for (let first = 0; first < cout; first += PANEL) {
        const width = Math.min(PANEL, cout - first);
        for (let k = 0; k < taps * cin; k++, to += width) {
          const from = Math.floor(k / cin) * 9 * tap + (k % cin) * cout + first;
          for (let i = 0; i < 9; i++) for (let j = 0; j < width; j++) nine[i * PANEL + j] = source[from + i * tap + j]!;
          for (let row = 0; row < n; row++) {
            line(nine, 3 * PANEL, row, three, 0, 3 * PANEL);
            for (let column = 0; column < n; column++)
              line(three, PANEL, column, target, to + (row + column * n) * size, width);
          }
        }
      }
      target[n * n * size] = isFinite ? 0 : NaN;
    },
  };
}

function allBelow(weights: Float32Array, largest: number): boolean {
  for (let i = 0; i < weights.length; i++) if (!(Math.abs(weights[i]!) <= largest)) return false;
  return true;
}
