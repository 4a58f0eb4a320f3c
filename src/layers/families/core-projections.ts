/** Of the family `core` the kin of Dense and Embedding: see `registry.ts`. */
export { einsumDense } from "../core/einsum-dense.ts";
export { highway } from "../core/highway.ts";
export { maxoutDense } from "../core/maxout-dense.ts";
export { randomFourierFeatures } from "../core/random-fourier-features.ts";
export { reversibleEmbedding } from "../core/reversible-embedding.ts";
