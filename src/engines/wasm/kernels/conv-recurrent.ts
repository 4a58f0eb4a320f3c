/**
 * A convolutional LSTM layer, all steps in one kernel: the convolutions of x and of h are products over segments of
 * channels-last, padded input, and the cell takes their sums from registers. h goes to and fro between two padded
 * buffers. Each line of output is a function call of its own (V8 replaces hot functions between calls only).
 */
import type { Code } from "../emit/code.ts";
import { brIf, f32x4, i32, loop, select, v128, when } from "../emit/instructions.ts";
import { call, type Fn, type Local } from "../emit/module.ts";
import { cellNamed, type Unit, UNITS } from "./cells.ts";
import { nest, repeat } from "./nest.ts";
import { arg } from "./storage.ts";
import { isLong, joins, storeColumns, tile, TILE_ROWS } from "./tile.ts";
import type { Kernel } from "./types.ts";
import { after, words } from "./words.ts";

/** Runs of the input that meet the kernel, one after the other. */
export interface InputRuns {
  /** Bytes from a window's first element, and floats. */
  readonly runs: readonly { readonly offset: number; readonly length: number }[];
  /** Bytes from an output position to the next along the innermost axis. */
  readonly step: number;
}

/** What is fixed of a convolutional LSTM layer. */
export interface ConvRecurrent {
  readonly activation: string;
  readonly recurrentActivation: string;
  readonly filters: number;
  readonly x: InputRuns;
  readonly h: InputRuns;
  readonly bias: boolean;
  /** Whether h of every step is kept in y. */
  readonly sequence: boolean;
}

/**
 * x of the first step and bytes to the next step and sample; the padded h buffers, bytes from their start to what is not
 * padding and to the next sample; c and bytes to the next sample; y of the first step and bytes to the next step and
 * sample; kernels and bias packed; positions of a line; `isZero`: 1 if the first h is zero. Then the words of `nest` over
 * lines (2 axes; x, h before, h after, c, y).
 */
export const CONV_RECURRENT = words(
  "x", "xStep", "xSample", "h", "hOther", "hInside", "hSample", "c", "cSample", "y", "yStep", "ySample", "kernel",
  "recurrent", "bias", "steps", "samples", "positions", "isZero",
); // prettier-ignore

const W = CONV_RECURRENT;

const [LSTM] = cellNamed("lstm").stages;
const VECTORS = LSTM!.gates;
const PANEL_BYTES = VECTORS * UNITS * 4;

/** All steps of a convolutional LSTM, float32. Arguments: `CONV_RECURRENT`. */
export function convRecurrent(static_: ConvRecurrent): Kernel {
  return {
    key: `conv recurrent ${JSON.stringify(static_)}`,
    way: "fused",
    emit(f) {
      const line = f.module.func(Array.from({ length: 7 }, () => "i32" as const), [], (g) => lineOf(g, static_)); // prettier-ignore
      const step = f.module.func(["i32", "i32"], [], (g) =>
        stepOf(g, (args, pointers, skips) => call(line, args, ...pointers.map((p) => p.get), skips)),
      );
      const t = f.local("i32");
      return [
        t.set(i32.const(0)),
        loop([
          call(step, f.params[0]!.get, t.get),
          brIf(0, i32.ltU(t.tee(i32.add(t.get, i32.const(1))), arg(f, W.steps))),
        ]),
      ];
    },
  };
}

type CallLine = (args: Code, pointers: readonly Local[], skips: Code) => Code;

/** Step t of all samples: params are the arguments' address and t. */
function stepOf(f: Fn, callLine: CallLine): Code {
  const [args, t] = f.params as [Local, Local];
  const samples = Array.from({ length: 5 }, () => f.local("i32"));
  const lines = Array.from({ length: 5 }, () => f.local("i32"));
  const [left, skips] = f.locals("i32", 2);
  const [x, h, out, c, y] = samples as [Local, Local, Local, Local, Local];
  const odd = i32.and(t.get, i32.const(1));
  const moved = (start: number, step: number): Code => i32.add(arg(f, start), i32.mul(t.get, arg(f, step)));
  const next = (local: Local, word: number): Code => local.set(i32.add(local.get, arg(f, word)));
  return [
    x.set(moved(W.x, W.xStep)),
    h.set(select(arg(f, W.hOther), arg(f, W.h), odd)),
    out.set(i32.add(select(arg(f, W.h), arg(f, W.hOther), odd), arg(f, W.hInside))),
    c.set(arg(f, W.c)),
    y.set(moved(W.y, W.yStep)),
    skips.set(i32.and(arg(f, W.isZero), i32.eqz(t.get))),
    repeat(left, arg(f, W.samples), [
      lines.map((line, i) => line.set(samples[i]!.get)),
      nest(f, after(W), 2, lines, () => callLine(args.get, lines, skips.get)),
      [next(x, W.xSample), next(h, W.hSample), next(out, W.hSample), next(c, W.cSample), next(y, W.ySample)],
    ]),
  ];
}

