/** The inverse of the error function: M. Giles, Approximating the erfinv function (GPU Computing Gems 2, 2011), as XLA has it. */
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";

/** Polynomials in w - 3.125, √w - 3.25 and √w - 5, from the highest power; w = -ln(1 - x²), below 6.25, below 16, beyond. */
const NEAR = [
  -3.64441206401782e-21, -1.6850591381820166e-19, 1.28584807152564e-18, 1.1157877678025181e-17, -1.333171662854621e-16, 2.0972767875968562e-17, 6.637638134358324e-15, -4.054566272975207e-14, -8.151934197605472e-14, 2.6335093153082323e-12, -1.2975133253453532e-11, -5.415412054294628e-11, 1.0512122733215323e-09, -4.112633980346984e-09, -2.9070369957882005e-08, 4.2347877827932404e-07, -1.3654692000834679e-06, -1.3882523362786469e-05, 0.00018673420803405714, -0.000740702534166267, -0.006033670871430149, 0.24015818242558962, 1.6536545626831027,
]; // prettier-ignore
const MIDDLE = [
  2.2137376921775787e-09, 9.075656193888539e-08, -2.7517406297064545e-07, 1.8239629214389228e-08, 1.5027403968909828e-06, -4.013867526981546e-06, 2.9234449089955446e-06, 1.2475304481671779e-05, -4.7318229009055734e-05, 6.828485145957318e-05, 2.4031110387097894e-05, -0.0003550375203628475, 0.0009532893797373805, -0.0016882755560235047, 0.002491442096107851, -0.003751208507569241, 0.005370914553590064, 1.0052589676941592, 3.0838856104922208,
]; // prettier-ignore
const FAR = [
  -2.7109920616438573e-11, -2.555641816996525e-10, 1.5076572693500548e-09, -3.789465440126737e-09, 7.61570120807834e-09, -1.496002662714924e-08, 2.914795345090108e-08, -6.771199775845234e-08, 2.2900482228026655e-07, -9.9298272942317e-07, 4.526062597223154e-06, -1.968177810553167e-05, 7.599527703001776e-05, -0.00021503011930044477, -0.00013871931833623122, 1.0103004648645344, 4.849906401408584,
]; // prettier-ignore

/** erf⁻¹(x) for floats in [-1, 1]. */
export function erfInverse({ op }: Context, x: Sym): Sym {
  const polynomial = (coefficients: readonly number[], t: Sym): Sym =>
    coefficients.slice(1).reduce((y, c) => op.add(op.multiply(y, t), c), op.full([], coefficients[0]!, x.dtype));
  const w = op.negative(op.log(op.multiply(op.subtract(1, x), op.add(x, 1))));
  const root = op.sqrt(w);
  const beyond = op.where(
    op.less(w, 16),
    polynomial(MIDDLE, op.subtract(root, 3.25)),
    polynomial(FAR, op.subtract(root, 5)),
  );
  const y = op.multiply(x, op.where(op.less(w, 6.25), polynomial(NEAR, op.subtract(w, 3.125)), beyond));
  return op.where(op.equal(x, 1), Infinity, op.where(op.equal(x, -1), -Infinity, y));
}
