/** Classes that are refused, with the reason: of Keras 3, then of tf-keras. */

const REASONS = {
  "holds Python code, which is never run":
    "AssociativeScan Cond FlaxLayer JaxLayer Lambda Map Scan Switch TFSMLayer TorchModuleWrapper VectorizedMap Wrapper",
  "no model that Keras saves can run it": "Arange ConvTranspose ForiLoop Histogram JVP SegmentReduction WhileLoop",
  "complex numbers": "Eig Polar ViewAsComplex ViewAsReal",
  "random numbers": "ElasticTransform",
  "the length of its output depends on the values": "Nonzero",
  "ragged and sparse tensors": "ClassMethod InstanceMethod InstanceProperty SequenceFeatures",
  "tf-keras reads no file that holds it": "DynamicEmbedding DynamicLookup",
} as const;

const BY_CLASS = new Map(
  Object.entries(REASONS).flatMap(([reason, names]) => names.split(" ").map((name) => [name, reason] as const)),
);

/** Why a class is refused; undefined where there is no reason but that nobody has written it. */
export const whyRefused = (className: string): string | undefined => BY_CLASS.get(className);