const add = (local: Local, bytes: number): Code => local.set(i32.add(local.get, i32.const(bytes)));

/** A line of positions: params are the arguments' address, x, h before, h after, c, y, and whether h is zero. */
function lineOf(f: Fn, static_: ConvRecurrent): Code {
  const { filters, x: ofX, h: ofH, bias, sequence } = static_;
  const starts = f.params.slice(1, 6);
  const skips = f.params[6]!;
  const at = Array.from({ length: 5 }, () => f.local("i32"));
  const [x, h, out, c, y] = at as [Local, Local, Local, Local, Local];
  const [left, panels, offset, walk] = f.locals("i32", 4);
  const weights = [W.kernel, W.recurrent, W.bias].map((word) => [f.local("i32"), word] as const);
  const [kernel, recurrent, biasAt] = weights.map(([local]) => local) as [Local, Local, Local];
  const depthOf = ({ runs }: InputRuns): number => runs.reduce((sum, run) => sum + run.length, 0);
  const stride = filters * 4;

  const some = (rows: number, lanes: number): Code => {
    const sums = Array.from({ length: rows }, () => f.locals("v128", VECTORS));
    const product = (of: Local, { runs, step }: InputRuns, from: Local, held = 0): Code => {
      const goOn = joins(runs.map((run) => run.length));
      const segments = runs.map(({ offset: bytes, length }, i) => ({
        length,
        base: bytes === 0 ? from.get : i32.add(from.get, i32.const(bytes)),
        rowBytes: step,
        joins: goOn[i]!,
      }));
      const long = isLong(held + depthOf({ runs, step }));
      return [walk.set(of.get), tile(f, { rows, vectors: VECTORS, segments, panel: walk, long }, sums)];
    };
    const unit = (row: number): Unit => ({
      h: f32x4.const(0),
      c: v128.load(c.get, row * stride),
      storeC: (value) => storeColumns(c.get, [value], lanes, row * stride),
      storeH: (value) => [
        storeColumns(out.get, [value], lanes, row * stride),
        sequence ? storeColumns(y.get, [value], lanes, row * stride) : [],
      ],
      update: [],
      storeUpdate: () => [],
      storeReset: () => [],
    });
    const code = [
      sums.map((row) => row.map((sum, i) => sum.set(bias ? v128.load(biasAt.get, 16 * i) : f32x4.const(0)))),
      product(kernel, ofX, x),
      when(i32.eqz(skips.get), product(recurrent, ofH, h, depthOf(ofX))),
      sums.map((row, m) => LSTM!.finish(f, row, unit(m), static_.activation, static_.recurrentActivation)),
      add(x, rows * ofX.step),
      add(h, rows * ofH.step),
      [out, c, y].map((local) => add(local, rows * stride)),
      left.set(i32.sub(left.get, i32.const(rows))),
    ];
    f.release(...sums.flat());
    return code;
  };
  const rows = TILE_ROWS[VECTORS]!;
  const enough = i32.geU(left.get, i32.const(rows));
  const panel = (lanes: number): Code => [
    at.map((local, i) => local.set(i < 2 ? starts[i]!.get : i32.add(starts[i]!.get, offset.get))),
    left.set(arg(f, W.positions)),
    when(enough, loop([some(rows, lanes), brIf(0, enough)])),
    when(left.get, loop([some(1, lanes), brIf(0, left.get)])),
    add(kernel, depthOf(ofX) * PANEL_BYTES),
    add(recurrent, depthOf(ofH) * PANEL_BYTES),
    add(biasAt, PANEL_BYTES),
    add(offset, UNITS * 4),
  ];
  const full = Math.floor(filters / UNITS);
  return [
    weights.map(([local, word]) => local.set(arg(f, word))),
    offset.set(i32.const(0)),
    full === 0 ? [] : repeat(panels, i32.const(full), panel(UNITS)),
    filters % UNITS === 0 ? [] : panel(filters % UNITS),
  ];
}
