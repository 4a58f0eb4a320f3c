/** The family `merging`: see `registry.ts`. */
export { add } from "../merging/add.ts";
export { average } from "../merging/average.ts";
export { concatenate } from "../merging/concatenate.ts";
export { dot } from "../merging/dot.ts";
export { maximum } from "../merging/maximum.ts";
export { merge } from "../merging/merge.ts";
export { minimum } from "../merging/minimum.ts";
export { multiply } from "../merging/multiply.ts";
export { subtract } from "../merging/subtract.ts";
