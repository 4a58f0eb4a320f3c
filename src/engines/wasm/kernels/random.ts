/** Random numbers of a counter: src/ops/random.ts. */
import type { DType } from "../../../core/dtype.ts";
import { STEP } from "../../../ops/random.ts";
import type { Code } from "../emit/code.ts";
import { f64, i32 } from "../emit/instructions.ts";
import type { Local } from "../emit/module.ts";
import { repeat } from "./nest.ts";
import { arg, loadNumber, settled, storeNumber, widthOf } from "./storage.ts";
import type { Kernel } from "./types.ts";
import { words } from "./words.ts";

export const RANDOM = words("seed", "target", "count", "key");

/** The mixing of a word in place. */
function mix(z: Local): Code {
  const fold = (shift: number): Code => i32.xor(z.get, i32.shrU(z.get, i32.const(shift)));
  return [
    z.set(i32.mul(fold(16), i32.const(0x85ebca6b | 0))),
    z.set(i32.mul(fold(13), i32.const(0xc2b2ae35 | 0))),
    z.set(fold(16)),
  ];
}

/** `count` numbers, even in [0, 1). */
export function random(seedType: DType, dtype: DType): Kernel {
  return {
    key: `random ${seedType} ${dtype}`,
    emit(f) {
      const [p, counter, at, z] = f.locals("i32", 4);
      const key = arg(f, RANDOM.key);
      const seed = i32.truncF64(loadNumber(seedType, arg(f, RANDOM.seed)));
      const bits = i32.shrU(z.get, i32.const(8));
      return [
        p.set(arg(f, RANDOM.target)),
        z.set(i32.xor(seed, key)),
        mix(z),
        at.set(z.get),
        repeat(counter, arg(f, RANDOM.count), [
          z.set(at.get),
          mix(z),
          z.set(i32.xor(z.get, key)),
          mix(z),
          storeNumber(dtype, p.get, settled(f.module, dtype, f64.mul(f64.fromU32(bits), f64.const(2 ** -24)))),
          p.set(i32.add(p.get, i32.const(widthOf(dtype)))),
          at.set(i32.add(at.get, i32.const(STEP | 0))),
        ]),
      ];
    },
  };
}
