/** How a tensor that is off is off: for a picture of it. */
import { sizeOf, type Tensor, valuesOf } from "../core/tensor.ts";

/** Where a tensor's errors lie, and what they look like. */
export interface Spread {
  /** How many numbers are farther off than the tolerance lets them be. */
  readonly beyond: number;
  /** Expected and found, of at most 400 numbers, evenly taken, and of the one that is worst. */
  readonly pairs: readonly (readonly [expected: number, found: number])[];
  /** For each axis longer than 1 the largest error at each place, or of neighbours where it has more than 128. */
  readonly axes: readonly { readonly axis: number; readonly length: number; readonly errors: readonly number[] }[];
}

const MOST_PAIRS = 400;
const MOST_PLACES = 128;

/** `worst`: the index of the largest error, in row-major order; `allowed`: how large one may be. */
export function spreadOf(found: Tensor, expected: Tensor, worst: number, allowed: number): Spread {
  const [a, b] = [valuesOf(found), valuesOf(expected)];
  const { shape } = expected;
  const axes = shape.flatMap((length, axis) => {
    if (length < 2) return [];
    const places = Math.min(length, MOST_PLACES);
    return [{ axis, length, inner: sizeOf(shape.slice(axis + 1)), errors: new Array<number>(places).fill(0) }];
  });
  let beyond = 0;
  for (let i = 0; i < b.length; i++) {
    const [x, y] = [Number(a[i]), Number(b[i])];
    if (x === y || (Number.isNaN(x) && Number.isNaN(y))) continue;
    const difference = Math.abs(x - y);
    const error = Number.isNaN(difference) ? Infinity : difference;
    if (error > allowed) beyond++;
    for (const { length, inner, errors } of axes) {
      const place = Math.floor(((Math.floor(i / inner) % length) * errors.length) / length);
      errors[place] = Math.max(errors[place]!, error);
    }
  }
  const step = Math.max(1, Math.ceil(b.length / MOST_PAIRS));
  const chosen = Array.from({ length: Math.ceil(b.length / step) }, (_, i) => i * step);
  const pairs = [...chosen, worst].map((i) => [Number(b[i]), Number(a[i])] as const);
  return { beyond, pairs, axes: axes.map(({ axis, length, errors }) => ({ axis, length, errors })) };
}
