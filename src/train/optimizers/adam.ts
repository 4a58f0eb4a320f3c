/**
 * Adam and what is made of it. Corrections for the first steps are float64, where Keras has them in float32. Sources:
 * keras/src/optimizers/{adam,adamw,adamax,nadam,lamb,schedule_free_adamw}.py.
 */
import type { Ops } from "../../ops/builder.ts";
import type { Sym } from "../../ops/types.ts";
import { bool, float, int } from "../../layers/fields.ts";
import {
  asFloat32,
  common,
  correction,
  like,
  type Now,
  type One,
  optimizerOf,
  type UpdateRule,
  scalar,
  squared,
  towards,
} from "./shared.ts";

const BETAS = { beta_1: float(0.9), beta_2: float(0.999), epsilon: float(1e-7) };
interface Betas {
  readonly beta_1: number;
  readonly beta_2: number;
  readonly epsilon: number;
}

/** The running means of gradients and of their squares. */
const moments = (
  op: Ops,
  { g, each, s: [m, v] }: Pick<One, "g" | "each" | "s">,
  c: Omit<Betas, "epsilon">,
): readonly [Sym, Sym] => [towards(op, m!, g, 1 - c.beta_1), towards(op, v!, squared(op, each), 1 - c.beta_2)];

/** One step of Adam. */
export function adamStep(
  op: Ops,
  one: Omit<One, "variable" | "start">,
  { t, rate, era }: Pick<Now, "t" | "rate"> & Partial<Pick<Now, "era">>,
  c: Betas,
) {
  const { w, s } = one;
  const hat = s[2];
  const [mean, square] = moments(op, one, c);
  const top = hat === undefined ? square : op.maximum(hat, square);
  const size = op.divide(
    op.multiply(rate, op.sqrt(correction(op, c.beta_2, t, era))),
    correction(op, c.beta_1, t, era),
  );
  const epsilon =
    era?.likeTfjs === true
      ? scalar(op, op.multiply(op.sqrt(correction(op, c.beta_2, t, era)), c.epsilon), w)
      : c.epsilon;
  const move = op.divide(op.multiply(mean, scalar(op, size, w)), op.add(op.sqrt(top), epsilon));
  return { w: op.subtract(w, move), s: [mean, square, ...(hat === undefined ? [] : [top])] };
}

const ADAM: UpdateRule<Betas & { readonly amsgrad: boolean }> = {
  slots: (c, variable) => [
    [like(variable, "momentum"), like(variable, "velocity")],
    ...(c.amsgrad ? [[like(variable, "velocity_hat")]] : []),
  ],
  step: ({ op }, one, now, c) => adamStep(op, one, now, c),
};

/** Adam */
export const adam = optimizerOf({
  class: "Adam",
  config: { ...common(0.001), ...BETAS, amsgrad: bool(false) },
  rule: ADAM,
});

/** AdamW: Adam with a decay of weights. */
export const adamW = optimizerOf({
  class: "AdamW",
  config: { ...common(0.001, 0.004), ...BETAS, amsgrad: bool(false) },
  rule: ADAM,
});

/** Adamax: Adam by the largest gradient. */
export const adamax = optimizerOf({
  class: "Adamax",
  config: { ...common(0.001), ...BETAS },
  rule: {
    slots: (_, variable) => [[like(variable, "momentum"), like(variable, "norm")]],
    step({ op }, { w, g, each, s: [m, u] }, { t, rate }, c) {
      const mean = towards(op, m!, g, 1 - c.beta_1);
      const top = op.maximum(
        op.multiply(u!, c.beta_2),
        each((x) => op.abs(x)),
      );
      const size = scalar(op, op.divide(rate, correction(op, c.beta_1, t)), w);
      return { w: op.subtract(w, op.divide(op.multiply(mean, size), op.add(top, c.epsilon))), s: [mean, top] };
    },
  },
});

/** The momentum of Nadam at step t: beta1 · (1 - 0.96 ^ t / 2). */
const nadamMomentum = (op: Ops, beta1: number, decay: number, t: Sym): Sym =>
  op.multiply(op.subtract(1, op.multiply(op.power(op.constant(decay, "float64"), t), 0.5)), beta1);

