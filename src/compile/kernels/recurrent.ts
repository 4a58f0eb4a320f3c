/**
 * A recurrent layer: all steps in one kernel, each step a function of its own (V8 replaces hot functions between calls
 * only). A single row has its input projected beforehand and takes several panels at a time; several rows take x and h in
 * one go, two rows at a time. Every other step goes through the panels from the last to the first: of weights that are a
 * little larger than a cache, most are still there.
 */
import type { Code } from "../emit/code.ts";
import { brIf, f32x4, i32, loop, v128, when } from "../emit/instructions.ts";
import { call, type Fn, type Local } from "../emit/module.ts";
import { CELLS, UNITS, type Unit } from "./cells.ts";
import { arg } from "./storage.ts";
import { toMask } from "./elementwise-ops.ts";
import { storeColumns, tile, TILE_ROWS } from "./tile.ts";
import type { Kernel } from "./types.ts";

export interface Recurrent {
  readonly cell: string;
  readonly activation: string;
  readonly recurrentActivation: string;
  readonly depth: number;
  readonly units: number;
  /** One row, its input projected: x is the sums of the input's gates, biases included. */
  readonly single: boolean;
  /** A bias of the input's gates (without `single`), and one of the recurrent gates. */
  readonly bias: boolean;
  readonly recurrentBias: boolean;
  readonly mask: "none" | "repeat" | "zero";
  /** Whether h of every step is kept; else it goes to and fro between two places. */
  readonly history: boolean;
}

/** Words of the arguments. */
const X = 0, X_STEP = 1, KERNEL = 2, RECURRENT = 3, BIAS = 4, RECURRENT_BIAS = 5, H0 = 6, C = 7, OUT = 8, OUT_STEP = 9, STEPS = 10, ROWS = 11; // prettier-ignore
const MASK = 12, MASK_STEP = 13, Y = 14, Y_STEP = 15, Y0 = 16; // prettier-ignore

/**
 * Arguments: x of the first step and bytes to the next; packed kernel and recurrent kernel; their biases; first h; c
 * (updated in place); h of the first step and bytes to the next (`history`) or the other place; steps; rows; with a mask:
 * mask of the first step and bytes to the next, y and bytes to the next, the y before the first.
 */
export function recurrent(static_: Recurrent): Kernel {
  const { mask, history } = static_;
  const masked = mask !== "none";
  return {
    key: `recurrent ${JSON.stringify(static_)}`,
    way: "fused",
    emit(f) {
      const params = Array.from({ length: masked ? 8 : 5 }, () => "i32" as const);
      const step = f.module.func(params, [], (g) => stepOf(g, static_));
      const [x, prev, out, left, m, yPrev, y] = f.locals("i32", 7) as [Local, Local, Local, Local, Local, Local, Local];
      // 0 for steps that start with the first panel, -1 for those that start with the last.
      const turn = f.local("i32");
      const move = (pointer: Local, word: number): Code => pointer.set(i32.add(pointer.get, arg(f, word)));
      const toggle = out.set(i32.xor(out.get, i32.xor(arg(f, OUT), arg(f, OUT_STEP))));
      return [
        x.set(arg(f, X)),
        prev.set(arg(f, H0)),
        out.set(arg(f, OUT)),
        masked ? [m.set(arg(f, MASK)), y.set(arg(f, Y)), yPrev.set(arg(f, Y0))] : [],
        left.set(arg(f, STEPS)),
        turn.set(i32.const(0)),
        loop([
          call(
            step,
            f.params[0]!.get,
            x.get,
            prev.get,
            out.get,
            turn.get,
            ...(masked ? [m.get, yPrev.get, y.get] : []),
          ),
          turn.set(i32.xor(turn.get, i32.const(-1))),
          prev.set(out.get),
          move(x, X_STEP),
          history ? move(out, OUT_STEP) : toggle,
          masked ? [move(m, MASK_STEP), yPrev.set(y.get), move(y, Y_STEP)] : [],
          brIf(0, left.tee(i32.sub(left.get, i32.const(1)))),
        ]),
      ];
    },
  };
}

/** Pointers of a step: rows at the panel's units, panels of weights, and biases. */
interface Pointers {
  readonly x: Local;
  readonly h: Local;
  /** h and c of the panel's units: before, after. */
  readonly hAt: Local;
  readonly out: Local;
  readonly c: Local;
  readonly kernel: Local;
  readonly recurrent: Local;
  readonly walk: Local;
  readonly bias: Local;
  readonly recurrentBias: Local;
  readonly mask: Local;
  readonly yPrev: Local;
  readonly y: Local;
}

