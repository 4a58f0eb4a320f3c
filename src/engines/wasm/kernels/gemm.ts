/**
 * C[M, N] = A[M, K]·B[K, N] (+ bias[N]) in float32, B packed in panels of 16 columns. A convolution is the same with rows
 * of A that are runs of its input.
 */
import type { Code } from "../emit/code.ts";
import { brIf, f32x4, i32, loop, select, v128, when } from "../emit/instructions.ts";
import { call, type Fn, type FnRef, type Local } from "../emit/module.ts";
import { Finisher } from "./epilogue.ts";
import { nest, repeat } from "./nest.ts";
import { arg } from "./storage.ts";
import { joins, type Segment, storeColumns, tile, TILE_ROWS } from "./tile.ts";
import type { Epilogue, Kernel, Packing, Form } from "./types.ts";
import { headBytes, stepBytes } from "./weight-form.ts";
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

/** Rows that are packed into all panels before the next: caches like it better than whole panels. */
const ROWS_AT_ONCE = 8;

/**
 * [depth, columns] → [panel][depth][width], the last panel filled up with zeros. `row` gives where a row of the source
 * starts, `step` how far its columns are apart.
 */
export function packColumns(
  source: Float32Array,
  target: Float32Array,
  depth: number,
  columns: number,
  row: (k: number) => number = (k) => k * columns,
  step = 1,
): void {
  for (let start = 0; start < depth; start += ROWS_AT_ONCE) {
    const end = Math.min(depth, start + ROWS_AT_ONCE);
    for (let first = 0; first < columns; first += PANEL) {
      const here = Math.min(PANEL, columns - first);
      const width = Math.ceil(here / 4) * 4;
      let to = first * depth + start * width;
      for (let k = start; k < end; k++, to += width) {
        const from = row(k) + first * step;
        for (let j = 0; j < here; j++) target[to + j] = source[from + j * step]!;
      }
    }
  }
}

/** A weight [depth, columns], or its transpose if it is stored as [columns, depth]. */
export function matrixPacking(depth: number, columns: number, transposed: boolean, form?: Form): Packing {
  const { full, rest } = panels(columns);
  const widths = [...Array.from({ length: full }, () => PANEL), ...(rest > 0 ? [rest] : [])];
  const packing = floatPacking(depth, columns, transposed);
  return form?.packing(packing, depth, widths) ?? packing;
}

