/** The cell of a convolutional LSTM over sums that lie in memory: gates i, f, c and o one after the other at each position. */
import { f32x4, i32, v128 } from "../emit/instructions.ts";
import { call, type Fn, type Local } from "../emit/module.ts";
import type { Code } from "../emit/code.ts";
import { cellNamed, type Unit, UNITS } from "./cells.ts";
import { nest, repeat } from "./nest.ts";
import { arg } from "./storage.ts";
import type { Kernel } from "./types.ts";
import { after, words } from "./words.ts";

/** What is fixed of it. */
export interface ConvCell {
  readonly activation: string;
  readonly recurrentActivation: string;
  /** A multiple of 4. */
  readonly filters: number;
  /** Whether there are sums of h, to be added to those of x. */
  readonly hasH: boolean;
  /** Whether h is kept in y too. */
  readonly sequence: boolean;
}

/** Sums of x and of h, c, h, y, positions of a line. Then the words of `nest` over samples and lines (the first five). */
export const CONV_CELL = words("ofX", "ofH", "c", "h", "y", "positions");
const POINTERS = ["ofX", "ofH", "c", "h", "y"] as const;

const [LSTM] = cellNamed("lstm").stages;

/** One step of some lines, float32, channels last. */
export function convCell(static_: ConvCell): Kernel {
  return {
    key: `conv cell ${JSON.stringify(static_)}`,
    way: "fused",
    emit(f) {
      const line = f.module.func(Array.from({ length: 6 }, () => "i32" as const), [], (g) => lineOf(g, static_)); // prettier-ignore
      const pointers = f.locals("i32", POINTERS.length);
      return [
        pointers.map((pointer, i) => pointer.set(arg(f, CONV_CELL[POINTERS[i]!]))),
        nest(f, after(CONV_CELL), 2, pointers, () =>
          call(line, ...pointers.map((pointer) => pointer.get), arg(f, CONV_CELL.positions)),
        ),
      ];
    },
  };
}

/** A line: params are the pointers and its positions. */
function lineOf(f: Fn, { activation, recurrentActivation, filters, hasH, sequence }: ConvCell): Code {
  const [ofX, ofH, c, h, y, positions] = f.params as [Local, Local, Local, Local, Local, Local];
  const [left, units] = f.locals("i32", 2);
  const gates = f.locals("v128", LSTM!.gates);
  const bytes = 4 * UNITS;
  const sum = (gate: number): Code => {
    const at = 4 * gate * filters;
    const x = v128.load(ofX.get, at);
    return hasH ? f32x4.add(x, v128.load(ofH.get, at)) : x;
  };
  const unit: Unit = {
    h: f32x4.const(0),
    c: v128.load(c.get),
    storeC: (value) => v128.store(c.get, value.get),
    storeH: (value) => [v128.store(h.get, value.get), sequence ? v128.store(y.get, value.get) : []],
    update: [],
    storeUpdate: () => [],
    storeReset: () => [],
  };
  const add = (pointer: Local, more: number): Code => pointer.set(i32.add(pointer.get, i32.const(more)));
  const moving = [ofX, ofH, c, h, y];
  return repeat(left, positions.get, [
    repeat(units, i32.const(filters / UNITS), [
      gates.map((gate, i) => gate.set(sum(i))),
      LSTM!.finish(f, gates, unit, activation, recurrentActivation),
      moving.map((pointer) => add(pointer, bytes)),
    ]),
    [ofX, ofH].map((pointer) => add(pointer, 4 * (LSTM!.gates - 1) * filters)),
  ]);
}
