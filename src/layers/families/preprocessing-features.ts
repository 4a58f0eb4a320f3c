/** The family `preprocessing/features`: see `registry.ts`. */
export { featureSpace } from "../preprocessing/feature-space.ts";
