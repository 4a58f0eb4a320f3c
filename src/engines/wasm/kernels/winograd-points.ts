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
      /** Three taps of a line at a point, as they are. */
      const kept = (point: number, p: number, q: number, r: number): number =>
        point === 0 ? p : point === 1 ? q / middle : point === n - 1 ? r : 0;
      let to = 0;
      for (let first = 0; first < cout; first += PANEL) {
        const width = Math.min(PANEL, cout - first);
        for (let k = 0; k < taps * cin; k++) {
          let from = Math.floor(k / cin) * 9 * tap + (k % cin) * cout + first;
          for (let j = 0; j < width; j++, to++, from++) {
            const [a, b, c] = [source[from]!, source[from + tap]!, source[from + 2 * tap]!];
            const [d, e, f] = [source[from + 3 * tap]!, source[from + 4 * tap]!, source[from + 5 * tap]!];
            const [g, h, i] = [source[from + 6 * tap]!, source[from + 7 * tap]!, source[from + 8 * tap]!];
            for (let row = 0; row < n; row++) {
              const [u, v, w] = [factors[3 * row]!, factors[3 * row + 1]!, factors[3 * row + 2]!];
              const p = isFinite ? u * a + v * d + w * g : kept(row, a, d, g);
              const q = isFinite ? u * b + v * e + w * h : kept(row, b, e, h);
              const r = isFinite ? u * c + v * f + w * i : kept(row, c, f, i);
              for (let column = 0, put = to + row * size; column < n; column++, put += n * size)
                target[put] = isFinite
                  ? factors[3 * column]! * p + factors[3 * column + 1]! * q + factors[3 * column + 2]! * r
                  : kept(column, p, q, r);
            }
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
