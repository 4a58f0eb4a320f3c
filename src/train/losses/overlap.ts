/** Losses of how far two sets of pixels cover each other. Source: keras/src/losses/losses.py. */
import { axes, float, optional } from "../../layers/fields.ts";
import { EPSILON, lossOf } from "./shared.ts";

const axis = optional(axes());

/** Dice */
export const dice = lossOf({
  class: "Dice",
  functions: ["dice"],
  config: { axis },
  each({ op }, { yTrue, yPred }, o) {
    const both = op.sum(op.multiply(yTrue, yPred), o.axis);
    const all = op.add(op.add(op.sum(yTrue, o.axis), op.sum(yPred, o.axis)), EPSILON);
    return op.subtract(1, op.divide(op.multiply(both, 2), all));
  },
});

/** Tversky */
export const tversky = lossOf({
  class: "Tversky",
  functions: ["tversky"],
  config: { alpha: float(0.5), beta: float(0.5), axis },
  each({ op }, { yTrue, yPred }, o) {
    const both = op.sum(op.multiply(yTrue, yPred), o.axis);
    const missed = op.sum(op.multiply(op.subtract(1, yPred), yTrue), o.axis);
    const wrong = op.sum(op.multiply(yPred, op.subtract(1, yTrue)), o.axis);
    const apart = op.add(op.multiply(missed, o.alpha), op.multiply(wrong, o.beta));
    return op.subtract(1, op.divide(both, op.add(op.add(both, apart), EPSILON)));
  },
});
