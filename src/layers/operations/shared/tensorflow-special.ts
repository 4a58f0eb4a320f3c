/**
 * Special functions of TensorFlow: the logarithm of Γ by Lanczos's sum (A precision approximation of the gamma function, 1964),
 * its derivative by its asymptotic series, Bessel's functions by their integrals. All in float64, as float32 has not the digits.
 */
import { listOf } from "../../../core/list.ts";
import type { DType } from "../../../core/dtype.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { upToEach, running } from "./cumulated.ts";
import { needOneOf } from "./operation.ts";
import { TfTable } from "./tensorflow-call.ts";

const table = new TfTable();
/** Of x in float64, which came in the dtype `from`. */
type Unary = (cx: Context, x: Sym, from: DType) => Sym;

const inFloat64 =
  (f: Unary): Unary =>
  (cx, given) => {
    const x = needOneOf(given, ["float16", "bfloat16", "float32", "float64"]);
    return cx.op.cast(f(cx, cx.op.cast(x, "float64"), x.dtype), x.dtype);
  };
const unary = (names: string, f: Unary): void =>
  table.both(names, "x", (cx, a) => inFloat64(f)(cx, a.tensor("x"), "float64"));

/** Of g = 7 and nine terms. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]; // prettier-ignore

/** What lies between x and the whole number next to it. */
const apart = ({ op }: Context, x: Sym): Sym => op.subtract(x, op.round(x));

/** All numbers too small to be normal TensorFlow takes for half the smallest. */
const TINY = { float32: [2 ** -126, 150], float64: [2 ** -1022, 1075] } as const;
const logGamma: Unary = (cx, x, from) => {
  const { op } = cx;
  const isLow = op.less(x, 0.5);
  const z = op.subtract(op.where(isLow, op.subtract(1, x), x), 1);
  const sum = LANCZOS.slice(1).reduce((y, c, i) => op.add(y, op.divide(c, op.add(z, i + 1))), op.constant(LANCZOS[0]!, "float64")); // prettier-ignore
  const t = op.add(z, 7.5);
  const own = op.add(op.subtract(op.multiply(op.add(z, 0.5), op.log(t)), t), op.add(op.log(sum), 0.5 * Math.log(2 * Math.PI))); // prettier-ignore
  // Γ(x) Γ(1 - x) = π / sin πx.
  const sine = op.abs(op.sin(op.multiply(apart(cx, x), Math.PI)));
  const y = op.where(isLow, op.subtract(op.subtract(Math.log(Math.PI), op.log(sine)), own), own);
  const [normal, halvings] = TINY[from === "float64" ? from : "float32"];
  const isTiny = op.logicalAnd(op.less(op.abs(x), normal), op.notEqual(x, 0));
  return op.where(op.isInf(x), Infinity, op.where(isTiny, halvings * Math.LN2, y));
};
unary("math.lgamma compat.v1.lgamma", logGamma);

/** Of 1/x², in ln x - 1/2x - Σ. */
const BERNOULLI = [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12];
unary("math.digamma compat.v1.digamma", (cx, x) => {
  const { op } = cx;
  const isLow = op.lessEqual(x, 0);
  const own = op.where(isLow, op.subtract(1, x), x);
  const steps = listOf(10, (i) => op.reciprocal(op.add(own, i)));
  const z = op.add(own, 10);
  const w = op.reciprocal(op.square(z));
  const series = [...BERNOULLI].reverse().reduce((y, c) => op.multiply(op.add(y, c), w), op.multiply(w, 0));
  const far = op.subtract(op.subtract(op.log(z), op.divide(0.5, z)), series);
  const y = op.subtract(far, steps.reduce((p, q) => op.add(p, q)));
  const part = apart(cx, x);
  const turned = op.subtract(y, op.divide(Math.PI, op.tan(op.multiply(part, Math.PI))));
  return op.where(isLow, op.where(op.equal(part, 0), Number.NaN, turned), y);
}); // prettier-ignore
table.both("math.lbeta compat.v1.lbeta", "x", (cx, a) => {
  const x = a.tensor("x");
  const last = x.shape.length - 1;
  return inFloat64((inner, wide, from) => {
    const { op } = inner;
    return op.subtract(op.sum(logGamma(inner, wide, from), [last]), logGamma(inner, op.sum(wide, [last]), from));
  })(cx, x, x.dtype);
});

/** As many midpoints of a half circle as float64 needs below `FAR`, from which on the asymptotic series is as good. */
const STEPS = 128;
const FAR = 100;
/** Of 1/8x. */
const SERIES = {
  0: [1, 1, 9 / 2, 225 / 6, 11025 / 24, 893025 / 120],
  1: [1, -3, -15 / 2, -315 / 6, -14175 / 24, -1091475 / 120],
} as const;

/** exp(-|x|) Iₙ(x) = 1/π ∫ exp(|x| (cos θ - 1)) cos nθ dθ over half a circle: of a periodic function midpoints converge fast. */
const besselScaled =
  (order: 0 | 1): Unary =>
  (cx, x) => {
    const { op } = cx;
    const rank = x.shape.length;
    const size = op.abs(x);
    const near = op.minimum(size, FAR);
    const angles = listOf(STEPS, (k) => Math.cos(((k + 0.5) * Math.PI) / STEPS));
    const line = (values: readonly number[]): Sym => op.array(values, [STEPS], "float64");
    const wide = op.expandDims(near, [rank]);
    // Next to 0 what is left of 1 and -1 is lost, without those it is not.
    const parts =
      order === 0
        ? op.exp(op.multiply(wide, line(angles.map((c) => c - 1))))
        : op.multiply(op.multiply(op.expm1(op.multiply(wide, line(angles))), op.exp(op.negative(wide))), line(angles));
    const below = op.mean(parts, [rank]);
    const w = op.reciprocal(op.multiply(op.maximum(size, FAR), 8));
    const series = [...SERIES[order]].reverse().reduce((y, c) => op.add(op.multiply(y, w), c), op.multiply(w, 0));
    const beyond = op.multiply(series, op.sqrt(op.multiply(w, 4 / Math.PI)));
    const y = op.where(op.less(size, FAR), below, beyond);
    return order === 0 ? y : op.multiply(y, op.sign(x));
  };
unary("math.bessel_i0e math.special.bessel_i0e", besselScaled(0));
unary("math.bessel_i1e math.special.bessel_i1e", besselScaled(1));
unary("math.bessel_i1 math.special.bessel_i1", (cx, x, from) => {
  const half = cx.op.exp(cx.op.divide(cx.op.abs(x), 2));
  return cx.op.multiply(cx.op.multiply(besselScaled(1)(cx, x, from), half), half);
});

table.both("math.cumulative_logsumexp", "x, axis=0, exclusive=false, reverse=false", (cx, a) => {
  const { op } = cx;
  const given = needOneOf(a.tensor("x"), ["float16", "float32", "float64"]);
  const axis = a.axis(given);
  const flags = { reverse: a.flag("reverse"), exclusive: a.flag("exclusive"), start: -Infinity };
  return upToEach(cx, given, axis, flags, (x) =>
    running(cx, x, axis, -Infinity, (before, value) => {
      const [least, most] = [op.minimum(before, value), op.maximum(before, value)];
      const y = op.add(most, op.log1p(op.exp(op.subtract(least, most))));
      // Equal ones share what comes back.
      const half = op.add(op.multiply(before, 0.5), op.multiply(value, 0.5));
      return op.where(op.equal(before, value), op.add(half, Math.LN2), y);
    }),
  );
});

/** Special functions of TensorFlow, by name. */
export const TENSORFLOW_SPECIAL = table;