function pointersOf(f: Fn): Pointers {
  const [x, h, hAt, out, c, kernel, rec, walk, bias, recurrentBias, mask, yPrev, y] = f.locals("i32", 13) as Local[] as [
    Local, Local, Local, Local, Local, Local, Local, Local, Local, Local, Local, Local, Local,
  ]; // prettier-ignore
  return { x, h, hAt, out, c, kernel, recurrent: rec, walk, bias, recurrentBias, mask, yPrev, y };
}

const add = (local: Local, bytes: number): Code => local.set(i32.add(local.get, i32.const(bytes)));

/** Panels of 4 columns for each gate that are taken at a time: by a single row, and by several. */
const PANELS_AT_ONCE: ReadonlyMap<number, readonly [number, number]> = new Map([[1, [4, 4]], [3, [2, 1]], [4, [1, 1]]]); // prettier-ignore

/**
 * One step: params are the arguments' address, x, h before, h after, the turn, and with a mask: mask, y before, y after.
 */
function stepOf(f: Fn, static_: Recurrent): Code {
  const { cell: name, depth, units, single, mask } = static_;
  const cell = CELLS.get(name)!;
  const p = pointersOf(f);
  const [offset, left, panels] = f.locals("i32", 3) as [Local, Local, Local];
  const [, x, prev, out, turn, maskAt, yPrev, y] = f.params;
  const wide = cell.gates * UNITS * 4;
  const masked = mask !== "none";
  const at = (base: Code): Code => i32.add(base, offset.get);
  const [ofOneRow, ofRows] = PANELS_AT_ONCE.get(cell.gates)!;
  const atOnce = single ? ofOneRow : ofRows;
  /** What goes along with the panels, and how far from one panel to the next. */
  const along: readonly (readonly [Local, number])[] = [
    [single ? p.x : p.kernel, single ? wide : depth * wide],
    [p.recurrent, units * wide],
    [p.bias, wide],
    [p.recurrentBias, wide],
    [offset, UNITS * 4],
  ];
  const starts = [
    single ? x!.get : arg(f, KERNEL),
    arg(f, RECURRENT),
    arg(f, BIAS),
    arg(f, RECURRENT_BIAS),
    i32.const(0),
  ];

  const rowsAtOnce = TILE_ROWS[atOnce * cell.gates]!;
  const more = (count: number): Code => brIf(0, i32.geU(left.get, i32.const(count)));
  const rows = (count: number, wanted: number, lanes: number): Code => [
    someRows(f, static_, p, { rows: count, panels: wanted, lanes }),
    add(p.x, count * depth * 4),
    ...[p.h, p.hAt, p.out, p.c].map((local) => add(local, count * units * 4)),
    masked ? [add(p.mask, count * 4), add(p.yPrev, count * units * 4), add(p.y, count * units * 4)] : [],
    left.set(i32.sub(left.get, i32.const(count))),
  ];
  const panel = (count: number, lanes: number): Code => [
    single ? [] : p.x.set(x!.get),
    p.h.set(prev!.get),
    p.hAt.set(at(prev!.get)),
    p.out.set(at(out!.get)),
    p.c.set(at(arg(f, C))),
    masked ? [p.mask.set(maskAt!.get), p.yPrev.set(at(yPrev!.get)), p.y.set(at(y!.get))] : [],
    single
      ? someRows(f, static_, p, { rows: 1, panels: count, lanes })
      : [
          left.set(arg(f, ROWS)),
          when(i32.geU(left.get, i32.const(rowsAtOnce)), loop([rows(rowsAtOnce, count, lanes), more(rowsAtOnce)])),
          when(left.get, loop([rows(1, count, lanes), more(1)])),
        ],
  ];
  /** `turns` times `count` panels from panel `first` on, or from the last of them back to it. */
  const run = (first: number, turns: number, count: number, lanes: number): Code => {
    if (turns === 0) return [];
    const moves = along.map(([local, bytes]) => [local, bytes * count, f.local("i32")] as const);
    // (n ^ turn) - turn is n or -n.
    const signed = (bytes: number): Code => i32.sub(i32.xor(i32.const(bytes), turn!.get), turn!.get);
    const code = [
      moves.map(([local, bytes, move], i) => [
        local.set(i32.add(starts[i]!, i32.const((bytes / count) * first))),
        turns === 1
          ? []
          : [
              local.set(i32.add(local.get, i32.and(i32.const(bytes * (turns - 1)), turn!.get))),
              move.set(signed(bytes)),
            ],
      ]),
      turns === 1
        ? panel(count, lanes)
        : [
            panels.set(i32.const(turns)),
            loop([
              panel(count, lanes),
              moves.map(([local, , move]) => local.set(i32.add(local.get, move.get))),
              brIf(0, panels.tee(i32.sub(panels.get, i32.const(1)))),
            ]),
          ],
    ];
    f.release(...moves.map(([, , move]) => move));
    return code;
  };
  const full = Math.floor(units / UNITS);
  const groups = Math.floor(full / atOnce);
  const grouped = groups * atOnce;
  return [
    run(0, groups, atOnce, UNITS),
    run(grouped, full - grouped, 1, UNITS),
    units % UNITS === 0 ? [] : run(full, 1, 1, units % UNITS),
  ];
}

