/** Discrete Fourier transforms, as products with small matrices of cosines and sines: a length is cut into its factors. */
import { fail } from "../../core/error.ts";
import { listOf } from "../../core/list.ts";
import type { DType } from "../../core/dtype.ts";
import type { Sym } from "../../ops/types.ts";
import type { Context } from "../define.ts";

/** A real and an imaginary part of one shape. */
export type Complex = readonly [re: Sym, im: Sym];
/** As `Complex`, or real numbers alone. */
type Given = readonly [re: Sym, im: Sym | null];

/** The longest transform. */
const MOST = 2 ** 18;
/** The largest factor that cannot be cut: longer ones would take matrices of more than 64 MB. */
const MOST_WHOLE = 4096;
/** Lengths that are not cut: what is saved is lost again by turning the axes. */
const FEW = 32;
/** Numbers that a graph holds; larger matrices are gathered from one turn. */
const MOST_HELD = 2 ** 16;

/** cos 2πp/n (`late` 0) or -sin 2πp/n (1), from an angle of at most π/4: zeros and ones are exact. */
function wave(p: number, n: number, late: 0 | 1): number {
  const quarters = Math.round((4 * p) / n);
  const angle = (Math.PI / 2) * ((4 * p - quarters * n) / n);
  const turn = (quarters + late) % 4;
  const size = turn % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
  return turn === 1 || turn === 2 ? 0 - size : size;
}

/** The real and the imaginary part of exp(-2πi·jk/n), j in `rows` rows, k in `columns` columns. */
function waves(cx: Context, n: number, rows: number, columns: number, dtype: DType): Complex {
  const { op } = cx;
  const part = (late: 0 | 1): Sym => {
    if (rows * columns <= MOST_HELD)
      return op.array(
        listOf(rows * columns, (i) => wave((Math.floor(i / columns) * (i % columns)) % n, n, late)),
        [rows, columns],
        dtype,
      );
    const places = op.mod(op.multiply(op.expandDims(op.iota(rows, "int32"), [1]), op.iota(columns, "int32")), n);
    return op.gather(op.array(listOf(n, (p) => wave(p, n, late)), [n], dtype), places, 0); // prettier-ignore
  };
  return [part(0), part(1)];
}

/** The largest divisor up to the square root. */
function divisor(n: number): number {
  let d = Math.floor(Math.sqrt(n));
  while (n % d !== 0) d--;
  return d;
}

/** x·w, by what `product` says, of complex numbers. */
function complexProduct(cx: Context, [re, im]: Given, [cos, sin]: Complex, product: (x: Sym, w: Sym) => Sym): Complex {
  const [a, b] = [product(re, cos), product(re, sin)];
  if (im === null) return [a, b];
  return [cx.op.subtract(a, product(im, sin)), cx.op.add(b, product(im, cos))];
}

/** Σ x·exp(-2πi·jk/n) along the last axis, of n elements. Cooley and Tukey's: j = q·j1 + j2, k = k1 + p·k2, n = p·q. */
export function fourier(cx: Context, x: Given, n: number): Complex {
  const { op } = cx;
  const { dtype } = x[0];
  if (n > MOST) fail("limit/size", { expected: `at most ${MOST} samples`, found: String(n) });
  const p = n > FEW ? divisor(n) : 1;
  if (p === 1) {
    if (n > MOST_WHOLE)
      fail("limit/size", { expected: `no prime factor above ${MOST_WHOLE} in the samples`, found: String(n) });
    return complexProduct(cx, x, waves(cx, n, n, n, dtype), op.matmul);
  }
  const q = n / p;
  const rank = x[0].shape.length;
  const lead = listOf(rank - 1, (axis) => cx.size(x[0], axis));
  const swapped = listOf(rank + 1, (axis) => (axis < rank - 1 ? axis : 2 * rank - 1 - axis));
  const turned = (y: Sym): Sym => op.transpose(y, swapped);
  const each = ([re, im]: Complex, f: (y: Sym) => Sym): Complex => [f(re), f(im)];
  const cut = (y: Sym): Sym => turned(op.reshape(y, [...lead, p, q])); // [..., j2, j1]
  const inner = fourier(cx, [cut(x[0]), x[1] && cut(x[1])], p); // [..., j2, k1]
  const shifted = complexProduct(cx, inner, waves(cx, n, q, p, dtype), op.multiply);
  const outer = fourier(cx, each(shifted, turned), q); // [..., k1, k2]
  return each(outer, (y) => op.reshape(turned(y), [...lead, n]));
}
