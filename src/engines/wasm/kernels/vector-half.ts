/** Four float32 rounded to what a 16-bit float can hold, halves to even: `roundFloat` of storage.ts, in vectors. */
import type { DType } from "../../../core/dtype.ts";
import type { Code } from "../emit/code.ts";
import { f32x4, i32x4, v128 } from "../emit/instructions.ts";
import type { Fn, Local } from "../emit/module.ts";
import { SIGN } from "./vector-math.ts";

/** The upper half of the bits: what is added carries where the lower half rounds up. NaN stays. */
function toBfloat16(x: Local, y: Local): Code {
  const even = v128.and(i32x4.shrU(x.get, 16), i32x4.const(1));
  const bits = v128.and(i32x4.add(i32x4.add(x.get, i32x4.const(0x7fff)), even), i32x4.const(-0x10000));
  return [y.set(bits), x.set(v128.select(x.get, y.get, f32x4.ne(x.get, x.get)))];
}

/** Where the number of this size is added, its unit is that of a float16 as large as x: 2⁻¹⁰ of its power of two. */
const UNITS = 1.5 * 2 ** 13;
/** From here on float16 has only infinity. */
const BEYOND = 65520;

function toFloat16(x: Local, y: Local): Code {
  const power = v128.and(x.get, i32x4.const(0x7f800000));
  const large = f32x4.mul(f32x4.max(power, f32x4.const(2 ** -14)), f32x4.const(UNITS));
  const near = f32x4.sub(f32x4.add(x.get, y.get), y.get);
  const isBeyond = f32x4.ge(f32x4.abs(x.get), f32x4.const(BEYOND));
  return [
    y.set(large),
    y.set(v128.or(near, v128.and(x.get, i32x4.const(SIGN)))),
    x.set(v128.select(f32x4.mul(x.get, f32x4.const(Infinity)), y.get, isBeyond)),
  ];
}

/** Rounds the register `x`. */
export function roundHalf(f: Fn, dtype: DType, x: Local): Code {
  const y = f.local("v128");
  const code = dtype === "float16" ? toFloat16(x, y) : toBfloat16(x, y);
  f.release(y);
  return code;
}
