/**
 * Functions that TensorFlow.js has no layers for, made of those it has. x / (x + t) is its softsign of x / t: sums of many such
 * are roots and logarithms, by the trapezoidal rule on √x = 1/π ∫ √t · x/(x + t) dt/t and ln x = ∫ (x/(x + t) − 1/(1 + t)) dt/t
 * with t = eˢ, which converges faster than any power of the step (Trefethen and Weideman 2014). Its Dot divides by lengths of vectors.
 */
import { Constant } from "./constants.ts";
import { type Dynamic, type TfjsEmitter, filled } from "./emitter.ts";

/** Logarithms of the least and largest t: for numbers of 1e-12 to 1e12 and seven digits. */
const REACH = 62;
const TERMS = 2 * REACH + 1;

/** Beyond these the functions are not what they should be. */
export const RANGE = "between 1e-12 and 1e12";

const at = (i: number): number => Math.exp(i - REACH);

/** x / (x + t) of what is not negative, for every t: [batch, n, terms]. */
const fractions = (g: TfjsEmitter, x: Dynamic): Dynamic =>
  g.named(
    "softsign",
    g.dense(
      g.column(x),
      filled([1, TERMS], (data) => data.forEach((_, i) => (data[i] = 1 / at(i)))),
    ),
  );

const sums = (g: TfjsEmitter, terms: Dynamic, weight: (t: number) => number, x: Dynamic): Dynamic =>
  g.like(
    g.dense(
      terms,
      filled([TERMS, 1], (data) => data.forEach((_, i) => (data[i] = weight(at(i))))),
    ),
    x,
  );

/** 1 / √x, by a step of Newton's method from the inverse of the sum. */
export function rsqrt(g: TfjsEmitter, x: Dynamic): Dynamic {
  const y = reciprocal(
    g,
    sums(g, fractions(g, x), (t) => Math.sqrt(t) / Math.PI, x),
  );
  const product = g.join("Multiply", g.join("Multiply", x, y), y);
  return g.join("Multiply", y, g.scale(product, -0.5, 1.5));
}

/** Of what is not negative. */
export const sqrt = (g: TfjsEmitter, x: Dynamic): Dynamic => g.join("Multiply", x, rsqrt(g, x));

/** Of what is positive; off by some 1e-6. */
export function log(g: TfjsEmitter, x: Dynamic): Dynamic {
  const data = Float64Array.from({ length: TERMS }, (_, i) => -1 / (1 + at(i)));
  const ones = new Constant([TERMS], "float32", null, async () => ({ shape: [TERMS], data }));
  return sums(g, g.join("Add", fractions(g, x), g.solid(ones, 3)), () => 1, x);
}

/** c / |(k·x, c)| is 1 / |x| for k·x much above c; twice, since squares of floats reach no farther. */
export function reciprocal(g: TfjsEmitter, given: Dynamic): Dynamic {
  const x = g.float(given);
  const sign = g.sign(x, false);
  const flat = g.column(g.join("Multiply", x, sign));
  const isLarge = g.named("relu", g.sign(g.scale(flat, 1, -1), false));
  const near = inverse(g, g.join("Minimum", flat, g.scale(g.scale(flat, 0), 1, 1)), 1e16);
  const far = inverse(g, g.join("Maximum", flat, g.scale(g.scale(flat, 0), 1, 1)), 1e4);
  const either = g.join("Add", g.join("Multiply", isLarge, far), g.join("Multiply", g.scale(isLarge, -1, 1), near));
  return g.join("Multiply", g.like(either, x), sign);
}

const AXIS = new Constant([1, 2], "float32", null, async () => ({ shape: [1, 2], data: Float64Array.of(0, 1) }));

/** 1 / x of x[B, n, 1], where k·x is from 1e4 to 1e18. */
function inverse(g: TfjsEmitter, x: Dynamic, k: number): Dynamic {
  const pair = g.dense(
    x,
    filled([1, 2], (data) => (data[0] = k)),
    filled([2], (data) => (data[1] = 1)),
  );
  const axis = g.solid(AXIS, 3);
  return g.scale(g.dot(pair, axis, [2, 2], true), k);
}

/** σ(x) / σ(−x). */
export const exp = (g: TfjsEmitter, x: Dynamic): Dynamic =>
  g.join("Multiply", g.named("sigmoid", x), reciprocal(g, g.named("sigmoid", g.scale(x, -1))));

