/** Of the family `models` what few have: see `registry.ts`. */
export { linearModel } from "../models/linear-model.ts";
export { sharpnessAwareMinimization } from "../models/sharpness-aware-minimization.ts";
export { wideDeepModel } from "../models/wide-deep-model.ts";