/** Nadam: Adam with Nesterov's momentum. */
export const nadam = optimizerOf({
  class: "Nadam",
  config: { ...common(0.001), ...BETAS },
  rule: {
    slots: (_, variable) => [[like(variable, "momentum"), like(variable, "velocity")]],
    shared: [{ name: "variable", shape: [], initial: 1 }],
    begin: ({ op }, { t, shared: [product] }, c) => [
      op.cast(op.multiply(op.cast(product!, "float64"), nadamMomentum(op, c.beta_1, 0.96, t)), product!.dtype),
    ],
    step({ op }, one, { t, rate, shared }, c) {
      const { w, g } = one;
      const product = op.cast(shared[0]!, "float64");
      const betas = { beta_1: asFloat32(c.beta_1), beta_2: asFloat32(c.beta_2) };
      const at = (step: Sym) => nadamMomentum(op, betas.beta_1, asFloat32(0.96), step);
      const [now, next] = [at(t), at(op.add(t, 1))];
      const [mean, square] = moments(op, one, betas);
      const a = op.divide(op.multiply(rate, next), op.subtract(1, op.multiply(product, next)));
      const b = op.divide(op.multiply(rate, op.subtract(1, now)), op.subtract(1, product));
      const move = op.add(op.multiply(mean, scalar(op, a, w)), op.multiply(g, scalar(op, b, w)));
      const size = op.sqrt(op.divide(square, scalar(op, correction(op, c.beta_2, t), w)));
      return { w: op.subtract(w, op.divide(move, op.add(size, c.epsilon))), s: [mean, square] };
    },
  },
});

/** Lamb: Adam whose step is as long as the weight. */
export const lamb = optimizerOf({
  class: "Lamb",
  config: { ...common(0.001), ...BETAS },
  rule: {
    slots: (_, variable) => [[like(variable, "momentum"), like(variable, "velocity")]],
    step({ op }, one, { t, rate }, c) {
      const { w } = one;
      const [mean, square] = moments(op, one, c);
      const size = op.add(op.sqrt(op.divide(square, scalar(op, correction(op, c.beta_2, t), w))), c.epsilon);
      const move = op.divide(op.divide(mean, scalar(op, correction(op, c.beta_1, t), w)), size);
      const norm = (x: Sym) => op.sqrt(op.sum(op.square(x)));
      const [ofWeight, ofMove] = [norm(w), norm(move)];
      const both = op.logicalAnd(op.greater(ofWeight, 0), op.greater(ofMove, 0));
      const ratio = op.multiply(op.where(both, op.divide(ofWeight, ofMove), 1), scalar(op, rate, w));
      return { w: op.subtract(w, op.multiply(move, ratio)), s: [mean, square] };
    },
  },
});

/** ScheduleFreeAdamW: an average of the path takes the place of a schedule. `momentum` starts as the weight. */
export const scheduleFreeAdamW = optimizerOf({
  class: "ScheduleFreeAdamW",
  config: { ...common(0.0025), ...BETAS, epsilon: float(1e-8), warmup_steps: int({ min: 0, default: 0 }) },
  rule: {
    slots: (_, variable) => [[like(variable, "momentum"), like(variable, "velocity")]],
    // What Keras calls the old momentum is the variable, and so the new one, on TensorFlow and PyTorch.
    step({ op }, { w, start, g, each, s: [z, v] }, { t, rate }, c) {
      const [beta1, beta2] = [asFloat32(c.beta_1), asFloat32(c.beta_2)];
      const warm = c.warmup_steps === 0 ? rate : op.multiply(rate, op.minimum(op.divide(t, c.warmup_steps), 1));
      const square = towards(op, v!, squared(op, each), 1 - beta2);
      const size = op.add(op.sqrt(op.divide(square, scalar(op, correction(op, beta2, t), w))), asFloat32(c.epsilon));
      const move = op.divide(op.multiply(g, scalar(op, warm, w)), size);
      const after = op.subtract(op.where(op.equal(t, 1), start, z!), move);
      const weight = scalar(op, op.reciprocal(t), w);
      const mean = op.divide(op.subtract(w, op.multiply(after, 1 - beta1)), beta1);
      const next = op.add(op.multiply(op.subtract(1, weight), mean), op.multiply(weight, after));
      return { w: op.add(op.multiply(after, 1 - beta1), op.multiply(next, beta1)), s: [after, square] };
    },
  },
});
