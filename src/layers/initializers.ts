/** Keras's initialisers. */

export const INITIALIZERS = [
  "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "LecunNormal", "LecunUniform", "Ones",
  "Orthogonal", "RandomNormal", "RandomUniform", "STFT", "TruncatedNormal", "VarianceScaling", "Zeros",
] as const; // prettier-ignore

/** The name of an initializer. */
export type InitializerName = (typeof INITIALIZERS)[number];
