/**
 * A random matrix with orthonormal rows or columns: the Q of a QR decomposition of normal numbers, signs made uniform.
 * Source: keras/src/initializers/random_initializers.py (`Orthogonal`).
 */
import { fail } from "../core/error.ts";
import type { Random } from "../core/random.ts";
import { showShape } from "../core/tensor.ts";

/** A plain loop: `reduce` with its calls takes several times as long. */
function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** The Q of a tall matrix given by columns, by modified Gram–Schmidt done twice. */
function orthonormalise(columns: Float64Array[]): void {
  for (let j = 0; j < columns.length; j++) {
    const v = columns[j]!;
    for (let pass = 0; pass < 2; pass++) {
      for (let k = 0; k < j; k++) {
        const q = columns[k]!;
        const along = dot(q, v);
        for (let i = 0; i < v.length; i++) v[i]! -= along * q[i]!;
      }
    }
    const norm = Math.sqrt(dot(v, v));
    for (let i = 0; i < v.length; i++) v[i]! /= norm;
  }
}

/** shape[..., columns]: the leading axes together are the rows. */
export function orthogonal(shape: readonly number[], gain: number, random: Random): Float64Array {
  if (shape.length < 2)
    fail("mismatch/shape", { message: "Orthogonal", expected: "at least 2 axes", found: showShape(shape) });
  const width = shape.at(-1)!;
  const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const [tall, thin] = [Math.max(rows, width), Math.min(rows, width)];
  const columns = Array.from({ length: thin }, () => Float64Array.from({ length: tall }, () => random.normal()));
  orthonormalise(columns);
  const values = new Float64Array(rows * width);
  for (let j = 0; j < thin; j++) {
    for (let i = 0; i < tall; i++) values[rows >= width ? i * width + j : j * width + i] = gain * columns[j]![i]!;
  }
  return values;
}
