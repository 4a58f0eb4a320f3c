/** The family `regularization`: see `registry.ts`. */
export { activityRegularization } from "../regularization/activity-regularization.ts";
export { dropout, alphaDropout, gaussianDropout, gaussianNoise } from "../regularization/dropout.ts";
