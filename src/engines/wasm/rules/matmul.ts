/**
 * Matrix products. Of float32: the right side packed in panels (a weight once and for all, anything else by copies), the
 * left side in rows. Of other types: number by number.
 */
import { sizeOf } from "../../../core/tensor.ts";
import { broadcastStrides, stridesOf } from "../../../ops/strided.ts";
import type { AttrsOf } from "../../../ops/signatures.ts";
import { copy, element, fill } from "../kernels/copy.ts";
import {
  gemm,
  type Gemm,
  GEMM,
  type InputRun,
  IN_PAIRS,
  LINES,
  matrixPacking,
  PANEL,
  packedSize,
  ROWS_TO_WIDEN,
} from "../kernels/gemm.ts";
import { MATMUL, plainMatmul } from "../kernels/matmul.ts";
import { collapsed, nestWords } from "../kernels/nest.ts";
import { isSingle, storageOf, widthOf } from "../kernels/storage.ts";
import { isLong, MOST_ROWS } from "../kernels/tile.ts";
import {
  type Epilogue,
  type KernelArg,
  type LastRule,
  type Place,
  type Site,
  type SiteOf,
  shifted,
  type Form,
  type Kernel,
} from "../kernels/types.ts";
import { inputBytes, panelBytes, stepsOf } from "../kernels/weight-form.ts";
import { inWords } from "../kernels/words.ts";

