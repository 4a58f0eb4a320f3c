/** Steps by the size of past gradients. Sources: keras/src/optimizers/{rmsprop,adagrad,adadelta,ftrl,lion,adafactor}.py. */
import { fail } from "../../core/error.ts";
import type { Ops } from "../../ops/builder.ts";
import type { Sym } from "../../ops/types.ts";
import { bool, float } from "../../layers/fields.ts";
import type { Variable } from "../types.ts";
import { asFloat32, common, like, optimizerOf, scalar, share, squared } from "./shared.ts";

/** a · rho + b · (1 - rho) */
const mix = (op: Ops, a: Sym, b: Sym, rho: number): Sym => op.add(op.multiply(a, rho), op.multiply(b, 1 - rho));

/** RMSprop, also `centered` and with `momentum`. */
export const rmsprop = optimizerOf({
  class: "RMSprop",
  config: { ...common(0.001), rho: float(0.9), momentum: share(0), epsilon: float(1e-7), centered: bool(false) },
  rule: {
    slots: (c, variable) => [
      [like(variable, "velocity")],
      ...(c.momentum > 0 ? [[like(variable, "momentum")]] : []),
      ...(c.centered ? [[like(variable, "average_gradient")]] : []),
    ],
    step({ op }, { w, g, each, s: [v, ...more] }, { rate, era }, c) {
      const square = mix(op, v!, squared(op, each), c.rho);
      const mean = c.centered ? mix(op, more.at(-1)!, g, c.rho) : null;
      const spread = mean === null ? square : op.subtract(square, op.square(mean));
      const isOutside = era.addsToRoot && c.momentum === 0;
      const size = isOutside ? op.add(op.sqrt(spread), c.epsilon) : op.sqrt(op.add(spread, c.epsilon));
      const move = op.divide(op.multiply(g, scalar(op, rate, w)), size);
      const next = c.momentum > 0 ? op.add(op.multiply(more[0]!, c.momentum), move) : null;
      return {
        w: op.subtract(w, next ?? move),
        s: [square, ...(next === null ? [] : [next]), ...(mean === null ? [] : [mean])],
      };
    },
  },
});

/** Adagrad */
export const adagrad = optimizerOf({
  class: "Adagrad",
  config: { ...common(0.001), initial_accumulator_value: float(0.1), epsilon: float(1e-7) },
  rule: {
    slots: (c, variable) => [[like(variable, "accumulator", c.initial_accumulator_value)]],
    step({ op }, { w, g, each, s: [a] }, { rate }, c) {
      const sum = op.add(a!, squared(op, each));
      const move = op.divide(op.multiply(g, scalar(op, rate, w)), op.sqrt(op.add(sum, c.epsilon)));
      return { w: op.subtract(w, move), s: [sum] };
    },
  },
});

/** Adadelta */
export const adadelta = optimizerOf({
  class: "Adadelta",
  config: { ...common(0.001), rho: float(0.95), epsilon: float(1e-7) },
  rule: {
    slots: (_, variable) => [[like(variable, "accumulated_grad"), like(variable, "accumulated_delta_var")]],
    step({ op }, { w, g, each, s: [a, d] }, { rate, era }, c) {
      const apart = (x: Sym) => op.add(x, c.epsilon);
      const squares = squared(op, each);
      const sum = mix(op, a!, squares, c.rho);
      const past = era.likeTfjs === true ? a! : sum;
      const move = op.divide(op.multiply(op.sqrt(apart(d!)), g), op.sqrt(apart(past)));
      const moves = op.divide(op.multiply(apart(d!), squares), apart(past));
      return {
        w: op.subtract(w, op.multiply(move, scalar(op, rate, w))),
        s: [sum, mix(op, d!, moves, c.rho)],
      };
    },
  },
});

