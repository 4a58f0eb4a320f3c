/** Matrix products of any type, number by number in float64. */
import type { DType } from "../../core/dtype.ts";
import { f64, i32 } from "../emit/instructions.ts";
import type { Local } from "../emit/module.ts";
import { nest, repeat, setPointers } from "./nest.ts";
import { arg, loadNumber, settled, storeNumber } from "./storage.ts";
import type { Kernel } from "./types.ts";

/** Arguments: A, B, C, depth, bytes from one k to the next in A and in B, words of `nest`. */
export function plainMatmul(dtype: DType, rank: number): Kernel {
  return {
    key: `matmul ${dtype} ${rank}`,
    emit(f) {
      const pointers = f.locals("i32", 3) as [Local, Local, Local];
      const [a, b, counter, depth, stepA, stepB] = f.locals("i32", 6) as [Local, Local, Local, Local, Local, Local];
      const sum = f.local("f64");
      return [
        setPointers(f, pointers),
        depth.set(arg(f, 3)),
        stepA.set(arg(f, 4)),
        stepB.set(arg(f, 5)),
        nest(f, 6, rank, pointers, () => [
          a.set(pointers[0].get),
          b.set(pointers[1].get),
          sum.set(f64.const(0)),
          repeat(counter, depth.get, [
            sum.set(f64.add(sum.get, f64.mul(loadNumber(dtype, a.get), loadNumber(dtype, b.get)))),
            a.set(i32.add(a.get, stepA.get)),
            b.set(i32.add(b.get, stepB.get)),
          ]),
          storeNumber(dtype, pointers[2].get, settled(f.module, dtype, sum.get)),
        ]),
      ];
    },
  };
}
