/**
 * A recurrent layer: all steps in one kernel, each step a function of its own (V8 replaces hot functions between calls
 * only). A single row has its input projected beforehand; several rows take x and h in one go, two rows at a time.
 */
import type { Code } from "../emit/code.ts";
import { brIf, f32x4, i32, loop, v128, when } from "../emit/instructions.ts";
import { call, type Fn, type Local } from "../emit/module.ts";
import { CELLS, UNITS, type Unit } from "./cells.ts";
import { arg } from "./storage.ts";
import { toMask } from "./elementwise-ops.ts";
import { storeColumns, tile } from "./tile.ts";
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
    emit(f) {
      const params = Array.from({ length: masked ? 7 : 4 }, () => "i32" as const);
      const step = f.module.func(params, [], (g) => stepOf(g, static_));
      const [x, prev, out, left, m, yPrev, y] = f.locals("i32", 7) as [Local, Local, Local, Local, Local, Local, Local];
      const move = (pointer: Local, word: number): Code => pointer.set(i32.add(pointer.get, arg(f, word)));
      const toggle = out.set(i32.xor(out.get, i32.xor(arg(f, OUT), arg(f, OUT_STEP))));
      return [
        x.set(arg(f, X)),
        prev.set(arg(f, H0)),
        out.set(arg(f, OUT)),
        masked ? [m.set(arg(f, MASK)), y.set(arg(f, Y)), yPrev.set(arg(f, Y0))] : [],
        left.set(arg(f, STEPS)),
        loop([
          call(step, f.params[0]!.get, x.get, prev.get, out.get, ...(masked ? [m.get, yPrev.get, y.get] : [])),
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

/** One step: params are the arguments' address, x, h before, h after, and with a mask: mask, y before, y after. */
function stepOf(f: Fn, static_: Recurrent): Code {
  const { cell: name, depth, units, single, mask } = static_;
  const cell = CELLS.get(name)!;
  const p = pointersOf(f);
  const [offset, left, panels] = f.locals("i32", 3) as [Local, Local, Local];
  const [, x, prev, out, maskAt, yPrev, y] = f.params;
  const wide = cell.gates * UNITS * 4;
  const masked = mask !== "none";
  const at = (base: Code): Code => i32.add(base, offset.get);

  const rows = (count: number, lanes: number): Code => [
    someRows(f, static_, p, count, lanes),
    add(p.x, count * depth * 4),
    ...[p.h, p.hAt, p.out, p.c].map((local) => add(local, count * units * 4)),
    masked ? [add(p.mask, count * 4), add(p.yPrev, count * units * 4), add(p.y, count * units * 4)] : [],
    left.set(i32.sub(left.get, i32.const(count))),
  ];
  const panel = (lanes: number): Code => [
    single ? [] : p.x.set(x!.get),
    p.h.set(prev!.get),
    p.hAt.set(at(prev!.get)),
    p.out.set(at(out!.get)),
    p.c.set(at(arg(f, C))),
    masked ? [p.mask.set(maskAt!.get), p.yPrev.set(at(yPrev!.get)), p.y.set(at(y!.get))] : [],
    single
      ? [someRows(f, static_, p, 1, lanes), add(p.x, wide)]
      : [
          left.set(arg(f, ROWS)),
          when(i32.geU(left.get, i32.const(2)), loop([rows(2, lanes), brIf(0, i32.geU(left.get, i32.const(2)))])),
          when(left.get, rows(1, lanes)),
          add(p.kernel, depth * wide),
        ],
    add(p.recurrent, units * wide),
    add(p.bias, wide),
    add(p.recurrentBias, wide),
    add(offset, UNITS * 4),
  ];
  const full = Math.floor(units / UNITS);
  return [
    single ? p.x.set(x!.get) : p.kernel.set(arg(f, KERNEL)),
    p.recurrent.set(arg(f, RECURRENT)),
    p.bias.set(arg(f, BIAS)),
    p.recurrentBias.set(arg(f, RECURRENT_BIAS)),
    offset.set(i32.const(0)),
    full === 0
      ? []
      : [panels.set(i32.const(full)), loop([panel(UNITS), brIf(0, panels.tee(i32.sub(panels.get, i32.const(1))))])],
    units % UNITS === 0 ? [] : panel(units % UNITS),
  ];
}

/** `count` rows of one panel of units, of which `lanes` exist. */
function someRows(f: Fn, static_: Recurrent, p: Pointers, count: number, lanes: number): Code {
  const { cell: name, depth, units, single, bias, recurrentBias, mask } = static_;
  const cell = CELLS.get(name)!;
  const sums = Array.from({ length: count }, () => f.locals("v128", cell.sums));
  const zero = f32x4.const(0);
  const start = (row: readonly Local[]): Code => [
    cell.x.map((sum, gate) => {
      if (single) return row[sum]!.set(v128.load(p.x.get, 16 * gate));
      return row[sum]!.set(bias ? v128.load(p.bias.get, 16 * gate) : zero);
    }),
    cell.h.map((sum, gate) => {
      const own = recurrentBias ? v128.load(p.recurrentBias.get, 16 * gate) : zero;
      if (!cell.x.includes(sum)) return row[sum]!.set(own);
      return recurrentBias ? row[sum]!.set(f32x4.add(row[sum]!.get, own)) : [];
    }),
  ];
  const product = (weights: Local, length: number, base: Local, into: readonly number[]): Code => [
    p.walk.set(weights.get),
    tile(
      f,
      { rows: count, vectors: cell.gates, segments: [{ length, base: base.get, rowBytes: length * 4 }], panel: p.walk },
      sums.map((row) => into.map((i) => row[i]!)),
    ),
  ];
  const valid = f.local("v128");
  const finish = (row: readonly Local[], m: number): Code => {
    const at = m * units * 4;
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
    const load = mask === "none" ? [] : valid.set(toMask(v128.load32Splat(p.mask.get, 4 * m)));
    return [load, cell.finish(f, row, unit, static_.activation, static_.recurrentActivation)];
  };
  const code = [
    sums.map(start),
    single ? [] : product(p.kernel, depth, p.x, cell.x),
    product(p.recurrent, units, p.h, cell.h),
    sums.map(finish),
  ];
  f.release(valid, ...sums.flat());
  return code;
}
