/** The family `regularization`: see `registry.ts`. */
export { activityRegularization } from "../regularization/activity-regularization.ts";
export { addLoss, addMetric } from "../regularization/added.ts";
export { dropout, alphaDropout, gaussianDropout, gaussianNoise } from "../regularization/dropout.ts";
