/** The family `activations`: see `registry.ts`. */
export { activation } from "../activations/activation.ts";
export { elu } from "../activations/elu.ts";
export { leakyReLU } from "../activations/leaky-re-lu.ts";
export { pReLU } from "../activations/p-re-lu.ts";
export { parametricSoftplus } from "../activations/parametric-softplus.ts";
export { reLU } from "../activations/re-lu.ts";
export { sReLU } from "../activations/s-re-lu.ts";
export { softmax } from "../activations/softmax.ts";
export { thresholdedReLU } from "../activations/thresholded-re-lu.ts";
