/**
 * Every declaration of a layer or operation, or list of them, by family: what the builder takes its layers from
 * (`api/layers.ts`), and what `registry.ts` finds.
 */
export * from "./families/models.ts";
export * from "./families/attention.ts";
export * from "./families/core.ts";
export * from "./families/core-projections.ts";
export * from "./families/regularization.ts";
export * from "./families/regularization-spatial.ts";
export * from "./families/rnn.ts";
export * from "./families/rnn-convolution.ts";
export * from "./families/rnn-wrappers.ts";
export * from "./families/convolution.ts";
export * from "./families/pooling.ts";
export * from "./families/reshaping.ts";
export * from "./families/activations.ts";
export * from "./families/merging.ts";
export * from "./families/normalization.ts";
export * from "./families/preprocessing.ts";
export * from "./families/applications.ts";
export * from "./families/operations.ts";
