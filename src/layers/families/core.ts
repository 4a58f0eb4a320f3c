/** The family `core`: see `registry.ts`. */
export { dense, timeDistributedDense } from "../core/dense.ts";
export { einsumDense } from "../core/einsum-dense.ts";
export { embedding } from "../core/embedding.ts";
export { highway } from "../core/highway.ts";
export { identity } from "../core/identity.ts";
export { inputLayer } from "../core/input-layer.ts";
export { reversibleEmbedding } from "../core/reversible-embedding.ts";
export { masking } from "../core/masking.ts";
export { maxoutDense } from "../core/maxout-dense.ts";
