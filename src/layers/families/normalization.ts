/** The family `normalization`: see `registry.ts`. */
export { batchNormalization } from "../normalization/batch-normalization.ts";
export { groupNormalization } from "../normalization/group-normalization.ts";
export { layerNormalization } from "../normalization/layer-normalization.ts";
export { rmsNormalization } from "../normalization/rms-normalization.ts";
export { spectralNormalization } from "../normalization/spectral-normalization.ts";
export { unitNormalization } from "../normalization/unit-normalization.ts";