function floatPacking(depth: number, columns: number, transposed: boolean): Packing {
  return {
    key: `matrix ${depth} ${columns} ${transposed}`,
    bytes: 4 * packedSize(depth, columns),
    pack(source, target) {
      if (transposed) packColumns(source, target, depth, columns, (k) => k, depth);
      else packColumns(source, target, depth, columns);
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

/** What is fixed of a product's function. Sizes come as arguments, so that many products share it. */
export interface Gemm {
  /** Whether the sums start from a bias (`vectorPacking`). */
  readonly bias: boolean;
  /** Whether they start from what C holds: of a product that is cut along its depth. */
  readonly adds?: boolean | undefined;
  /** Columns of a panel, a multiple of 4. */
  readonly width: number;
  /** Whether there are full panels, and how many columns the last one has if it is narrower. */
  readonly isWide: boolean;
  readonly rest: number;
  /** Whether there is never more than one row: then there is no code for more. */
  readonly single?: boolean | undefined;
  /** Whether a single row meets two panels at a time: memory gives more of two at once than of one. */
  readonly inPairs?: boolean | undefined;
  /** Whether a sum has more products than a chain: `isLong`. */
  readonly isLong: boolean;
  /** Products of a chain, where not as many as usual. */
  readonly chain?: number | undefined;
  /** Several runs of A, and bytes from a row of it to the next; null: a single one from the row's start on. */
  readonly several: { readonly runs: readonly InputRun[]; readonly lda: number } | null;
  readonly epilogue: Epilogue | undefined;
  /** Of B, if that is not float32: then with a single run, which starts behind its factor. */
  readonly form?: Form | undefined;
}

/** A run of A that meets the panel. */
export interface InputRun {
  /** Bytes from the row's start, and floats. */
  readonly offset: number;
  readonly length: number;
  /** Steps of the panel between the run before and this one. */
  readonly skipped?: number;
}

/** Lines of `positions`: input, packed kernel, output. Then the words of `nest` over the lines (3 axes; input, output). */
export const LINES = words("input", "kernel", "output", "positions", "bias");
/** Behind `LINES` and its nest, where the kernel has no more words of its own. */
export const EPILOGUE = after(LINES) + 3 * 3;
/** Bytes from a row to the next in A and C, full panels, steps of a panel, those that a single run has, room for a panel. */
export const GEMM = words("lda", "ldc", "panels", "depth", "steps", "wide");
/** Weights from which a single row meets two panels at a time: the caches near a processor do not hold as many. */
export const IN_PAIRS = 2 ** 20;
/** From so many rows on a panel of 16-bit floats is made float32 before they meet it. */
export const ROWS_TO_WIDEN = 4;
/** Rows of a panel in one call: V8 replaces functions that have become hot between calls only. */
const ROWS_OF_CALL = 32;

/**
 * C = A·B along lines: 2 x 16 sums at a time, 1 x 16 for single rows. Each panel of some rows is a call of its own.
 */
export function gemm(static_: Gemm): Kernel {
  const key = `gemm ${JSON.stringify(static_)}`;
  return {
    key,
    way: "vector",
    emit(f) {
      const [a, c, b] = f.locals("i32", 3);
      return [
        a.set(arg(f, LINES.input)),
        c.set(arg(f, LINES.output)),
        nest(f, after(LINES), 3, [a, c], () => [
          b.set(arg(f, LINES.kernel)),
          allPanels(f, static_, EPILOGUE, { a, b, c, rows: arg(f, LINES.positions) }),
        ]),
      ];
    },
  };
}

/** Rows of A at `a` against all panels, `b`, which ends behind them, into C at `c`. `first`: the first word of `GEMM`. */
export function allPanels(
  f: Fn,
  static_: Gemm,
  first: number,
  { a, b, c, rows }: { readonly a: Local; readonly b: Local; readonly c: Local; readonly rows: Code },
): Code {
  const { width, isWide, rest, form, inPairs } = static_;
  const own = (word: keyof typeof GEMM): Code => arg(f, first + GEMM[word]);
  const some = (of: Gemm, vectors: number, valid: number): FnRef =>
    f.module.helper(
      `panel ${first} ${vectors} ${valid} ${JSON.stringify(of)}`,
      Array.from({ length: 6 }, () => "i32" as const),
      [],
      (g) => rowsOfPanel(g, of, first, vectors, valid),
    );
  const [args] = f.params as [Local];
  const [panelsLeft, left, column, from, to, wide] = f.locals("i32", 6);
  const against = (rowsOf: FnRef, at: Local): Code => [
    from.set(a.get),
    to.set(i32.add(c.get, column.get)),
    left.set(rows),
    loop([
      call(rowsOf, args.get, from.get, to.get, least(left.get, i32.const(ROWS_OF_CALL)), at.get, column.get),
      from.set(i32.add(from.get, i32.mul(own("lda"), i32.const(ROWS_OF_CALL)))),
      to.set(i32.add(to.get, i32.mul(own("ldc"), i32.const(ROWS_OF_CALL)))),
      brIf(0, i32.gtS(left.tee(i32.sub(left.get, i32.const(ROWS_OF_CALL))), i32.const(0))),
    ]),
  ];
  const widened = (widening: NonNullable<Form["widen"]>, floats: number, valid: number): Code => {
    const widen = f.module.helper(`widen ${JSON.stringify(form)} ${floats}`, ["i32", "i32", "i32"], [], (g) => widening(g, floats)); // prettier-ignore
    return [
      wide.set(own("wide")),
      call(widen, b.get, wide.get, own("steps")),
      against(some({ ...static_, form: undefined }, floats / 4, valid), wide),
    ];
  };
  /** The panel of `floats` columns, and on to the next. */
  const panel = (floats: number, valid: number): Code => {
    const direct = against(some(static_, floats / 4, valid), b);
    const bytes = i32.mul(own("depth"), i32.const(stepBytes(form, floats)));
    return [
      form?.widen ? when(own("wide"), widened(form.widen, floats, valid), direct) : direct,
      b.set(i32.add(b.get, i32.add(bytes, i32.const(headBytes(form, floats))))),
      column.set(i32.add(column.get, i32.const(4 * floats))),
    ];
  };
  const code = [
    column.set(i32.const(0)),
    inPairs
      ? when(
          i32.gtU(own("panels"), i32.const(1)),
          repeat(panelsLeft, i32.shrU(own("panels"), i32.const(1)), panel(2 * width, 2 * width)),
        )
      : [],
    !isWide
      ? []
      : inPairs
        ? when(i32.and(own("panels"), i32.const(1)), panel(width, width))
        : repeat(panelsLeft, own("panels"), panel(width, width)),
    rest > 0 ? panel(4 * Math.ceil(rest / 4), rest) : [],
  ];
  f.release(panelsLeft, left, column, from, to, wide);
  return code;
}

const least = (a: Code, b: Code): Code => select(a, b, i32.ltU(a, b));

/** Some rows against one panel: params are the arguments' address, A, C, rows, B and the panel's bytes of columns. */
function rowsOfPanel(
  f: Fn,
  { bias, adds, epilogue, single, isLong, chain, several, form, width }: Gemm,
  first: number,
  vectors: number,
  valid: number,
): Code {
  const own = (word: keyof typeof GEMM): Code => arg(f, first + GEMM[word]);
  const [, a, to, rows, b, column] = f.params as [Local, Local, Local, Local, Local, Local];
  const finisher = new Finisher(f, epilogue, first + after(GEMM));
  const [walk, biasAt, lda, apart] = f.locals("i32", 4);
  const isPair = 4 * vectors > width;
  const goOn = joins(several?.runs.map((run) => run.length) ?? []);
  const segments: readonly Segment[] = several?.runs.map(({ offset, ...run }, i) => ({
    ...run,
    base: offset === 0 ? a.get : i32.add(a.get, i32.const(offset)),
    rowBytes: several.lda,
    joins: goOn[i]!,
  })) ?? [{ length: own("steps"), base: a.get, rowBytes: lda }]; // prettier-ignore
  const small = form && { form, factors: b };
  const some = (count: number): Code => {
    const sums = Array.from({ length: count }, () => f.locals("v128", vectors));
    const addressOf = (m: number): Code => (m === 0 ? to.get : i32.add(to.get, i32.mul(own("ldc"), i32.const(m))));
    const start = (m: number, n: number): Code => {
      if (adds) return v128.load(addressOf(m), 16 * n);
      return bias ? v128.load(biasAt.get, 16 * n) : f32x4.const(0);
    };
    const code = [
      walk.set(form === undefined ? b.get : i32.add(b.get, i32.const(headBytes(form, 4 * vectors)))),
      bias ? biasAt.set(i32.add(arg(f, LINES.bias), column.get)) : [],
      sums.map((row, m) => row.map((sum, n) => sum.set(start(m, n)))),
      tile(
        f,
        { rows: count, vectors, segments, panel: walk, long: isLong, chain, small, ...(isPair && { apart }) },
        sums,
      ),
      sums.map((row) => [
        row.map((sum, n) => finisher.apply(sum, to, 16 * n, 16 * n)),
        storeColumns(to.get, row, valid),
        to.set(i32.add(to.get, own("ldc"))),
      ]),
      a.set(i32.add(a.get, i32.mul(lda.get, i32.const(count)))),
      rows.set(i32.sub(rows.get, i32.const(count))),
    ];
    f.release(...sums.flat());
    return code;
  };
  const most = TILE_ROWS[vectors]!;
  const enough = i32.geU(rows.get, i32.const(most));
  return [
    lda.set(own("lda")),
    isPair ? apart.set(i32.mul(own("depth"), i32.const(4 * width))) : [],
    finisher.start(arg(f, LINES.output), column.get),
    single ? [] : when(enough, loop([some(most), brIf(0, enough)])),
    when(rows.get, loop([some(1), brIf(0, rows.get)])),
  ];
}
