/** One axis grown by weighted taps: out[o] = Σ weight·in[index], in float64. */
import type { DType } from "../../../core/dtype.ts";
import { f64, i32, when } from "../emit/instructions.ts";
import { nest, repeat, setPointers } from "./nest.ts";
import { arg, loadNumber, settled, storeNumber } from "./storage.ts";
import type { Kernel } from "./types.ts";
import { after, words } from "./words.ts";

/**
 * The first entry of the table (float64 weight, i32 offset in bytes, i32 0 for each tap) and taps of an output element.
 * Then the words of `nest` for outer, output, inner; the table is a pointer that moves along the output axis.
 */
export const WEIGHTED = words("input", "output", "table", "taps");

/** Each output along one axis as the sum of weighted taps of a table, other axes as they are. */
export function weighted(from: DType, to: DType): Kernel {
  return {
    key: `weighted ${from} ${to}`,
    emit(f) {
      const pointers = f.locals("i32", 3);
      const [x, out, table] = pointers;
      const [tap, counter] = f.locals("i32", 2);
      const sum = f.local("f64");
      const value = loadNumber(from, i32.add(x.get, i32.load(tap.get, 8)));
      return [
        setPointers(f, pointers),
        nest(f, after(WEIGHTED), 3, pointers, () => [
          sum.set(f64.const(0)),
          tap.set(table.get),
          repeat(counter, arg(f, WEIGHTED.taps), [
            // An unused tap adds nothing, not even NaN.
            when(f64.ne(f64.load(tap.get), f64.const(0)), sum.set(f64.add(sum.get, f64.mul(f64.load(tap.get), value)))),
            tap.set(i32.add(tap.get, i32.const(16))),
          ]),
          storeNumber(to, out.get, settled(f.module, to, sum.get)),
        ]),
      ];
    },
  };
}
