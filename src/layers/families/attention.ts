/** The family `attention`: see `registry.ts`. */
export { additiveAttention } from "../attention/additive-attention.ts";
export { attention } from "../attention/attention.ts";
export { groupQueryAttention } from "../attention/group-query-attention.ts";
export { multiHeadAttention } from "../attention/multi-head-attention.ts";
// Their projections.
export { einsumDense } from "../core/einsum-dense.ts";
