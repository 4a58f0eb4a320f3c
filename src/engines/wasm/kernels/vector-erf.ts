/** The error function of four float32 at a time, within 1.5 ULP of float64; exact at 0, -0, infinities and NaN. */
import type { Code } from "../emit/code.ts";
import { f32x4, i32x4, v128 } from "../emit/instructions.ts";
import type { Fn, Local } from "../emit/module.ts";
import { expOfNegative, horner, madd, SIGN } from "./vector-math.ts";

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
