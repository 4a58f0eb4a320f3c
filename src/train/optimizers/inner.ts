/** The optimizers that stand alone. */
export { adam, adamax, adamW, lamb, nadam, scheduleFreeAdamW } from "./adam.ts";
export { adadelta, adafactor, adagrad, ftrl, lion, rmsprop } from "./adaptive.ts";
export { muon } from "./muon.ts";
export { sgd } from "./sgd.ts";
