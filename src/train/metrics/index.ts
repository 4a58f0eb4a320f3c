/** Keras's metrics: `metrics.auc({ curve: "PR" })`. Options are Keras's in camelCase. */
export {
  accuracy,
  binaryAccuracy,
  categoricalAccuracy,
  sparseCategoricalAccuracy,
  sparseTopKCategoricalAccuracy,
  topKCategoricalAccuracy,
} from "./accuracy.ts";
export { auc } from "./auc.ts";
export { binaryIoU, iou, meanIoU, oneHotIoU, oneHotMeanIoU } from "./iou.ts";
export {
  binaryCrossentropy,
  categoricalCrossentropy,
  categoricalHinge,
  concordanceCorrelation,
  cosineSimilarity,
  hinge,
  klDivergence,
  logCoshError,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  pearsonCorrelation,
  poisson,
  rootMeanSquaredError,
  sparseCategoricalCrossentropy,
  squaredHinge,
} from "./mean.ts";
export {
  falseNegatives,
  falsePositives,
  precision,
  precisionAtRecall,
  recall,
  recallAtPrecision,
  sensitivityAtSpecificity,
  specificityAtSensitivity,
  trueNegatives,
  truePositives,
} from "./rates.ts";
export { f1Score, fBetaScore, r2Score } from "./scores.ts";
