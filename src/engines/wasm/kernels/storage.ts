/** Elements in memory and the float64 numbers that scalar kernels compute with. */
import type { DType } from "../../../core/dtype.ts";
import type { Code } from "../emit/code.ts";
import { f32, f64, i32, i64, select } from "../emit/instructions.ts";
import { call, type Fn, type FnRef, type Module } from "../emit/module.ts";

export type Storage = "f32" | "f64" | "i32";

/** What a dtype's elements lie in memory as: halves as float32, 64-bit integers as float64. */
export function storageOf(dtype: DType): Storage {
  if (dtype === "float32" || dtype === "float16" || dtype === "bfloat16") return "f32";
  return dtype === "float64" || dtype === "int64" || dtype === "uint64" ? "f64" : "i32";
}

/** Whether memory holds values of a dtype as float32: kernels of float32 can read them. */
export const isSingle = (dtype: DType): boolean => storageOf(dtype) === "f32";

/** Bytes of an element. */
export function widthOf(dtype: DType): 4 | 8 {
  return storageOf(dtype) === "f64" ? 8 : 4;
}

/** Word `index` of the arguments. */
export function arg(f: Fn, index: number): Code {
  return i32.load(f.params[0]!.get, 4 * index);
}

/** The number at an address. */
export function loadNumber(dtype: DType, address: Code): Code {
  const storage = storageOf(dtype);
  if (storage === "f32") return f64.promote(f32.load(address));
  if (storage === "f64") return f64.load(address);
  return dtype === "uint32" ? f64.fromU32(i32.load(address)) : f64.fromI32(i32.load(address));
}

/** Puts a number that its dtype can hold (see `settled`) at an address. */
export function storeNumber(dtype: DType, address: Code, value: Code): Code {
  const storage = storageOf(dtype);
  if (storage === "f32") return f32.store(address, f32.demote(value));
  if (storage === "f64") return f64.store(address, value);
  // A whole number of 32 bits, signed or not: its low word.
  return i32.store(address, i32.wrap(i64.truncF64(value)));
}

/** Brings a number to what its dtype can hold, as `held` does; float32 is rounded when stored. */
export function settled(m: Module, dtype: DType, value: Code): Code {
  switch (dtype) {
    case "float32":
    case "float64":
      return value;
    case "float16":
      return call(roundFloat(m, 10, -14, 65504), value);
    case "bfloat16":
      return call(roundFloat(m, 7, -126, 3.3895313892515355e38), value);
    case "bool":
      return f64.fromI32(f64.ne(value, f64.const(0)));
    case "int64":
      return f64.fromI64(call(wrap64(m), value));
    case "uint64":
      return f64.fromU64(call(wrap64(m), value));
    case "uint32":
      return f64.fromU32(i32.wrap(call(wrap64(m), value)));
    default:
      return f64.fromI32(narrow(dtype, i32.wrap(call(wrap64(m), value))));
  }
}

function narrow(dtype: DType, word: Code): Code {
  if (dtype === "int8") return i32.shrS(i32.shl(word, i32.const(24)), i32.const(24));
  if (dtype === "int16") return i32.shrS(i32.shl(word, i32.const(16)), i32.const(16));
  if (dtype === "uint8") return i32.and(word, i32.const(0xff));
  if (dtype === "uint16") return i32.and(word, i32.const(0xffff));
  return word;
}

const TWO_64 = 2 ** 64;

/** float64 → the low 64 bits of its whole part; 0 for NaN and infinities. */
export function wrap64(m: Module): FnRef {
  return m.helper("wrap64", ["f64"], ["i64"], (f) => {
    const x = f.params[0]!;
    const whole = f.local("f64");
    const rest = f64.sub(whole.get, f64.mul(f64.floor(f64.mul(whole.get, f64.const(1 / TWO_64))), f64.const(TWO_64)));
    const low = select(i64.truncF64(whole.get), i64.truncF64U(rest), f64.lt(f64.abs(whole.get), f64.const(2 ** 63)));
    // Only finite numbers are below infinity.
    return [whole.set(f64.trunc(x.get)), select(low, i64.const(0n), f64.lt(f64.abs(x.get), f64.const(Infinity)))];
  });
}

/** Rounds to a binary format of `bits` fraction bits, halves to even: adding 2^(52 - bits) times the unit drops the rest. */
function roundFloat(m: Module, bits: number, least: number, most: number): FnRef {
  return m.helper(`round${bits}`, ["f64"], ["f64"], (f) => {
    const x = f.params[0]!;
    const [unit, y] = f.locals("f64", 2);
    // The exponent of x as a power of two, at least that of the smallest normal number.
    const power = f64.reinterpret(i64.and(i64.reinterpret(x.get), i64.const(0x7ff0000000000000n)));
    const beyond = f64.gt(f64.abs(y.get), f64.const(most));
    return [
      unit.set(f64.mul(f64.max(power, f64.const(2 ** least)), f64.const(2 ** -bits))),
      y.set(f64.mul(f64.nearest(f64.div(x.get, unit.get)), unit.get)),
      y.set(select(f64.copysign(f64.const(Infinity), x.get), y.get, beyond)),
      // Infinities and NaN stay as they are.
      select(f64.copysign(y.get, x.get), x.get, f64.lt(f64.abs(x.get), f64.const(Infinity))),
    ];
  });
}
