/**
 * A recurrent layer of few rows on two threads, each of which has half of the units: its columns of the weights, its
 * cells. After a step each needs the h of both. A stage of a cell that has two is a step by itself.
 *
 * Neither waits for long: who does not see the other's half of a step computes it, too. So h and c of every step have rows
 * of their own, and what both compute are the same bits. A thread that was held up goes on where the other is.
 */
import { atomics } from "../emit/atomics.ts";
import type { Code } from "../emit/code.ts";
import { block, br, brIf, i32, loop, select, when } from "../emit/instructions.ts";
import { call, type Local } from "../emit/module.ts";
import { cellNamed, UNITS } from "./cells.ts";
import { RECURRENT, STAGE, stepOf } from "./recurrent.ts";
import type { Recurrent } from "./recurrent-stage.ts";
import { arg } from "./storage.ts";
import type { Kernel } from "./types.ts";
import { after, words } from "./words.ts";

/** Behind the words of the layer: which half is the own one, and where halves meet, which is zero before. */
export const SHARED = words("half", "meeting");
/** Where halves meet, each has a word in a line of its own: 0, it has not begun, or 1 and how many steps it has done. */
const LINE = 128;
export const MEETING_BYTES = 2 * LINE;
/** Panels of a half are a multiple of this. */
const PANELS = 4;

/**
 * Multiply-adds of the other's half for each look at it. The upper half, mostly the main thread's, waits for about a third
 * of the time that it takes; the lower one for several times it: did neither wait, each would compute both, for ever.
 */
const SHORT = 30;
const LONG = 2;
const LEAST = 2000;
/** Steps that it was late for: then it is not looked for until it is there. */
const LATE = 4;

/** One half of all steps, and of the other what its thread does not do in time. */
export function recurrentShared(static_: Recurrent): Kernel {
  const { cell, units } = static_;
  const { stages } = cellNamed(cell);
  const gates = stages.reduce((sum, stage) => sum + stage.gates, 0) / stages.length;
  const first = PANELS * UNITS * Math.ceil(units / (2 * PANELS * UNITS));
  return {
    key: `recurrent shared ${JSON.stringify(static_)}`,
    way: "fused",
    emit(f) {
      const [args] = f.params as [Local];
      const [lower, upper] = [
        { first: 0, count: first },
        { first, count: units - first },
      ].map((some) => f.module.func(["i32", "i32"], [], (g) => stepOf(g, static_, some)));
      const [t, half, own, other, theirs, looks, late] = f.locals("i32", 7);
      const behind = after(RECURRENT) + stages.length * after(STAGE);
      const word = (name: keyof typeof SHARED): Code => arg(f, behind + SHARED[name]);
      const looksFor = (each: number): Code =>
        i32.const(Math.max(LEAST, Math.round((gates * units * units) / 2 / each)));
      const steps = i32.mul(arg(f, RECURRENT.steps), i32.const(stages.length));
      const step = (isUpper: Code): Code => when(isUpper, call(upper!, args.get, t.get), call(lower!, args.get, t.get));
      const told = (done: Code): Code => atomics.store32(own.get, 0, done);
      const look = theirs.set(atomics.load32(other.get, 0));
      /** All steps before it are whole: the other has begun one behind it. */
      const whole = i32.sub(theirs.get, i32.const(2));
      const further = (from: Code): Code => [t.set(from), t.set(select(whole, t.get, i32.gtS(whole, t.get)))];
      const isThere = i32.geS(whole, t.get);
      return [
        half.set(word("half")),
        own.set(i32.add(word("meeting"), i32.mul(half.get, i32.const(LINE)))),
        other.set(i32.add(word("meeting"), i32.mul(i32.eqz(half.get), i32.const(LINE)))),
        late.set(i32.const(0)),
        look,
        further(i32.const(0)),
        told(i32.add(t.get, i32.const(1))),
        block(
          loop([
            brIf(1, i32.geS(t.get, steps)),
            step(half.get),
            told(i32.add(t.get, i32.const(2))),
            block([
              looks.set(select(looksFor(SHORT), looksFor(LONG), half.get)),
              looks.set(select(i32.const(1), looks.get, i32.geS(late.get, i32.const(LATE)))),
              loop([
                look,
                when(isThere, [late.set(i32.const(0)), br(2)]),
                looks.set(select(i32.sub(looks.get, i32.const(1)), i32.const(0), theirs.get)),
                brIf(0, looks.get),
              ]),
              late.set(i32.add(late.get, i32.const(1))),
              step(i32.eqz(half.get)),
            ]),
            further(i32.add(t.get, i32.const(1))),
            br(0),
          ]),
        ),
        told(i32.add(steps, i32.const(2))),
      ];
    },
  };
}
