/** C[M, N] = A[M, K]·B[K, N] (+ bias[N]) in float32: B packed in panels of 16 columns, 2 x 16 sums at a time, 1 x 16 for single rows. */
import type { Code } from "../emit/code.ts";
import { brIf, f32x4, i32, loop, v128, when } from "../emit/instructions.ts";
import type { Fn, Local } from "../emit/module.ts";
import { Finisher } from "./epilogue.ts";
import { arg } from "./storage.ts";
import { storeColumns, tile } from "./tile.ts";
import type { Epilogue, Kernel, Packing } from "./types.ts";
import { after, words } from "./words.ts";

/** Columns of a full panel. */
export const PANEL = 16;

/** Widths of the panels of `columns` columns: the last may be narrower, a multiple of 4. */
export function panels(columns: number): { readonly full: number; readonly rest: number } {
  const full = Math.floor(columns / PANEL);
  return { full, rest: Math.ceil((columns - full * PANEL) / 4) * 4 };
}

/** Floats of a packed [depth, columns] matrix. */
export function packedSize(depth: number, columns: number): number {
  const { full, rest } = panels(columns);
  return depth * (full * PANEL + rest);
}

/** [depth, columns] → [panel][depth][width], the last panel filled up with zeros. `column` maps to the source's. */
export function packColumns(
  source: Float32Array,
  target: Float32Array,
  depth: number,
  columns: number,
  at: (k: number, column: number) => number = (k, column) => k * columns + column,
): void {
  let to = 0;
  for (let first = 0; first < columns; first += PANEL) {
    const here = Math.min(PANEL, columns - first);
    const width = Math.ceil(here / 4) * 4;
    for (let k = 0; k < depth; k++, to += width) {
      for (let j = 0; j < here; j++) target[to + j] = source[at(k, first + j)]!;
    }
  }
}

/** A weight [depth, columns], or its transpose if it is stored as [columns, depth]. */
export function matrixPacking(depth: number, columns: number, transposed: boolean): Packing {
  return {
    key: `matrix ${depth} ${columns} ${transposed}`,
    bytes: 4 * packedSize(depth, columns),
    pack(source, target) {
      packColumns(source, target, depth, columns, transposed ? (k, n) => n * depth + k : undefined);
    },
  };
}

/** A vector filled up with zeros to whole panels. */
export function vectorPacking(columns: number): Packing {
  return {
    key: `vector ${columns}`,
    bytes: 4 * packedSize(1, columns),
    pack: (source, target) => target.set(source.subarray(0, columns)),
  };
}

/** What is fixed of a product of matrices, C[M, columns] = A[M, depth]·B. */
export interface Gemm {
  readonly depth: number;
  readonly columns: number;
  /** Whether the sums start from a bias (`vectorPacking`). */
  readonly bias: boolean;
  /** Columns of a panel if not `PANEL`; they divide `columns`. */
  readonly width?: number;
  readonly epilogue?: Epilogue | undefined;
}

/** B packed; rows of A and C are contiguous. Then the inputs of the epilogue. */
export const GEMM = words("a", "b", "c", "rows", "bias");

/** C = A·B. */
export function gemm(static_: Gemm): Kernel {
  const { depth, columns, bias, width = PANEL, epilogue } = static_;
  return {
    key: `gemm ${depth} ${columns} ${bias} ${width} ${JSON.stringify(epilogue)}`,
    way: "vector",
    emit(f) {
      const [b, c, biasAt] = f.locals("i32", 3);
      const finisher = new Finisher(f, epilogue, after(GEMM));
      const shape = {
        runs: [{ offset: 0, length: depth }],
        lda: depth * 4,
        ldc: columns * 4,
        bias,
        columns,
        width,
        finisher,
      };
      return [
        finisher.start(arg(f, GEMM.c)),
        b.set(arg(f, GEMM.b)),
        c.set(arg(f, GEMM.c)),
        bias ? biasAt.set(arg(f, GEMM.bias)) : [],
        eachPanel(f, shape, { a: arg(f, GEMM.a), rows: arg(f, GEMM.rows), b, c, biasAt }),
      ];
    },
  };
}

