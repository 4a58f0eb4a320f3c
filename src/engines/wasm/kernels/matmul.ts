/** Matrix products of any type, number by number in float64. */
import type { DType } from "../../../core/dtype.ts";
import { f64, i32 } from "../emit/instructions.ts";
import { nest, repeat, setPointers } from "./nest.ts";
import { arg, loadNumber, settled, storeNumber } from "./storage.ts";
import type { Kernel } from "./types.ts";
import { after, words } from "./words.ts";

/** Bytes from one k to the next in A and in B. Then the words of `nest`. */
export const MATMUL = words("a", "b", "c", "depth", "aStep", "bStep");

/** Products of matrices of any numeric dtype, batch axes broadcast; sums in float64. */
export function plainMatmul(dtype: DType, rank: number): Kernel {
  return {
    key: `matmul ${dtype} ${rank}`,
    emit(f) {
      const pointers = f.locals("i32", 3);
      const [a, b, counter, depth, stepA, stepB] = f.locals("i32", 6);
      const sum = f.local("f64");
      return [
        setPointers(f, pointers),
        depth.set(arg(f, MATMUL.depth)),
        stepA.set(arg(f, MATMUL.aStep)),
        stepB.set(arg(f, MATMUL.bStep)),
        nest(f, after(MATMUL), rank, pointers, () => [
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
