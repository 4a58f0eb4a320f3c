/** Products of matrices, batches of them broadcast. */
import { isInteger, itemSize } from "../../../core/dtype.ts";
import { broadcastStrides, offsetsOf } from "../../../ops/strided.ts";
import type { Nd } from "../../../ops/types.ts";
import { gemm, transposedMatrix } from "./gemm.ts";
import type { Computation } from "./types.ts";

/** out[M, N] += a[M, K]·b[K, N], four rows of b at a time: for few rows, where packing b would cost as much as the product. */
function addRows(
  a: Float64Array,
  aAt: number,
  b: Float64Array,
  bAt: number,
  out: Float64Array,
  outAt: number,
  rows: number,
  columns: number,
  depth: number,
): void {
  for (let m = 0; m < rows; m++) {
    const to = outAt + m * columns;
    const row = aAt + m * depth;
    let k = 0;
    for (; k + 4 <= depth; k += 4) {
      const [u0, u1, u2, u3] = [a[row + k]!, a[row + k + 1]!, a[row + k + 2]!, a[row + k + 3]!];
      const p0 = bAt + k * columns;
      const [p1, p2, p3] = [p0 + columns, p0 + 2 * columns, p0 + 3 * columns];
      for (let n = 0; n < columns; n++)
        out[to + n]! += u0 * b[p0 + n]! + u1 * b[p1 + n]! + u2 * b[p2 + n]! + u3 * b[p3 + n]!;
    }
    for (; k < depth; k++) {
      const from = bAt + k * columns;
      for (let n = 0; n < columns; n++) out[to + n]! += a[row + k]! * b[from + n]!;
    }
  }
}

/** Offsets of the matrices of an operand, in the order of the output's. */
function batches(x: Nd, target: readonly number[]): Float64Array {
  const own = x.shape.slice(0, -2);
  const size = x.shape.at(-2)! * x.shape.at(-1)!;
  const strides = broadcastStrides(own, target).map((stride) => stride * size);
  return offsetsOf(
    target,
    strides,
    target.map((_, axis) => axis),
  );
}

/** The largest magnitude. */
const largest = (x: Nd): number => x.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

export const matmul: Computation<"matmul"> = ({ a, b }, { transposeA, transposeB }, { y: out }, dtypes) => {
  const [rows, columns] = [out.shape.at(-2)!, out.shape.at(-1)!];
  const depth = a.shape.at(transposeA ? -2 : -1)!;
  if (isInteger(dtypes.y) && largest(a) * largest(b) * depth > Number.MAX_SAFE_INTEGER) {
    // Of whole numbers that float64 cannot hold the low bits are kept.
    const [aTo, bTo] = [batches(a, out.shape.slice(0, -2)), batches(b, out.shape.slice(0, -2))];
    out.data.forEach((_, i) => {
      const [batch, m, n] = [Math.floor(i / (rows * columns)), Math.floor(i / columns) % rows, i % columns];
      let sum = 0n;
      for (let k = 0; k < depth; k++) {
        const x = a.data[aTo[batch]! + (transposeA ? k * rows + m : m * depth + k)]!;
        const y = b.data[bTo[batch]! + (transposeB ? n * depth + k : k * columns + n)]!;
        sum += BigInt(x) * BigInt(y);
      }
      out.data[i] = Number(BigInt.asIntN(8 * itemSize(dtypes.y), sum));
    });
    return;
  }
  // A stack of rows against one matrix is one product.
  const folds = !transposeA && b.shape.length === 2;
  const lead = out.shape.slice(0, -2);
  const count = lead.reduce((n, length) => n * length, 1);
  const [m, target] = folds ? [rows * count, []] : [rows, lead];
  const aAt = folds ? new Float64Array(1) : batches(a, target);
  const bAt = batches(b, target);
  let packed: { at: number; data: Float64Array } | undefined;
  for (let i = 0; i < aAt.length; i++) {
    const left = transposeA
      ? { data: transposedMatrix(a.data, aAt[i]!, depth, rows), at: 0 }
      : { data: a.data, at: aAt[i]! };
    if (!transposeB && m < 4) {
      addRows(left.data, left.at, b.data, bAt[i]!, out.data, i * m * columns, m, columns, depth);
      continue;
    }
    if (!transposeB && packed?.at !== bAt[i]!)
      packed = { at: bAt[i]!, data: transposedMatrix(b.data, bAt[i]!, depth, columns) };
    const right = transposeB ? { data: b.data, at: bAt[i]! } : { data: packed!.data, at: 0 };
    const to = { data: out.data, offset: i * m * columns, rowStride: columns, columnStride: 1 };
    gemm(left.data, left.at, right.data, right.at, to, m, columns, depth);
  }
};
