/**
 * A recurrent layer: all steps in one kernel, each step a function of its own (V8 replaces hot functions between calls
 * only). A single row has its input projected beforehand; several rows take x and h in one go.
 */
import type { Code } from "../emit/code.ts";
import { brIf, i32, loop, select } from "../emit/instructions.ts";
import { call, type Fn, type Local } from "../emit/module.ts";
import { cellNamed } from "./cells.ts";
import { manyRows, oneRow, type Recurrent, type Step } from "./recurrent-stage.ts";
import { arg } from "./storage.ts";
import type { Kernel } from "./types.ts";

/** Words of the arguments, and those of each stage from `STAGES` on. */
const H0 = 0, C = 1, OUT = 2, OUT_STEP = 3, STEPS = 4, ROWS = 5, SUMS = 6, UPDATE = 7, RESET = 8; // prettier-ignore
const MASK = 9, MASK_STEP = 10, Y = 11, Y_STEP = 12, Y0 = 13; // prettier-ignore
const STAGES = 14, X = 0, X_STEP = 1, KERNEL = 2, RECURRENT = 3, BIAS = 4, RECURRENT_BIAS = 5, STAGE_WORDS = 6; // prettier-ignore

/**
 * Arguments: first h; c (updated in place); h of the first step and bytes to the next (`history`) or the other place;
 * steps; rows; scratch for the products of a single row, for the update gate and for the reset h of a cell with two
 * stages; mask of the first step and bytes to the next, y and bytes to the next, the y before the first. Then for each
 * stage: x of the first step and bytes to the next, packed kernel and recurrent kernel, their biases.
 */
export function recurrent(static_: Recurrent): Kernel {
  return {
    key: `recurrent ${JSON.stringify(static_)}`,
    way: "fused",
    emit(f) {
      const step = f.module.func(["i32", "i32"], [], (g) => stepOf(g, static_));
      const t = f.local("i32");
      return [
        t.set(i32.const(0)),
        loop([
          call(step, f.params[0]!.get, t.get),
          brIf(0, i32.ltU(t.tee(i32.add(t.get, i32.const(1))), arg(f, STEPS))),
        ]),
      ];
    },
  };
}

/** Step t: params are the arguments' address and t. */
function stepOf(f: Fn, static_: Recurrent): Code {
  const { cell, mask, history, single } = static_;
  const t = f.params[1]!;
  const [prev, out, maskAt, y, yPrev, x] = f.locals("i32", 6) as [Local, Local, Local, Local, Local, Local];
  const moved = (start: number, step: number): Code => i32.add(arg(f, start), i32.mul(t.get, arg(f, step)));
  const odd = i32.and(t.get, i32.const(1));
  const [one, other] = [arg(f, OUT), arg(f, OUT_STEP)];
  const places = history
    ? [out.set(moved(OUT, OUT_STEP)), prev.set(i32.sub(out.get, other))]
    : [out.set(select(other, one, odd)), prev.set(select(one, other, odd))];
  const masks = [
    maskAt.set(moved(MASK, MASK_STEP)),
    y.set(moved(Y, Y_STEP)),
    yPrev.set(select(i32.sub(y.get, arg(f, Y_STEP)), arg(f, Y0), t.get)),
  ];
  const stages = cellNamed(cell).stages.map((stage, i): Code => {
    const word = (index: number): number => STAGES + STAGE_WORDS * i + index;
    const step: Step = {
      ...static_,
      stage,
      x,
      h: stage.reads === "h" ? prev.get : arg(f, RESET),
      rows: arg(f, ROWS),
      weights: {
        kernel: arg(f, word(KERNEL)),
        recurrent: arg(f, word(RECURRENT)),
        bias: arg(f, word(BIAS)),
        recurrentBias: arg(f, word(RECURRENT_BIAS)),
      },
      sums: arg(f, SUMS),
      unit: {
        h: prev.get,
        out: out.get,
        c: arg(f, C),
        update: arg(f, UPDATE),
        reset: arg(f, RESET),
        y: y.get,
        yPrev: yPrev.get,
      },
      maskAt: maskAt.get,
    };
    return [x.set(moved(word(X), word(X_STEP))), single ? oneRow(f, step) : manyRows(f, step)];
  });
  return [places, prev.set(select(prev.get, arg(f, H0), t.get)), mask === "none" ? [] : masks, stages];
}
