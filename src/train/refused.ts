/** What Keras has beside what can be trained with here, and why it is refused. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ["Loss", "a base class"],
  ["Metric", "a base class"],
  ["Optimizer", "a base class"],
  ["LearningRateSchedule", "a base class"],
  ["Mean", "a metric of one array, not of labels and predictions"],
  ["Sum", "a metric of one array, not of labels and predictions"],
  ["MeanMetricWrapper", "a metric of a Python function"],
  ["MultiOptimizer", "one optimizer for all weights is known"],
  ["OptimizerMap", "one optimizer for all weights is known"],
]);

/** Why a class of Keras is none of ours; undefined for one that Keras does not have. */
export const whyRefused = (name: string): string | undefined => REFUSED.get(name);
