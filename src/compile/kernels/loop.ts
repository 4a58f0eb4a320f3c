/** Runs a list of instructions several times, moving on addresses in their arguments after each. */
import { brIf, i32, loop, when } from "../emit/instructions.ts";
import { callIndirect, type Local } from "../emit/module.ts";
import { arg } from "./storage.ts";
import type { Kernel } from "./types.ts";

const MOVING = 16;

/** Arguments: steps, first instruction, end, number of moving words; for each: its address, first value, step. */
export const runLoop: Kernel = {
  key: "loop",
  way: "copy",
  emit(f) {
    const [steps, at, from, end, word] = f.locals("i32", 5) as [Local, Local, Local, Local, Local];
    const type = f.module.type(["i32"], []);
    const each = (visit: (word: Local) => ReturnType<Kernel["emit"]>) =>
      when(arg(f, 3), [
        word.set(i32.add(f.params[0]!.get, i32.const(MOVING))),
        end.set(i32.add(word.get, i32.mul(arg(f, 3), i32.const(12)))),
        loop([visit(word), brIf(0, i32.ltU(word.tee(i32.add(word.get, i32.const(12))), end.get))]),
      ]);
    const address = i32.load(word.get);
    return [
      each(() => i32.store(address, i32.load(word.get, 4))),
      steps.set(arg(f, 0)),
      from.set(arg(f, 1)),
      loop([
        at.set(from.get),
        end.set(arg(f, 2)),
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