/** A run of A that meets the panel. */
export interface InputRun {
  /** Bytes from the row's start, and floats. */
  readonly offset: number;
  readonly length: number;
  /** Steps of the panel between the run before and this one. */
  readonly skipped?: number;
}

/** What is fixed of the product with one panel of B. */
export interface PanelShape {
  readonly runs: readonly InputRun[];
  /** Bytes from a row to the next in A and in C. */
  readonly lda: number;
  readonly ldc: number;
  readonly vectors: number;
  /** Columns that exist. */
  readonly valid: number;
  readonly bias: boolean;
  readonly finisher: Finisher;
}

/** Where the product with one panel reads and writes. */
export interface PanelPointers {
  /** First rows, and how many. */
  readonly a: Code;
  readonly rows: Code;
  readonly b: Local;
  readonly c: Local;
  readonly biasAt: Local;
}

/** All rows of A against one panel. */
function rowsOfPanel(f: Fn, shape: PanelShape, pointers: PanelPointers): Code {
  const { runs, lda, ldc, vectors, valid, bias, finisher } = shape;
  const { b, c, biasAt } = pointers;
  const [a, to, rows, walk] = f.locals("i32", 4);
  const some = (count: number): Code => {
    const sums = Array.from({ length: count }, () => f.locals("v128", vectors));
    const segments = runs.map(({ offset, ...run }) => ({
      ...run,
      base: offset === 0 ? a.get : i32.add(a.get, i32.const(offset)),
      rowBytes: lda,
    }));
    const code = [
      walk.set(b.get),
      sums.map((row) => row.map((sum, n) => sum.set(bias ? v128.load(biasAt.get, 16 * n) : f32x4.const(0)))),
      tile(f, { rows: count, vectors, segments, panel: walk }, sums),
      sums.map((row, m) => row.map((sum, n) => finisher.apply(sum, to, m * ldc + 16 * n, 16 * n))),
      sums.map((row, m) => storeColumns(to.get, row, valid, m * ldc)),
      a.set(i32.add(a.get, i32.const(count * lda))),
      to.set(i32.add(to.get, i32.const(count * ldc))),
      rows.set(i32.sub(rows.get, i32.const(count))),
    ];
    f.release(...sums.flat());
    return code;
  };
  const most = vectors > 2 ? 2 : 4;
  const code = [
    a.set(pointers.a),
    to.set(c.get),
    rows.set(pointers.rows),
    when(i32.geU(rows.get, i32.const(most)), loop([some(most), brIf(0, i32.geU(rows.get, i32.const(most)))])),
    when(rows.get, loop([some(1), brIf(0, rows.get)])),
  ];
  f.release(a, to, rows, walk);
  return code;
}

/** The panels of `columns` columns one after the other: `b`, `c` and `biasAt` move along. */
export function eachPanel(
  f: Fn,
  shape: Omit<PanelShape, "vectors" | "valid"> & {
    readonly columns: number;
    readonly width: number;
    /** Steps of a panel, if there are more than the runs have. */
    readonly depth?: number | undefined;
  },
  pointers: PanelPointers,
): Code {
  const { columns, width: most, bias, runs, finisher } = shape;
  const { full, rest } = most === PANEL ? panels(columns) : { full: columns / most, rest: 0 };
  const { depth = runs.reduce((sum, run) => sum + run.length, 0) } = shape;
  const { b, c, biasAt } = pointers;
  const left = f.local("i32");
  const panel = (width: number, valid: number): Code => [
    rowsOfPanel(f, { ...shape, vectors: width / 4, valid }, pointers),
    b.set(i32.add(b.get, i32.const(depth * width * 4))),
    c.set(i32.add(c.get, i32.const(width * 4))),
    bias ? biasAt.set(i32.add(biasAt.get, i32.const(width * 4))) : [],
    finisher.advance(width * 4),
  ];
  const again = brIf(0, left.tee(i32.sub(left.get, i32.const(1))));
  const code = [
    full === 0 ? [] : [left.set(i32.const(full)), loop([panel(most, most), again])],
    rest === 0 ? [] : panel(rest, columns - full * PANEL),
  ];
  f.release(left);
  return code;
}