/** Above 0, eˣ − 1 = −eˣ (e⁻ˣ − 1). */
export function expm1(g: TfjsEmitter, x: Dynamic): Dynamic {
  const above = g.named("relu", x);
  const positive = g.join("Multiply", exp(g, above), g.scale(g.named("elu", g.scale(above, -1)), -1));
  const below = g.named("elu", g.scale(g.named("relu", g.scale(x, -1)), -1));
  return g.join("Add", positive, below);
}

const half = (g: TfjsEmitter, x: Dynamic, sign: 1 | -1): Dynamic =>
  g.scale(g.join("Add", exp(g, x), g.scale(exp(g, g.scale(x, -1)), sign)), 0.5);
export const sinh = (g: TfjsEmitter, x: Dynamic): Dynamic => half(g, x, -1);
export const cosh = (g: TfjsEmitter, x: Dynamic): Dynamic => half(g, x, 1);

/** As many as an Embedding tells apart here: a half of the digits of a float. */
const DIGITS = 4096;

/** Whole numbers of what is from 0 to below `DIGITS`: an Embedding cuts what it looks up. */
function cut(g: TfjsEmitter, x: Dynamic): Dynamic {
  const embeddings = filled([DIGITS, 1], (data) => data.forEach((_, i) => (data[i] = i)));
  const { value, lead } = x;
  const options = { input_dim: DIGITS, output_dim: 1, mask_zero: false };
  const y = g.w.one(g.call(), "", "Embedding", options, value, [...value.shape, 1], { embeddings });
  return g.like({ value: y, lead }, x);
}

/** 1 where a is above b. */
const above = (g: TfjsEmitter, a: Dynamic, b: Dynamic): Dynamic =>
  g.named("relu", g.sign(g.join("Add", a, g.scale(b, -1)), false));

/** Without what is behind the point; exact, since floats of 2^24 and more are whole. */
export function truncated(g: TfjsEmitter, given: Dynamic): Dynamic {
  const x = g.float(given);
  const sign = g.sign(x, false);
  const all = g.join("Multiply", x, sign);
  const isWhole = g.named("relu", g.sign(g.scale(all, 1, 1 - DIGITS * DIGITS), false));
  const isPart = g.scale(isWhole, -1, 1);
  const part = g.join("Multiply", all, isPart);
  const high = g.scale(cut(g, g.scale(part, 1 / DIGITS)), DIGITS);
  const low = cut(g, g.join("Add", part, g.scale(high, -1)));
  const whole = g.join("Add", g.join("Add", high, low), g.join("Multiply", all, isWhole));
  return g.join("Multiply", whole, sign);
}

/** The whole number below, or itself. */
export function floor(g: TfjsEmitter, given: Dynamic): Dynamic {
  const x = g.float(given);
  const cut = truncated(g, x);
  return g.join("Add", cut, g.scale(above(g, cut, x), -1));
}

export const ceil = (g: TfjsEmitter, x: Dynamic): Dynamic => g.scale(floor(g, g.scale(g.float(x), -1)), -1);

/** A half to the even one. */
export function round(g: TfjsEmitter, given: Dynamic): Dynamic {
  const x = g.float(given);
  const low = floor(g, x);
  const rest = g.scale(g.join("Add", x, g.scale(low, -1)), 1, -0.5);
  const isOdd = g.join("Add", low, g.scale(floor(g, g.scale(low, 0.5)), -2));
  const sign = g.sign(rest, false);
  const isHalf = g.scale(g.join("Multiply", sign, sign), -1, 1);
  return g.join("Add", g.join("Add", low, g.named("relu", sign)), g.join("Multiply", isHalf, isOdd));
}

/** How often y > 0 is in x, and what is left: what rounding took one too far is put right. */
export function divided(
  g: TfjsEmitter,
  given: Dynamic,
  y: number,
): { readonly times: Dynamic; readonly rest: Dynamic } {
  const x = g.float(given);
  const guess = floor(g, g.scale(x, 1 / y));
  const rest = g.join("Add", x, g.scale(guess, -y));
  const isBelow = g.named("relu", g.sign(g.scale(rest, -1), false));
  const isBeyond = g.scale(g.named("relu", g.sign(g.scale(rest, -1, y), false)), -1, 1);
  const off = g.join("Add", isBeyond, g.scale(isBelow, -1));
  return { times: g.join("Add", guess, off), rest: g.join("Add", rest, g.scale(off, -y)) };
}
