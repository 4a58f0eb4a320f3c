/** Softmax along rows: exp(x - max) / Σ exp(x - max) of float32, the sum in float64. A NaN, or nothing but -∞, makes a row NaN. */
import type { Code } from "../emit/code.ts";
import { brIf, f32x4, f64, f64x2, i32, loop, v128, when } from "../emit/instructions.ts";
import { repeat } from "./nest.ts";
import { arg } from "./storage.ts";
import { storeColumns } from "./tile.ts";
import type { Kernel } from "./types.ts";
import { expOfNegative } from "./vector-math.ts";
import { words } from "./words.ts";

/** Rows one behind the other, `vectors` full vectors each and `rest` elements more; output may be input. */
export const SOFTMAX = words("input", "output", "rows", "vectors");

/** Upper half first; second float first. */
const UPPER = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];
const SECOND = [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11];
/** Bits of the first `rest` lanes. */
const lanes = (rest: number): Code => v128.const(Array.from({ length: 16 }, (_, i) => (i < 4 * rest ? 0xff : 0)));

/** Rows of a length that leaves `rest` when divided by four. */
export function softmaxRows(rest: number): Kernel {
  return {
    key: `softmax rows ${rest}`,
    way: "vector",
    emit(f) {
      const [from, to, p, q, end, rows, bytes] = f.locals("i32", 7);
      const [best, y, total] = f.locals("v128", 3);
      /** `body` for each full vector of the row. */
      const each = (body: Code): Code => [
        p.set(from.get),
        q.set(to.get),
        when(bytes.get, [
          end.set(i32.add(p.get, bytes.get)),
          loop([
            body,
            q.set(i32.add(q.get, i32.const(16))),
            brIf(0, i32.ne(p.tee(i32.add(p.get, i32.const(16))), end.get)),
          ]),
        ]),
      ];
      const turned = (bytes: readonly number[]): Code => v128.shuffle(best.get, best.get, bytes);
      // What is no number makes the sum one.
      const most = [
        best.set(f32x4.const(-Infinity)),
        each(best.set(f32x4.pmax(best.get, v128.load(p.get)))),
        rest === 0 ? [] : best.set(f32x4.pmax(best.get, v128.select(v128.load(p.get), f32x4.const(-Infinity), lanes(rest)))), // prettier-ignore
        best.set(f32x4.pmax(best.get, turned(UPPER))),
        best.set(f32x4.pmax(best.get, turned(SECOND))),
      ];
      const grown = [
        y.set(f32x4.pmax(f32x4.sub(v128.load(p.get), best.get), f32x4.const(-104))),
        y.set(expOfNegative(f, y)),
      ];
      const added = total.set(
        f64x2.add(total.get, f64x2.add(f64x2.promoteLow(y.get), f64x2.promoteLow(v128.shuffle(y.get, y.get, UPPER)))),
      );
      const exps = [
        total.set(f64x2.const(0)),
        each([grown, v128.store(q.get, y.get), added]),
        rest === 0 ? [] : [grown, y.set(v128.and(y.get, lanes(rest))), added, storeColumns(q.get, [y], rest)],
        total.set(f64x2.splat(f64.add(f64x2.lane(total.get, 0), f64x2.lane(total.get, 1)))),
        total.set(f64x2.demote(total.get)),
        total.set(v128.shuffle(total.get, total.get, [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3])),
      ];
      const divided = f32x4.div(v128.load(q.get), total.get);
      return [
        from.set(arg(f, SOFTMAX.input)),
        to.set(arg(f, SOFTMAX.output)),
        bytes.set(i32.shl(arg(f, SOFTMAX.vectors), i32.const(4))),
        repeat(rows, arg(f, SOFTMAX.rows), [
          most,
          exps,
          each(v128.store(q.get, divided)),
          rest === 0 ? [] : [y.set(divided), storeColumns(q.get, [y], rest)],
          from.set(i32.add(p.get, i32.const(4 * rest))),
          to.set(i32.add(q.get, i32.const(4 * rest))),
        ]),
      ];
    },
  };
}
