/** Generations of Keras. */

/** Whose arithmetic a file means, where generations differ: `keras2` is multi-backend Keras 2.0–2.3, `tf-keras` TensorFlow's copy. */
export type Semantics = "keras1" | "keras2" | "tf-keras" | "keras3";
