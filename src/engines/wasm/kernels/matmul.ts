/** Matrix products of any type, number by number in float64. */
import { type DType, isInteger } from "../../../core/dtype.ts";
import type { Code } from "../emit/code.ts";
import { f64, i32, i64 } from "../emit/instructions.ts";
import { call } from "../emit/module.ts";
import { nest, repeat, setPointers } from "./nest.ts";
import { lowBits } from "./scalar-multiply.ts";
import { arg, loadNumber, settled, storeNumber, wrap64 } from "./storage.ts";
import type { Kernel } from "./types.ts";
import { after, words } from "./words.ts";

/** Bytes from one k to the next in A and in B. Then the words of `nest`. */
export const MATMUL = words("a", "b", "c", "depth", "aStep", "bStep");

/** Products of matrices of any numeric dtype, batch axes broadcast; sums in float64, of whole numbers in 64 bits, as they overflow. */
export function plainMatmul(dtype: DType, rank: number): Kernel {
  return {
    key: `matmul ${dtype} ${rank}`,
    emit(f) {
      const pointers = f.locals("i32", 3);
      const [a, b, counter, depth, stepA, stepB] = f.locals("i32", 6);
      const whole = isInteger(dtype);
      const sum = f.local(whole ? "i64" : "f64");
      const [add, mul, zero] = whole ? [i64.add, i64.mul, i64.const(0n)] : [f64.add, f64.mul, f64.const(0)];
      const load = (at: Code) => (whole ? call(wrap64(f.module), loadNumber(dtype, at)) : loadNumber(dtype, at));
      return [
        setPointers(f, pointers),
        depth.set(arg(f, MATMUL.depth)),
        stepA.set(arg(f, MATMUL.aStep)),
        stepB.set(arg(f, MATMUL.bStep)),
        nest(f, after(MATMUL), rank, pointers, () => [
          a.set(pointers[0].get),
          b.set(pointers[1].get),
          sum.set(zero),
          repeat(counter, depth.get, [
            sum.set(add(sum.get, mul(load(a.get), load(b.get)))),
            a.set(i32.add(a.get, stepA.get)),
            b.set(i32.add(b.get, stepB.get)),
          ]),
          storeNumber(dtype, pointers[2].get, settled(f.module, dtype, whole ? lowBits(dtype, sum.get) : sum.get)),
        ]),
      ];
    },
  };
}
