/** Means of distances, margins and entropies. Sources: keras/src/metrics/{regression,hinge,probabilistic,correlation}_metrics.py. */
import { bool, float, int, optional } from "../../layers/fields.ts";
import type { Ops } from "../../ops/builder.ts";
import type { Sym } from "../../ops/types.ts";
import {
  binaryCrossentropyOf,
  categoricalCrossentropyOf,
  klDivergenceOf,
  poissonOf,
  sparseCategoricalCrossentropyOf,
} from "../losses/crossentropy.ts";
import { categoricalHingeOf, hingeOf, squaredHingeOf } from "../losses/hinge.ts";
import {
  cosineOf,
  logCoshOf,
  meanAbsoluteErrorOf,
  meanAbsolutePercentageErrorOf,
  meanSquaredErrorOf,
  meanSquaredLogarithmicErrorOf,
} from "../losses/regression.ts";
import { asFloats, EPSILON, fitted, type Pair } from "../losses/shared.ts";
import { meanOf } from "./shared.ts";

/** A mean of a loss that needs no options. */
const of = (name: string, arithmetic: (op: Ops, pair: Pair) => Sym, functions: readonly string[] = []) => ({
  class: name,
  functions,
  config: {},
  direction: "down" as const,
  each: ({ op }: { readonly op: Ops }, pair: Pair) => arithmetic(op, asFloats(op, pair)),
});

/** MeanSquaredError */
export const meanSquaredError = meanOf(of("MeanSquaredError", meanSquaredErrorOf, ["mse", "MSE"]));
/** MeanAbsoluteError */
export const meanAbsoluteError = meanOf(of("MeanAbsoluteError", meanAbsoluteErrorOf, ["mae", "MAE"]));
/** MeanAbsolutePercentageError */
export const meanAbsolutePercentageError = meanOf(
  of("MeanAbsolutePercentageError", meanAbsolutePercentageErrorOf, ["mape", "MAPE"]),
);
/** MeanSquaredLogarithmicError */
export const meanSquaredLogarithmicError = meanOf(
  of("MeanSquaredLogarithmicError", meanSquaredLogarithmicErrorOf, ["msle", "MSLE"]),
);
/** LogCoshError */
export const logCoshError = meanOf({ ...of("LogCoshError", logCoshOf), name: "logcosh" });
/** Hinge */
export const hinge = meanOf(of("Hinge", hingeOf));
/** SquaredHinge */
export const squaredHinge = meanOf(of("SquaredHinge", squaredHingeOf));
/** CategoricalHinge */
export const categoricalHinge = meanOf(of("CategoricalHinge", categoricalHingeOf));

/** KLDivergence */
export const klDivergence = meanOf({
  class: "KLDivergence",
  functions: ["kl_divergence", "kld"],
  name: "kl_divergence",
  config: {},
  direction: "down",
  each: ({ op }, pair) => klDivergenceOf(op, pair),
});

/** Poisson */
export const poisson = meanOf(of("Poisson", poissonOf));

/** RootMeanSquaredError */
export const rootMeanSquaredError = meanOf({
  class: "RootMeanSquaredError",
  config: {},
  direction: "down",
  isMasked: false,
  each({ op }, pair) {
    const { yTrue, yPred } = fitted(op, asFloats(op, pair));
    return op.square(op.subtract(yPred, yTrue));
  },
  last: (op, mean) => op.sqrt(mean),
});

const axis = int({ default: -1 });

/** CosineSimilarity: 1 for equal directions. */
export const cosineSimilarity = meanOf({
  class: "CosineSimilarity",
  config: { axis },
  direction: "up",
  each: ({ op }, pair, c) => cosineOf(op, asFloats(op, pair), c.axis),
});

const ENTROPY = { from_logits: bool(false), label_smoothing: float(0) };

/** BinaryCrossentropy */
export const binaryCrossentropy = meanOf({
  class: "BinaryCrossentropy",
  functions: ["bce", "BCE"],
  config: ENTROPY,
  direction: "down",
  each: ({ op }, pair, c) => binaryCrossentropyOf(op, pair, c),
});

/** CategoricalCrossentropy */
export const categoricalCrossentropy = meanOf({
  class: "CategoricalCrossentropy",
  config: { ...ENTROPY, axis },
  direction: "down",
  each: ({ op }, pair, c) => categoricalCrossentropyOf(op, pair, c),
});

/** SparseCategoricalCrossentropy */
export const sparseCategoricalCrossentropy = meanOf({
  class: "SparseCategoricalCrossentropy",
  config: { from_logits: bool(false), ignore_class: optional(int()), axis },
  direction: "down",
  each: (cx, pair, c, era) => sparseCategoricalCrossentropyOf(cx, pair, c, era),
});

/** What is apart from its mean along an axis, and the mean of its square. */
function spread(op: Ops, x: Sym, along: number) {
  const rest = op.subtract(x, op.mean(x, [along], true));
  const centred = op.subtract(rest, op.mean(rest, [along], true));
  return { rest, variance: op.mean(op.square(centred), [along], true) };
}

/** PearsonCorrelation */
export const pearsonCorrelation = meanOf({
  class: "PearsonCorrelation",
  config: { axis },
  direction: "up",
  each({ op }, pair, c) {
    const { yTrue, yPred } = fitted(op, asFloats(op, pair));
    const [a, b] = [spread(op, yTrue, c.axis), spread(op, yPred, c.axis)];
    const scaled = (s: typeof a) => op.divide(s.rest, op.sqrt(s.variance));
    return op.mean(op.multiply(scaled(a), scaled(b)), [c.axis]);
  },
});

/** ConcordanceCorrelation */
export const concordanceCorrelation = meanOf({
  class: "ConcordanceCorrelation",
  config: { axis },
  direction: "up",
  each({ op }, pair, c) {
    const { yTrue, yPred } = fitted(op, asFloats(op, pair));
    const mean = (x: Sym) => op.mean(x, [c.axis], true);
    const variances = op.add(spread(op, yTrue, c.axis).variance, spread(op, yPred, c.axis).variance);
    // Keras takes the mean of the predictions off both.
    const covariance = op.multiply(op.subtract(yTrue, mean(yPred)), op.subtract(yPred, mean(yPred)));
    const norm = op.add(op.add(variances, op.square(op.subtract(mean(yTrue), mean(yPred)))), EPSILON);
    return op.mean(op.divide(op.multiply(covariance, 2), norm), [c.axis]);
  },
});
