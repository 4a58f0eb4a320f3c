/** The family `preprocessing/features`: see `registry.ts`. */
export { denseFeatures } from "../preprocessing/dense-features.ts";
export { featureSpace } from "../preprocessing/feature-space.ts";
