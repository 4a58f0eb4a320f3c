/** The error function of four float32 at a time, within 1.5 ULP of float64, and what it leaves of 1, within 9; exact at infinities and NaN. */
import type { Code } from "../emit/code.ts";
import { f32x4, i32x4, v128 } from "../emit/instructions.ts";
import type { Fn, Local, Module } from "../emit/module.ts";
import { expOfNegative, expOfTwo, horner, madd, SIGN } from "./vector-math.ts";

/** From here on 1 - e^P(|x|) is the nearer form. */
const TURN = 0.921875;
/** erf(x)/x - 1 in x² below `TURN`, and log(1 - erf(t)) in t from there to 4, where erf is 1: least relative error, fitted. */
const SMALL = [-0.0005992747028358281, 0.004994044546037912, -0.026767613366246223, 0.11281857639551163, -0.3761250078678131, 0.12837915122509003]; // prettier-ignore
const TAIL = [0.0001967822026927024, -0.003051487496122718, 0.02225980907678604, -0.10399965196847916, -0.6371049284934998, -1.1277214288711548, -0.00018462228763382882]; // prettier-ignore

/** The error function of `x`. */
export function erf(f: Fn, x: Local): Code {
  const m = f.module;
  const [t, y, small] = f.locals("v128", 3);
  const code = [
    t.set(f32x4.pmin(f32x4.abs(x.get), f32x4.const(4))),
    y.set(horner(m, t.get, TAIL)),
    y.set(f32x4.sub(f32x4.const(1), expOfNegative(f, y))),
    y.set(v128.or(y.get, v128.and(x.get, i32x4.const(SIGN)))),
    small.set(f32x4.mul(x.get, x.get)),
    small.set(madd(m, horner(m, small.get, SMALL), x.get, x.get)),
    v128.select(y.get, small.get, f32x4.ge(t.get, f32x4.const(TURN))),
  ];
  f.release(t, y, small);
  return code;
}

/** (erfc(z)·e^z²/t - 1)/u in u = 1 - t, t = 1 / (1 + z/2), for z from 0 to 10.2: least relative error of what comes out, fitted. */
const LEFT = [-0.058536630123853683, 0.1860303431749344, -0.14617134630680084, -0.025432778522372246, -0.11791502684354782, 0.21459975838661194, 0.4862656891345978, -1.256752610206604]; // prettier-ignore

/** A polynomial of degree 7 in `u`, in pairs, so that few of its steps wait for each other; `square` is overwritten. */
function inPairs(m: Module, u: Local, square: Local, [h, g, f, e, d, c, b, a]: readonly number[]): Code {
  const pair = (high: number, low: number): Code => madd(m, u.get, f32x4.const(high), f32x4.const(low));
  const upper = madd(m, square.get, pair(h!, g!), pair(f!, e!));
  const lower = madd(m, square.get, pair(d!, c!), pair(b!, a!));
  return [square.set(f32x4.mul(u.get, u.get)), madd(m, f32x4.mul(square.get, square.get), upper, lower)];
}

/** 1 - erf(x): t·(1 + u·P(u))·e^-x² from 0 on, which loses nothing far out, where x² is taken in two parts; 2 less that below 0. */
export function erfc(f: Fn, x: Local): Code {
  const m = f.module;
  const [z, t, u, y, rest, square] = f.locals("v128", 6);
  const code = [
    // A NaN on the left side of pmin stays.
    z.set(f32x4.pmin(f32x4.abs(x.get), f32x4.const(10.125))),
    u.set(f32x4.mul(z.get, f32x4.const(0.5))),
    t.set(f32x4.div(f32x4.const(1), f32x4.add(u.get, f32x4.const(1)))),
    u.set(f32x4.mul(u.get, t.get)),
    // The square of the upper half of the digits is exact.
    y.set(v128.and(z.get, i32x4.const(-4096))),
    rest.set(f32x4.mul(f32x4.sub(y.get, z.get), f32x4.add(y.get, z.get))),
    y.set(f32x4.neg(f32x4.mul(y.get, y.get))),
    u.set(madd(m, inPairs(m, u, square, LEFT), u.get, f32x4.const(1))),
    y.set(f32x4.mul(expOfTwo(f, y, rest), f32x4.mul(t.get, u.get))),
    v128.select(f32x4.sub(f32x4.const(2), y.get), y.get, i32x4.shrS(x.get, 31)),
  ];
  f.release(z, t, u, y, rest, square);
  return code;
}