/** Sums of one row and one panel, and where they belong: bytes from the pointers of rows, and of panels' vectors. */
interface Lot {
  readonly sums: readonly Local[];
  readonly row: number;
  readonly at: number;
  readonly wide: number;
}

/** Some rows of one panel of units, or one row of several; `lanes` units of each exist. */
function someRows(
  f: Fn,
  static_: Recurrent,
  p: Pointers,
  { rows, panels, lanes }: { readonly rows: number; readonly panels: number; readonly lanes: number },
): Code {
  const { cell: name, depth, units, single, bias, recurrentBias, mask } = static_;
  const cell = CELLS.get(name)!;
  const wide = cell.gates * UNITS * 4;
  const lots = Array.from({ length: rows * panels }, (_, i): Lot => {
    const [row, panel] = [Math.floor(i / panels), i % panels];
    return { sums: f.locals("v128", cell.sums), row, at: row * units * 4 + panel * UNITS * 4, wide: panel * wide };
  });
  const zero = f32x4.const(0);
  /** The first value of sum `index`: what the input and the biases give, without the product. */
  const first = ({ wide: at }: Lot, index: number): Code => {
    const [x, h] = [cell.x.indexOf(index), cell.h.indexOf(index)];
    const terms: Code[] = [];
    if (x >= 0 && single) terms.push(v128.load(p.x.get, at + 16 * x));
    if (x >= 0 && !single && bias) terms.push(v128.load(p.bias.get, at + 16 * x));
    if (h >= 0 && recurrentBias) terms.push(v128.load(p.recurrentBias.get, at + 16 * h));
    return terms.length === 0 ? zero : terms.reduce((a, b) => f32x4.add(a, b));
  };
  const start = (lot: Lot, indices: readonly number[]): Code => indices.map((i) => lot.sums[i]!.set(first(lot, i)));
  const without = (indices: readonly number[], others: readonly number[]): number[] =>
    indices.filter((i) => !others.includes(i));
  const product = (weights: Local, length: number, base: Local, into: readonly number[], distance: number): Code => [
    p.walk.set(weights.get),
    tile(
      f,
      {
        rows,
        vectors: panels * cell.gates,
        segments: [{ length, base: base.get, rowBytes: length * 4 }],
        panel: p.walk,
        panels: { count: panels, distance },
      },
      Array.from({ length: rows }, (_, row) =>
        lots.filter((lot) => lot.row === row).flatMap((lot) => into.map((index) => lot.sums[index]!)),
      ),
    ),
  ];
  const valid = f.local("v128");
  const finish = ({ sums, row, at }: Lot): Code => {
    const h = v128.load(p.hAt.get, at);
    const c = v128.load(p.c.get, at);
    const unit: Unit = {
      h,
      c,
      storeC: (value) => [
        mask === "none" ? [] : value.set(v128.select(value.get, c, valid.get)),
        storeColumns(p.c.get, [value], lanes, at),
      ],
      storeH(value) {
        if (mask === "none") return storeColumns(p.out.get, [value], lanes, at);
        const y = f.local("v128");
        const other = mask === "zero" ? zero : v128.load(p.yPrev.get, at);
        const code = [
          y.set(v128.select(value.get, other, valid.get)),
          storeColumns(p.y.get, [y], lanes, at),
          y.set(v128.select(value.get, h, valid.get)),
          storeColumns(p.out.get, [y], lanes, at),
        ];
        f.release(y);
        return code;
      },
    };
    const load = mask === "none" ? [] : valid.set(toMask(v128.load32Splat(p.mask.get, 4 * row)));
    return [load, cell.finish(f, sums, unit, static_.activation, static_.recurrentActivation)];
  };
  const code = [
    // Sums are set just before their first product, or after it when none goes into them: the fewer are held, the better.
    single ? [] : [lots.map((lot) => start(lot, cell.x)), product(p.kernel, depth, p.x, cell.x, depth * wide)],
    lots.map((lot) => start(lot, single ? cell.h : without(cell.h, cell.x))),
    product(p.recurrent, units, p.h, cell.h, units * wide),
    single ? lots.map((lot) => start(lot, without(cell.x, cell.h))) : [],
    lots.map(finish),
  ];
  f.release(valid, ...lots.flatMap((lot) => lot.sums));
  return code;
}
