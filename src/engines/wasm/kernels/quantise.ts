/** Rows of float32 as int16, as large as fit, each behind the factor that they were divided by: what int8 weights meet. */
import type { Code } from "../emit/code.ts";
import { brIf, f32x4, i16x8, i32, i32x4, loop, v128, when } from "../emit/instructions.ts";
import { call, type FnRef, type Module } from "../emit/module.ts";
import { repeat } from "./nest.ts";
import { arg } from "./storage.ts";
import type { Kernel } from "./types.ts";
import { words } from "./words.ts";

/** `inputBytes` lies between two rows of the output. */
export const QUANTISE = words("input", "output", "rows", "length", "step");
const UPPER = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];
const SECOND = [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11];

/** From, to, and how many numbers. A number that is not finite makes the factor NaN. Up to six numbers more are written. */
export function quantiseRow(m: Module): FnRef {
  return m.helper("quantise", ["i32", "i32", "i32"], [], (f) => {
    const [from, to, length] = f.params as [(typeof f.params)[0], (typeof f.params)[0], (typeof f.params)[0]];
    const [p, q, left] = f.locals("i32", 3);
    const [most, bad, x, lanes] = f.locals("v128", 4);
    const turned = (bytes: readonly number[]): Code => v128.shuffle(most.get, most.get, bytes);
    /** `body` for each four numbers, those behind the last as zeros. */
    const each = (body: Code): Code => [
      p.set(from.get),
      left.set(length.get),
      loop([
        lanes.set(i32x4.gtS(i32x4.splat(left.get), i32x4.lanes([0, 1, 2, 3]))),
        x.set(v128.and(v128.load(p.get), lanes.get)),
        body,
        p.set(i32.add(p.get, i32.const(16))),
        brIf(0, i32.gtS(left.tee(i32.sub(left.get, i32.const(4))), i32.const(0))),
      ]),
    ];
    const whole = i32x4.truncF32x4(f32x4.nearest(f32x4.div(x.get, most.get)));
    return [
      most.set(f32x4.const(0)),
      bad.set(f32x4.const(0)),
      each([
        most.set(f32x4.pmax(most.get, f32x4.abs(x.get))),
        bad.set(v128.or(bad.get, f32x4.ne(f32x4.sub(x.get, x.get), f32x4.const(0)))),
      ]),
      most.set(f32x4.pmax(most.get, turned(UPPER))),
      most.set(f32x4.pmax(most.get, turned(SECOND))),
      most.set(f32x4.div(most.get, f32x4.const(32767))),
      bad.set(v128.or(bad.get, most.get)),
      when(v128.anyTrue(f32x4.ne(bad.get, bad.get)), bad.set(f32x4.const(NaN))),
      v128.store32Lane(to.get, bad.get, 0),
      q.set(i32.add(to.get, i32.const(4))),
      each([
        x.set(whole),
        x.set(i16x8.narrow(x.get, x.get)),
        v128.store64Lane(q.get, x.get, 0),
        q.set(i32.add(q.get, i32.const(8))),
      ]),
    ];
  });
}

/** All rows, one after the other. */
export const quantiseRows: Kernel = {
  key: "quantise rows",
  way: "vector",
  emit(f) {
    const [from, to, rows] = f.locals("i32", 3);
    const row = quantiseRow(f.module);
    return [
      from.set(arg(f, QUANTISE.input)),
      to.set(arg(f, QUANTISE.output)),
      repeat(rows, arg(f, QUANTISE.rows), [
        call(row, from.get, to.get, arg(f, QUANTISE.length)),
        from.set(i32.add(from.get, i32.shl(arg(f, QUANTISE.length), i32.const(2)))),
        to.set(i32.add(to.get, arg(f, QUANTISE.step))),
      ]),
    ];
  },
};
