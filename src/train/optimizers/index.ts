/** Keras's optimizers: `optimizers.adam({ learningRate: 0.01 })`. Options and defaults are Keras's, in camelCase. */
export * from "./inner.ts";
export { lossScaleOptimizer } from "./loss-scale.ts";
