/**
 * out[m, n] = Σₖ a[m, k]·b[n, k], both operands packed along k: the inner loop of matmul and of the convolutions.
 * `out` is addressed through strides, so that any layout is written directly. Tiles of 4 x 2 keep sums in registers.
 */
export interface GemmTarget {
  readonly data: Float64Array;
  readonly offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** `a` from `aAt` holds `rows` rows, `b` from `bAt` holds `columns` rows, all of length `depth`. */
export function gemm(
  a: Float64Array,
  aAt: number,
  b: Float64Array,
  bAt: number,
  target: GemmTarget,
  rows: number,
  columns: number,
  depth: number,
): void {
  const { data, offset, rowStride, columnStride } = target;
  let m = 0;
  for (; m + 4 <= rows; m += 4) {
    const p0 = aAt + m * depth;
    const [p1, p2, p3] = [p0 + depth, p0 + 2 * depth, p0 + 3 * depth];
    const to = offset + m * rowStride;
    let n = 0;
    for (; n + 2 <= columns; n += 2) {
      const q0 = bAt + n * depth;
      const q1 = q0 + depth;
      let s00 = 0, s01 = 0, s10 = 0, s11 = 0, s20 = 0, s21 = 0, s30 = 0, s31 = 0; // prettier-ignore
      for (let k = 0; k < depth; k++) {
        const v0 = b[q0 + k]!;
        const v1 = b[q1 + k]!;
        const u0 = a[p0 + k]!;
        const u1 = a[p1 + k]!;
        const u2 = a[p2 + k]!;
        const u3 = a[p3 + k]!;
        s00 += u0 * v0;
        s01 += u0 * v1;
        s10 += u1 * v0;
        s11 += u1 * v1;
        s20 += u2 * v0;
        s21 += u2 * v1;
        s30 += u3 * v0;
        s31 += u3 * v1;
      }
      const left = to + n * columnStride;
      const right = left + columnStride;
      data[left] = s00;
      data[right] = s01;
      data[left + rowStride] = s10;
      data[right + rowStride] = s11;
      data[left + 2 * rowStride] = s20;
      data[right + 2 * rowStride] = s21;
      data[left + 3 * rowStride] = s30;
      data[right + 3 * rowStride] = s31;
    }
    for (; n < columns; n++) {
      for (let i = 0; i < 4; i++)
        data[to + i * rowStride + n * columnStride] = dot(a, p0 + i * depth, b, bAt + n * depth, depth);
    }
  }
  for (; m < rows; m++) {
    for (let n = 0; n < columns; n++)
      data[offset + m * rowStride + n * columnStride] = dot(a, aAt + m * depth, b, bAt + n * depth, depth);
  }
}

function dot(a: Float64Array, p: number, b: Float64Array, q: number, depth: number): number {
  let sum = 0;
  for (let k = 0; k < depth; k++) sum += a[p + k]! * b[q + k]!;
  return sum;
}

/** The transpose of a [rows, columns] matrix that starts at `at`. */
export function transposedMatrix(x: Float64Array, at: number, rows: number, columns: number): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) out[j * rows + i] = x[at + i * columns + j]!;
  }
  return out;
}
