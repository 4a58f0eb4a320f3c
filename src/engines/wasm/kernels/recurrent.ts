/**
 * A recurrent layer: all steps in one kernel, each step a function of its own (V8 replaces hot functions between calls
 * only). A single row has its input projected beforehand; several rows take x and h in one go.
 */
import type { Code } from "../emit/code.ts";
import { brIf, i32, loop, memoryCopy, memoryFill, select, when } from "../emit/instructions.ts";
import { call, type Fn, type Local } from "../emit/module.ts";
import { cellNamed } from "./cells.ts";
import { manyRows, oneRow, type Recurrent, type StageStep, type Units } from "./recurrent-stage.ts";
import { arg } from "./storage.ts";
import type { Kernel } from "./types.ts";
import { after, words } from "./words.ts";

/**
 * The first h; c, updated in place, and where c of the steps is kept (`shared`); h of the first step and bytes to the next (`history`) or the other place; scratch for
 * the products of a single row and for h as int8 weights want it, for the update gate and for the reset h of a cell with two stages; mask of the first step
 * and bytes to the next, y and bytes to the next, the y before the first. Then `STAGE` for each stage.
 */
export const RECURRENT = words(
  "h0", "c", "cRows", "out", "outStep", "steps", "rows", "sums", "quantised", "update", "reset", "mask", "maskStep", "y", "yStep", "yBefore",
); // prettier-ignore
/** x of the first step and bytes to the next; kernels and biases packed. */
export const STAGE = words("x", "xStep", "kernel", "recurrent", "bias", "recurrentBias");

/** All steps of an LSTM, GRU or SimpleRNN, float32, with or without a mask. */
export function recurrentKernel(static_: Recurrent): Kernel {
  return {
    key: `recurrent ${JSON.stringify(static_)}`,
    way: "fused",
    emit(f) {
      const step = f.module.func(["i32", "i32"], [], (g) => stepOf(g, static_, { first: 0, count: static_.units }));
      const t = f.local("i32");
      return [
        t.set(i32.const(0)),
        loop([
          call(step, f.params[0]!.get, t.get),
          brIf(0, i32.ltU(t.tee(i32.add(t.get, i32.const(1))), arg(f, RECURRENT.steps))),
        ]),
      ];
    },
  };
}

/**
 * Step t of some units: params are the arguments' address and t. `shared`: one stage of it, which t counts; what it leaves to
 * the next one has a row a step.
 */
export function stepOf(f: Fn, static_: Recurrent, some: Units): Code {
  const { cell, mask, history, single, shared } = static_;
  const inTurns = shared && cellNamed(cell).stages.length > 1;
  const t = inTurns ? f.local("i32") : f.params[1]!;
  const [prev, out, c, cOut, maskAt, y, yPrev, x] = f.locals("i32", 8);
  const moved = (start: number, step: number): Code => i32.add(arg(f, start), i32.mul(t.get, arg(f, step)));
  const odd = i32.and(t.get, i32.const(1));
  const [one, other] = [arg(f, RECURRENT.out), arg(f, RECURRENT.outStep)];
  const places = history
    ? [out.set(moved(RECURRENT.out, RECURRENT.outStep)), prev.set(i32.sub(out.get, other))]
    : [out.set(select(other, one, odd)), prev.set(select(one, other, odd))];
  const masks = [
    maskAt.set(moved(RECURRENT.mask, RECURRENT.maskStep)),
    y.set(moved(RECURRENT.y, RECURRENT.yStep)),
    yPrev.set(select(i32.sub(y.get, arg(f, RECURRENT.yStep)), arg(f, RECURRENT.yBefore), t.get)),
  ];
  const bytes = i32.mul(arg(f, RECURRENT.rows), i32.const(4 * static_.units));
  const cells = shared
    ? [
        cOut.set(i32.add(arg(f, RECURRENT.cRows), i32.mul(t.get, bytes))),
        c.set(select(i32.sub(cOut.get, bytes), arg(f, RECURRENT.c), t.get)),
      ]
    : c.set(arg(f, RECURRENT.c));
  const between = (start: number): Code => (inTurns ? i32.add(arg(f, start), i32.mul(t.get, bytes)) : arg(f, start));
  const stages = cellNamed(cell).stages.map((stage, i): Code => {
    const word = (name: keyof typeof STAGE): number => after(RECURRENT) + after(STAGE) * i + STAGE[name];
    const step: StageStep = {
      ...static_,
      stage,
      some,
      t,
      x,
      h: stage.reads === "h" ? prev.get : between(RECURRENT.reset),
      rows: arg(f, RECURRENT.rows),
      weights: {
        kernel: arg(f, word("kernel")),
        recurrent: arg(f, word("recurrent")),
        bias: arg(f, word("bias")),
        recurrentBias: arg(f, word("recurrentBias")),
      },
      sums: arg(f, RECURRENT.sums),
      quantised: arg(f, RECURRENT.quantised),
      unit: {
        h: prev.get,
        out: out.get,
        c: c.get,
        cOut: cOut.get,
        update: between(RECURRENT.update),
        reset: between(RECURRENT.reset),
        y: y.get,
        yPrev: yPrev.get,
      },
      maskAt: maskAt.get,
    };
    return [x.set(moved(word("x"), word("xStep"))), single ? oneRow(f, step) : manyRows(f, step)];
  });
  const turn = f.params[1]!.get;
  const taken = inTurns ? when(i32.and(turn, i32.const(1)), stages[1]!, stages[0]!) : stages;
  const start = [
    inTurns ? t.set(i32.shrU(turn, i32.const(1))) : [],
    places,
    cells,
    prev.set(select(prev.get, arg(f, RECURRENT.h0), t.get)),
  ];
  if (mask === "none") return [start, taken];
  const kept = [
    memoryCopy(out.get, prev.get, bytes),
    shared && cellNamed(cell).hasC ? memoryCopy(cOut.get, c.get, bytes) : [],
    mask === "zero" ? memoryFill(y.get, i32.const(0), bytes) : memoryCopy(y.get, yPrev.get, bytes),
  ];
  return [start, masks, when(anyRow(f, maskAt), taken, kept)];
}

/** Whether a mask of `rows` words lets any row take the step. */
function anyRow(f: Fn, mask: Local): Code {
  const [at, end, any] = f.locals("i32", 3);
  const code = [
    at.set(mask.get),
    any.set(i32.const(0)),
    end.set(i32.add(at.get, i32.shl(arg(f, RECURRENT.rows), i32.const(2)))),
    loop([
      any.set(i32.or(any.get, i32.load(at.get))),
      brIf(0, i32.ltU(at.tee(i32.add(at.get, i32.const(4))), end.get)),
    ]),
    any.get,
  ];
  f.release(at, end, any);
  return code;
}
