/** The family `core`: see `registry.ts`. */
export { dense, timeDistributedDense } from "../core/dense.ts";
export { embedding } from "../core/embedding.ts";
export { identity } from "../core/identity.ts";
export { inputLayer } from "../core/input-layer.ts";
export { masking } from "../core/masking.ts";