/** Ftrl: sparse weights by `l1RegularizationStrength`. */
export const ftrl = optimizerOf({
  class: "Ftrl",
  config: {
    ...common(0.001),
    learning_rate_power: float(-0.5),
    initial_accumulator_value: float(0.1),
    l1_regularization_strength: float(0),
    l2_regularization_strength: float(0),
    l2_shrinkage_regularization_strength: float(0),
    beta: float(0),
  },
  check(c) {
    const below = Object.entries(c).find(([key, n]) => /^(initial|l[12])_/.test(key) && Number(n) < 0)?.[0];
    const wrong = c.learning_rate_power > 0 ? "learning_rate_power" : below;
    if (wrong !== undefined)
      fail("malformed/config", {
        path: `Ftrl.${wrong}`,
        expected: wrong === below ? "a number of at least 0" : "a number of at most 0",
        found: String(c[wrong as "beta"]),
      });
  },
  rule: {
    slots: (c, variable) => [[like(variable, "accumulator", c.initial_accumulator_value), like(variable, "linear")]],
    step({ op }, { w, g, each, s: [a, l] }, { rate }, c) {
      const lr = scalar(op, rate, w);
      const power = (x: Sym) => op.power(x, -c.learning_rate_power);
      const shrunk = op.add(g, op.multiply(w, 2 * c.l2_shrinkage_regularization_strength));
      const sum = op.add(a!, squared(op, each));
      const change = op.divide(op.subtract(power(sum), power(a!)), lr);
      const linear = op.add(l!, op.subtract(shrunk, op.multiply(change, w)));
      const l2 = op.add(op.divide(c.beta, lr), 2 * c.l2_regularization_strength);
      const quadratic = op.add(op.divide(power(sum), lr), l2);
      const l1 = c.l1_regularization_strength;
      const inside = op.maximum(op.minimum(linear, l1), -l1);
      return { w: op.divide(op.subtract(inside, linear), quadratic), s: [sum, linear] };
    },
  },
});

/** Lion: steps of one size, by the sign of the momentum. */
export const lion = optimizerOf({
  class: "Lion",
  config: { ...common(0.001), beta_1: share(0.9), beta_2: float(0.99) },
  check(c) {
    if (c.beta_1 === 0) fail("malformed/config", { path: "Lion.beta_1", expected: "a number above 0", found: "0" });
  },
  rule: {
    slots: (_, variable) => [[like(variable, "momentum")]],
    step({ op }, { w, g, s: [m] }, { rate }, c) {
      const move = op.multiply(op.sign(mix(op, m!, g, asFloat32(c.beta_1))), scalar(op, rate, w));
      return { w: op.subtract(w, move), s: [mix(op, m!, g, asFloat32(c.beta_2))] };
    },
  },
});

const isMatrix = ({ shape }: Variable): boolean => shape.length >= 2;

/** Adafactor: of matrices only the means of rows and columns count. */
export const adafactor = optimizerOf({
  class: "Adafactor",
  config: {
    ...common(0.001),
    beta_2_decay: float(-0.8),
    epsilon_1: float(1e-30),
    epsilon_2: float(0.001),
    clip_threshold: float(1),
    relative_step: bool(true),
  },
  rule: {
    slots(_, variable) {
      const { name, shape } = variable;
      const sides = [shape.slice(0, -1), [...shape.slice(0, -2), ...shape.slice(-1)]];
      const means = isMatrix(variable) ? sides.map((side) => ({ name, shape: side })) : [];
      return [[...means, like(variable, "velocity")]];
    },
    also(_, variable) {
      const none = { name: variable.name, dtype: "int32", shape: [] } as const;
      return isMatrix(variable) ? [] : [none, none];
    },
    step({ op }, { variable, w, g, each, s }, { t, rate }, c) {
      const rms = (x: Sym) => op.sqrt(op.mean(op.square(x)));
      const slow = op.minimum(rate, op.reciprocal(op.sqrt(t)));
      const size = op.multiply(op.maximum(rms(w), asFloat32(c.epsilon_2)), scalar(op, slow, w));
      const squares = squared(op, each);
      const square = op.add(squares, c.epsilon_1);
      const old = op.subtract(1, op.power(t, c.beta_2_decay));
      const blend = (a: Sym, b: Sym) =>
        op.add(op.multiply(a, scalar(op, old, w)), op.multiply(b, scalar(op, op.subtract(1, old), w)));
      const slots: Sym[] = [];
      if (isMatrix(variable)) {
        const [r, k] = [blend(s[0]!, op.mean(square, [-1])), blend(s[1]!, op.mean(square, [-2]))];
        const rows = op.expandDims(op.divide(r, op.mean(r, [-1], true)), [-1]);
        slots.push(r, k, op.multiply(rows, op.expandDims(k, [-2])));
      } else slots.push(blend(s[0]!, square));
      const move = op.divide(g, op.sqrt(slots.at(-1)!));
      const length = op.sqrt(op.mean(op.divide(squares, slots.at(-1)!)));
      const limited = op.divide(move, op.maximum(op.divide(length, c.clip_threshold), 1));
      return { w: op.subtract(w, op.multiply(limited, size)), s: slots };
    },
  },
});
