/** Runs a list of instructions several times, moving on addresses in their arguments after each. */
import { brIf, i32, loop, when } from "../emit/instructions.ts";
import { callIndirect, type Local } from "../emit/module.ts";
import { arg } from "./storage.ts";
import type { Kernel } from "./types.ts";
import { after, words } from "./words.ts";

/** The first instruction and its end; then, for each of the words that move, its address, first value and step. */
export const LOOP = words("steps", "from", "to", "moving");
const MOVING = 4 * after(LOOP);

/** Runs a list of instructions several times. */
export const runLoop: Kernel = {
  key: "loop",
  way: "copy",
  emit(f) {
    const [steps, at, from, end, word] = f.locals("i32", 5);
    const type = f.module.type(["i32"], []);
    const each = (visit: (word: Local) => ReturnType<Kernel["emit"]>) =>
      when(arg(f, LOOP.moving), [
        word.set(i32.add(f.params[0]!.get, i32.const(MOVING))),
        end.set(i32.add(word.get, i32.mul(arg(f, LOOP.moving), i32.const(12)))),
        loop([visit(word), brIf(0, i32.ltU(word.tee(i32.add(word.get, i32.const(12))), end.get))]),
      ]);
    const address = i32.load(word.get);
    return [
      each(() => i32.store(address, i32.load(word.get, 4))),
      steps.set(arg(f, LOOP.steps)),
      from.set(arg(f, LOOP.from)),
      loop([
        at.set(from.get),
        end.set(arg(f, LOOP.to)),
        when(
          i32.ltU(at.get, end.get),
          loop([
            callIndirect(type, i32.load(at.get), i32.load(at.get, 4)),
            brIf(0, i32.ltU(at.tee(i32.add(at.get, i32.const(8))), end.get)),
          ]),
        ),
        each(() => i32.store(address, i32.add(i32.load(address), i32.load(word.get, 8)))),
        brIf(0, steps.tee(i32.sub(steps.get, i32.const(1)))),
      ]),
    ];
  },
};
