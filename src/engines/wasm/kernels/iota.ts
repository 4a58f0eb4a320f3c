/** 0, 1, 2 … */
import type { DType } from "../../../core/dtype.ts";
import { f64, i32 } from "../emit/instructions.ts";
import { repeat } from "./nest.ts";
import { arg, settled, storeNumber, widthOf } from "./storage.ts";
import type { Kernel } from "./types.ts";
import { words } from "./words.ts";

export const IOTA = words("target", "count");

/** 0 … count - 1. */
export function iota(dtype: DType): Kernel {
  return {
    key: `iota ${dtype}`,
    emit(f) {
      const [p, counter, i] = f.locals("i32", 3);
      return [
        p.set(arg(f, IOTA.target)),
        i.set(i32.const(0)),
        repeat(counter, arg(f, IOTA.count), [
          storeNumber(dtype, p.get, settled(f.module, dtype, f64.fromU32(i.get))),
          p.set(i32.add(p.get, i32.const(widthOf(dtype)))),
          i.set(i32.add(i.get, i32.const(1))),
        ]),
      ];
    },
  };
}
