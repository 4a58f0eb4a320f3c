/** Source: keras/src/optimizers/schedules/learning_rate_schedule.py. */
import { fail } from "../../core/error.ts";
import { bool, type Config, type Fields, field, float, int, optional, required } from "../../layers/fields.ts";
import { JsonNumber } from "../../codecs/json.ts";
import { declare, type Declared } from "../declare.ts";
import type { Schedule } from "../types.ts";

function scheduleOf<F extends Fields>(d: {
  readonly class: string;
  readonly name?: string;
  readonly config: F;
  /** Refuses options that do not fit together. */
  check?(c: Config<F>): void;
  at(c: Config<F>, step: number): number;
}): Declared<F, Schedule> {
  return declare<F, Schedule>({
    name: d.class,
    ...d,
    make(config, own) {
      d.check?.(config);
      return { ...own, at: (step) => d.at(config, step) };
    },
  });
}

const rate = required(float());
const steps = required(
  field<number, number, undefined>({
    expected: "a number above 0",
    initial: undefined,
    read: (node) => (node instanceof JsonNumber && node.value > 0 ? node.value : undefined),
    toJson: (value) => JsonNumber.of(value),
  }),
);
const numbers = required(
  field<readonly number[], readonly number[], undefined>({
    expected: "a list of numbers",
    initial: undefined,
    read: (node) =>
      Array.isArray(node) && node.every((item) => item instanceof JsonNumber)
        ? node.map((item) => (item as JsonNumber).value)
        : undefined,
    toJson: (value) => value.map((n) => JsonNumber.of(n)),
  }),
);

const DECAY = { initial_learning_rate: rate, decay_steps: steps, decay_rate: rate, staircase: bool(false) };
const part = (c: Config<typeof DECAY>, step: number): number =>
  c.staircase ? Math.floor(step / c.decay_steps) : step / c.decay_steps;

/** ExponentialDecay: rate · decayRate ^ (step / decaySteps). */
export const exponentialDecay = scheduleOf({
  class: "ExponentialDecay",
  config: DECAY,
  at: (c, step) => c.initial_learning_rate * c.decay_rate ** part(c, step),
});

/** InverseTimeDecay: rate / (1 + decayRate · step / decaySteps). */
export const inverseTimeDecay = scheduleOf({
  class: "InverseTimeDecay",
  config: DECAY,
  at: (c, step) => c.initial_learning_rate / (1 + c.decay_rate * part(c, step)),
});

/** PiecewiseConstantDecay: the first value up to the first boundary, it included, and so on. */
export const piecewiseConstantDecay = scheduleOf({
  class: "PiecewiseConstantDecay",
  name: "PiecewiseConstant",
  config: { boundaries: numbers, values: numbers },
  check(c) {
    if (c.values.length !== c.boundaries.length + 1)
      fail("malformed/config", {
        path: "PiecewiseConstantDecay.values",
        expected: "one value more than boundaries",
        found: `${c.values.length} for ${c.boundaries.length}`,
      });
  },
  at(c, step) {
    const place = c.boundaries.findIndex((boundary) => step <= boundary);
    return c.values.at(place)!;
  },
});

/** PolynomialDecay */
export const polynomialDecay = scheduleOf({
  class: "PolynomialDecay",
  config: {
    initial_learning_rate: rate,
    decay_steps: steps,
    end_learning_rate: float(0.0001),
    power: float(1),
    cycle: bool(false),
  },
  at(c, step) {
    const times = c.cycle && step !== 0 ? Math.ceil(step / c.decay_steps) : 1;
    const done = (c.cycle ? step : Math.min(step, c.decay_steps)) / (c.decay_steps * times);
    return (c.initial_learning_rate - c.end_learning_rate) * (1 - done) ** c.power + c.end_learning_rate;
  },
});

const cosine = (done: number): number => 0.5 * (1 + Math.cos(Math.PI * done));

/** CosineDecay, with a linear rise to `warmupTarget` before. */
export const cosineDecay = scheduleOf({
  class: "CosineDecay",
  config: {
    initial_learning_rate: rate,
    decay_steps: steps,
    alpha: float(0),
    warmup_target: optional(float()),
    warmup_steps: int({ min: 0, default: 0 }),
  },
  at(c, step) {
    const warm = c.warmup_target === null ? 0 : c.warmup_steps;
    const now = Math.min(step, c.decay_steps + warm);
    const top = c.warmup_target ?? c.initial_learning_rate;
    if (now < warm) return ((top - c.initial_learning_rate) * now) / warm + c.initial_learning_rate;
    return top * ((1 - c.alpha) * cosine((now - warm) / c.decay_steps) + c.alpha);
  },
});

/** CosineDecayRestarts: each decay `tMul` times as long as the one before, from a rate `mMul` times as high. */
export const cosineDecayRestarts = scheduleOf({
  class: "CosineDecayRestarts",
  name: "SGDRDecay",
  config: {
    initial_learning_rate: rate,
    first_decay_steps: steps,
    t_mul: float(2),
    m_mul: float(1),
    alpha: float(0),
  },
  at(c, step) {
    const all = step / c.first_decay_steps;
    const even = c.t_mul === 1;
    const restarts = Math.floor(even ? all : Math.log(1 - all * (1 - c.t_mul)) / Math.log(c.t_mul));
    const before = even ? restarts : (1 - c.t_mul ** restarts) / (1 - c.t_mul);
    const done = even ? all - restarts : (all - before) / c.t_mul ** restarts;
    return c.initial_learning_rate * ((1 - c.alpha) * c.m_mul ** restarts * cosine(done) + c.alpha);
  },
});
