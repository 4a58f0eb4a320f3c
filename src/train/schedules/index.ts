/** Keras's learning rates by the number of steps: `schedules.cosineDecay({ initialLearningRate: 0.1, decaySteps: 1000 })`. */
export {
  cosineDecay,
  cosineDecayRestarts,
  exponentialDecay,
  inverseTimeDecay,
  piecewiseConstantDecay,
  polynomialDecay,
} from "./decay.ts";
