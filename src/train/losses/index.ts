/** Keras's losses: `losses.binaryCrossentropy({ labelSmoothing: 0.1 })`. Options are Keras's in camelCase. */
export {
  binaryCrossentropy,
  binaryFocalCrossentropy,
  categoricalCrossentropy,
  categoricalFocalCrossentropy,
  categoricalGeneralizedCrossEntropy,
  klDivergence,
  poisson,
  sparseCategoricalCrossentropy,
} from "./crossentropy.ts";
export { circle } from "./circle.ts";
export { ctc } from "./ctc.ts";
export { categoricalHinge, hinge, squaredHinge } from "./hinge.ts";
export { dice, tversky } from "./overlap.ts";
export {
  cosineSimilarity,
  huber,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
} from "./regression.ts";
