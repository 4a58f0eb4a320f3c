/** Losses of distances between numbers. Source: keras/src/losses/losses.py. */
import type { Ops } from "../../ops/builder.ts";
import type { Sym } from "../../ops/types.ts";
import { float, int } from "../../layers/fields.ts";
import { EPSILON, fitted, lossOf, type Pair } from "./shared.ts";

const last = (op: Ops, x: Sym): Sym => op.mean(x, [-1]);
const difference = (op: Ops, p: Pair): Sym => op.subtract(p.yTrue, p.yPred);

/** mean((yTrue - yPred)²) along the last axis. */
export const meanSquaredErrorOf = (op: Ops, pair: Pair): Sym => last(op, op.square(difference(op, fitted(op, pair))));
/** mean(|yTrue - yPred|) along the last axis. */
export const meanAbsoluteErrorOf = (op: Ops, pair: Pair): Sym => last(op, op.abs(difference(op, fitted(op, pair))));

/** 100 · mean(|yTrue - yPred| / max(|yTrue|, 1e-7)) along the last axis. */
export function meanAbsolutePercentageErrorOf(op: Ops, pair: Pair): Sym {
  const p = fitted(op, pair);
  const part = op.divide(difference(op, p), op.maximum(op.abs(p.yTrue), EPSILON));
  return op.multiply(last(op, op.abs(part)), 100);
}

/** mean((log(1 + yTrue) - log(1 + yPred))²) along the last axis, of numbers of at least 1e-7. */
export function meanSquaredLogarithmicErrorOf(op: Ops, pair: Pair): Sym {
  const p = fitted(op, pair);
  const log = (x: Sym) => op.log(op.add(op.maximum(x, EPSILON), 1));
  return last(op, op.square(op.subtract(log(p.yPred), log(p.yTrue))));
}

/** x / |x| along an axis, of lengths of at least 1e-7. */
function normalised(op: Ops, x: Sym, axis: number): Sym {
  return op.multiply(x, op.minimum(op.rsqrt(op.sum(op.square(x), [axis], true)), 1 / EPSILON));
}

/** The cosine of the angle between vectors along an axis. */
export function cosineOf(op: Ops, pair: Pair, axis: number): Sym {
  const p = fitted(op, pair);
  return op.sum(op.multiply(normalised(op, p.yTrue, axis), normalised(op, p.yPred, axis)), [axis]);
}

function huberOf(op: Ops, pair: Pair, delta: number): Sym {
  const error = op.subtract(pair.yPred, pair.yTrue);
  const size = op.abs(error);
  const far = op.subtract(op.multiply(size, delta), 0.5 * delta * delta);
  return last(op, op.where(op.lessEqual(size, delta), op.multiply(op.square(error), 0.5), far));
}

/** mean(log(cosh(yPred - yTrue))) along the last axis. */
export function logCoshOf(op: Ops, pair: Pair): Sym {
  const p = fitted(op, pair);
  const x = op.subtract(p.yPred, p.yTrue);
  return last(op, op.subtract(op.add(x, op.activation(op.multiply(x, -2), { fn: "softplus" })), Math.LN2));
}

/** MeanSquaredError */
export const meanSquaredError = lossOf({
  class: "MeanSquaredError",
  functions: ["mean_squared_error", "mse", "MSE"],
  config: {},
  each: ({ op }, pair) => meanSquaredErrorOf(op, pair),
});

/** MeanAbsoluteError */
export const meanAbsoluteError = lossOf({
  class: "MeanAbsoluteError",
  functions: ["mean_absolute_error", "mae", "MAE"],
  config: {},
  each: ({ op }, pair) => meanAbsoluteErrorOf(op, pair),
});

/** MeanAbsolutePercentageError */
export const meanAbsolutePercentageError = lossOf({
  class: "MeanAbsolutePercentageError",
  functions: ["mean_absolute_percentage_error", "mape", "MAPE"],
  config: {},
  each: ({ op }, pair) => meanAbsolutePercentageErrorOf(op, pair),
});

/** MeanSquaredLogarithmicError */
export const meanSquaredLogarithmicError = lossOf({
  class: "MeanSquaredLogarithmicError",
  functions: ["mean_squared_logarithmic_error", "msle", "MSLE"],
  config: {},
  each: ({ op }, pair) => meanSquaredLogarithmicErrorOf(op, pair),
});

/** CosineSimilarity: -1 for equal directions. */
export const cosineSimilarity = lossOf({
  class: "CosineSimilarity",
  functions: ["cosine_similarity"],
  config: { axis: int({ default: -1 }) },
  each: ({ op }, pair, { axis }) => op.negative(cosineOf(op, pair, axis)),
});

/** Huber: squares up to `delta`, then straight. */
export const huber = lossOf({
  class: "Huber",
  functions: ["huber"],
  name: "huber_loss",
  config: { delta: float(1) },
  each: ({ op }, pair, { delta }) => huberOf(op, pair, delta),
});

/** LogCosh */
export const logCosh = lossOf({
  class: "LogCosh",
  functions: ["log_cosh", "logcosh"],
  config: {},
  each: ({ op }, pair) => logCoshOf(op, pair),
});