/** A product, or several along leading axes. */
export interface Product {
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
  /** Leading axes of the output, and strides in matrices of both sides along them. */
  readonly lead: readonly number[];
  readonly strides: readonly [readonly number[], readonly number[]];
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** The product that makes `out` of `a` and `b`, by their shapes. */
export function productOf(
  a: readonly number[],
  b: readonly number[],
  out: readonly number[],
  { transposeA, transposeB }: AttrsOf<"matmul">,
): Product {
  const lead = out.slice(0, -2);
  return {
    rows: out.at(-2)!,
    columns: out.at(-1)!,
    depth: a.at(transposeA ? -2 : -1)!,
    lead,
    strides: [broadcastStrides(a.slice(0, -2), lead), broadcastStrides(b.slice(0, -2), lead)],
    transposeA,
    transposeB,
  };
}

/** B in panels of 16 columns, in scratch memory. */
export function packMatrix(
  site: Site,
  at: Place,
  { depth, columns, transposeB }: Pick<Product, "depth" | "columns" | "transposeB">,
): Place {
  const target = site.scratch(4 * packedSize(depth, columns));
  const [alongDepth, alongColumn] = transposeB ? [1, depth] : [columns, 1];
  const full = Math.floor(columns / PANEL);
  const rest = columns - full * PANEL;
  const move = (
    from: Place,
    to: Place,
    lengths: readonly number[],
    source: readonly number[],
    goal: readonly number[],
  ) => {
    // prettier-ignore
    const { kernel, args } = copy(from, to, lengths, [source, goal], 4);
    site.run(kernel, args);
  };
  if (full > 0)
    move(at, target, [full, depth, PANEL], [PANEL * alongColumn, alongDepth, alongColumn], [depth * PANEL, PANEL, 1]);
  if (rest > 0) {
    const width = Math.ceil(rest / 4) * 4;
    const to = element(target, full * PANEL * depth, 4);
    if (width !== rest) {
      const { kernel, args } = fill(to, depth * width, 0, "f32");
      site.run(kernel, args);
    }
    move(element(at, full * PANEL * alongColumn, 4), to, [depth, rest], [alongDepth, alongColumn], [width, 1]);
  }
  return target;
}

/** A[depth, rows] as rows, in scratch memory. */
export function transposeHere(site: Site, at: Place, { rows, depth }: Product): Place {
  const target = site.scratch(4 * rows * depth);
  const { kernel, args } = copy(at, target, [rows, depth], [[1, rows], [depth, 1]], 4); // prettier-ignore
  site.run(kernel, args);
  return target;
}

/** All indices of the leading axes, as matrix numbers of both sides. */
export function* matrices({ lead, strides }: Product): Generator<readonly [number, number, number]> {
  const own = stridesOf(lead);
  for (let i = 0; i < sizeOf(lead); i++) {
    let [a, b] = [0, 0];
    lead.forEach((length, axis) => {
      const index = Math.floor(i / own[axis]!) % length;
      a += index * strides[0][axis]!;
      b += index * strides[1][axis]!;
    });
    yield [i, a, b];
  }
}

/** Addresses of an epilogue's inputs for the part of the output that starts `bytes` from its own, `column` in a row. */
export function epilogueArgs({ epilogue }: Site, bytes: number, column = 0): Place[] {
  if (epilogue === undefined) return [];
  const { inputs } = epilogue.static;
  const starts = { each: bytes, column, once: 0 };
  return epilogue.places().map((place, i) => shifted(place, starts[inputs[i]!]));
}

/** What a product is made of: the runs of its input, bytes from a row to the next, columns. */
export interface ProductSizes {
  readonly runs: readonly InputRun[];
  readonly lda: number;
  readonly ldc: number;
  readonly columns: number;
  readonly bias: boolean;
  /** Whether it is added to what C holds. */
  readonly adds?: boolean | undefined;
  /** Steps of a panel, if there are more than the runs have. */
  readonly depth?: number;
  /** Whether there is one row alone. */
  readonly single?: boolean;
  /** Whether that meets two panels at a time. */
  readonly inPairs?: boolean;
  /** Columns of a panel if not `PANEL`; they divide `columns`. */
  readonly width?: number;
  /** Products of a chain, where not as many as usual. */
  readonly chain?: number;
  /** Of the packed weights. */
  readonly form?: Form | undefined;
  /** Room for a panel that is widened. */
  readonly wide?: Place | undefined;
}

/** What is fixed of a product with an epilogue, and its words. */
export function productParts(sizes: ProductSizes, epilogue: Epilogue | undefined): { static: Gemm; own: KernelArg[] } {
  const { runs, lda, ldc, columns, bias, adds, single, inPairs, width = PANEL, form, wide = 0 } = sizes;
  const steps = runs.reduce((sum, run) => sum + run.length, 0);
  const panels = Math.floor(columns / width);
  const isOne = runs.length === 1 && runs[0]!.offset === 0 && (runs[0]!.skipped ?? 0) === 0;
  const static_ = {
    bias,
    ...(adds && { adds }),
    ...(single && { single }),
    ...(inPairs && { inPairs }),
    width,
    isWide: panels > 0,
    rest: columns % width,
    isLong: isLong(steps, sizes.chain),
    chain: sizes.chain,
    several: isOne ? null : { runs, lda },
    epilogue,
    ...(form && { form }),
  };
  return { static: static_, own: inWords(GEMM, { lda, ldc, panels, depth: sizes.depth ?? steps, steps, wide }) };
}

/** The kernel of a product with the site's epilogue, and its words behind those of `LINES` and their nest. */
export function productOfRuns(site: Site, sizes: ProductSizes) {
  const { static: static_, own } = productParts(sizes, site.epilogue?.static);
  return { kernel: gemm(static_), own };
}

/** Steps of a panel that stay near while rows meet them, and rows for which that counts. */
const DEEP = 1024;
const MANY = 4;

/** A product, or what it adds to the products before it: bytes from where they start, and what it is made of. */
export interface ProductPart {
  readonly kernel: Kernel;
  readonly own: readonly KernelArg[];
  readonly input: number;
  readonly weights: number;
  /** The first column of it. */
  readonly column: number;
  /** Its share of the work. */
  readonly share: number;
  /** Whether the sums are whole, so that the site's epilogue follows. */
  readonly isLast: boolean;
}

/** A product, cut along its depth where all its panel does not stay near. `rows`: that meet it one after the other. */
export function productInParts(site: Site, sizes: ProductSizes, rows: number): readonly ProductPart[] {
  const { runs, columns, width = PANEL, form, bias } = sizes;
  const total = runs.reduce((sum, run) => sum + run.length, 0);
  const whole = { input: 0, weights: 0, column: 0, share: 1, isLast: true };
  if (total <= 2 * DEEP || rows < MANY || form !== undefined) return [{ ...productOfRuns(site, sizes), ...whole }];
  const cut: { first: number; steps: number; runs: InputRun[] }[] = [];
  let behind = 0;
  for (const { offset, length } of runs)
    for (let done = 0; done < length;) {
      let open = cut.at(-1);
      if (open === undefined || open.steps === DEEP) cut.push((open = { first: behind, steps: 0, runs: [] }));
      const here = Math.min(length - done, DEEP - open.steps);
      open.runs.push({ offset: offset + 4 * done, length: here });
      open.steps += here;
      done += here;
      behind += here;
    }
  const full = Math.floor(columns / width) * width;
  const ranges = [[0, full], [full, columns - full]].filter(([, count]) => count! > 0) as [number, number][]; // prettier-ignore
  return cut.flatMap(({ first, steps, runs: some }, i) =>
    ranges.map(([column, count]): ProductPart => {
      const isLast = i === cut.length - 1;
      const input = some[0]!.offset;
      const part = {
        ...sizes,
        runs: some.map((run) => ({ ...run, offset: run.offset - input })),
        columns: count,
        bias: bias && i === 0,
        adds: i > 0,
        depth: total,
      };
      const { static: static_, own } = productParts(part, isLast ? site.epilogue?.static : undefined);
      const weights = 4 * (total * column + first * Math.min(width, Math.ceil(count / 4) * 4));
      return { kernel: gemm(static_), own, input, weights, column, share: (steps / total) * (count / columns), isLast };
    }),
  );
}

type GemmSizes = Pick<ProductSizes, "bias" | "width" | "columns" | "form"> & { readonly depth: number };

/** Rows of A as a form wants them, in scratch memory: where their steps start. */
function inputFor(site: Site, form: Form | undefined, input: Place, rows: number, depth: number): Place {
  if (!form?.quantise) return input;
  const output = site.scratch(rows * inputBytes(form, depth));
  const { kernel, args } = form.quantise.rows(input, output, rows, depth);
  site.run(kernel, args);
  return shifted(output, form.inputHead);
}

const ONE_LINE = nestWords({ lengths: [1, 1, 1], strides: [[0, 0, 0], [0, 0, 0]] }); // prettier-ignore

/** C = A·B, with the site's epilogue: places of A, packed B and C, rows, bias. In parts that threads share. */
export function runGemm(
  site: Site,
  { depth, columns, form, ...given }: GemmSizes,
  [input, b, c, rows, bias]: readonly [a: Place, b: Place, c: Place, rows: number, bias: KernelArg],
): void {
  const { width = PANEL } = given;
  const panels = Math.floor(columns / width);
  const inPairs = rows === 1 && form === undefined && width === PANEL && panels > 1 && depth * columns >= IN_PAIRS;
  const sizes = { ...given, single: rows === 1, inPairs };
  const runs = [{ offset: 0, length: stepsOf(form, depth) }];
  const lda = inputBytes(form, depth);
  const a = inputFor(site, form, input, rows, depth);
  const ofColumns = (count: number, here = rows) => {
    const wide = form?.widen && here >= ROWS_TO_WIDEN ? site.scratch(4 * depth * width) : undefined;
    return productOfRuns(site, { ...sizes, runs, lda, ldc: 4 * columns, columns: count, form, wide });
  };
  /** Some of the rows by some of the columns. */
  const args = (own: readonly KernelArg[], row: number, count: number, column: number): KernelArg[] => [
    ...inWords(LINES, {
      input: shifted(a, row * lda),
      kernel: shifted(b, (column / width) * panelBytes(form, depth, width)),
      output: shifted(c, 4 * (row * columns + column)),
      positions: count,
      bias: typeof bias === "number" ? bias : shifted(bias, 4 * column),
    }),
    ...ONE_LINE,
    ...own,
    ...epilogueArgs(site, 4 * (row * columns + column), 4 * column),
  ];
  // Few rows are not cut: their columns are. A last, narrower panel is a part by itself.
  if (site.isShared && rows <= MOST_ROWS && panels > 1) {
    const { kernel } = ofColumns(panels * width, 0);
    site.split(
      kernel,
      { lengths: [panels], unit: inPairs ? 2 : 1, work: rows * depth * columns },
      ({ from: [first], lengths: [count] }) => args(ofColumns(count! * width).own, 0, rows, first! * width),
    );
    const rest = columns - panels * width;
    if (rest > 0) {
      const last = ofColumns(rest);
      site.run(last.kernel, args(last.own, 0, rows, panels * width));
    }
    return;
  }
  const parts = productInParts(site, { ...sizes, runs, lda, ldc: 4 * columns, columns, form }, rows);
  if (parts.length > 1) {
    for (const part of parts) {
      const { column, own, isLast } = part;
      const half = { lengths: [rows], unit: MOST_ROWS, work: rows * depth * columns * part.share };
      site.split(part.kernel, half, ({ from: [first], lengths: [count] }) => {
        const to = 4 * (first! * columns + column);
        return [
          ...inWords(LINES, {
            input: shifted(a, first! * lda + part.input),
            kernel: shifted(b, part.weights),
            output: shifted(c, to),
            positions: count!,
            bias: typeof bias === "number" ? bias : shifted(bias, 4 * column),
          }),
          ...ONE_LINE,
          ...own,
          ...(isLast ? epilogueArgs(site, to, 4 * column) : []),
        ];
      });
    }
    return;
  }
  const { kernel } = ofColumns(columns, 0);
  const cut = { lengths: [rows], unit: MOST_ROWS, work: rows * depth * columns };
  // Each part has room of its own.
  site.split(kernel, cut, ({ from: [first], lengths: [count] }) => args(ofColumns(columns, count!).own, first!, count!, 0)); // prettier-ignore
}

/** Whether a float32 product is that of a stack of rows and one matrix. */
export function isOneProduct(left: readonly number[], right: readonly number[], attrs: AttrsOf<"matmul">): boolean {
  return right.length === 2 && !attrs.transposeA && left.at(-1)! > 0;
}

function planFloat32(site: SiteOf<"matmul">, p: Product): void {
  const { rows, depth, columns, transposeA, transposeB } = p;
  const { a: left, b: right } = site.in;
  const { y } = site.out;
  // A stack of rows against one matrix is one product.
  if (isOneProduct(left.shape, right.shape, site.attrs)) {
    const form = site.form(right);
    const b =
      right.weight !== undefined
        ? site.packed(right, matrixPacking(depth, columns, transposeB, form))
        : packMatrix(site, right.place(), p);
    runGemm(site, { depth, columns, bias: false, form }, [left.place(), b, y.place(), rows * sizeOf(p.lead), 0]);
    return;
  }
  const packed = new Map<number, Place>();
  for (const [i, aAt, bAt] of matrices(p)) {
    let b = packed.get(bAt);
    if (b === undefined) packed.set(bAt, (b = packMatrix(site, element(right.place(), bAt * depth * columns, 4), p)));
    const from = element(left.place(), aAt * rows * depth, 4);
    const a = transposeA ? transposeHere(site, from, p) : from;
    runGemm(site, { depth, columns, bias: false }, [a, b, shifted(y.place(), 4 * i * rows * columns), rows, 0]);
  }
}

export const matmulRule: LastRule<"matmul"> = (site) => {
  const { y } = site.out;
  const p = productOf(site.in.a.shape, site.in.b.shape, y.shape, site.attrs);
  const { dtype, shape } = y;
  if (p.depth === 0) {
    const { kernel, args } = fill(y.place(), sizeOf(shape), 0, storageOf(dtype));
    site.run(kernel, args);
    return;
  }
  // Halves have been taken apart (see halves.ts): here their epilogue rounds them.
  if (isSingle(dtype)) {
    planFloat32(site, p);
    return;
  }
  const width = widthOf(dtype);
  const { rows, columns, depth, lead, transposeA, transposeB } = p;
  const sides = [rows * depth, depth * columns];
  const axes = collapsed({
    lengths: [...lead, rows, columns],
    strides: [
      [...p.strides[0].map((s) => s * sides[0]! * width), (transposeA ? 1 : depth) * width, 0],
      [...p.strides[1].map((s) => s * sides[1]! * width), 0, (transposeB ? depth : 1) * width],
      stridesOf(shape).map((s) => s * width),
    ],
  });
  site.run(plainMatmul(dtype, axes.lengths.length), [
    ...inWords(MATMUL, {
      a: site.in.a.place(),
      b: site.in.b.place(),
      c: y.place(),
      depth,
      aStep: (transposeA ? rows : 1) * width,
      bStep: (transposeB ? 1 : columns) * width,
    }),
    ...nestWords(axes),
  ]);
};
