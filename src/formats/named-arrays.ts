/**
 * Weights as plain named arrays, in safetensors or `.npz`: by the path of attributes that leads to each, as in `.keras`
 * (`layers/lstm/cell/kernel`), with the architecture's JSON as `keras_config`; or, as people write them by hand, by Keras's own
 * names of variables (`lstm/lstm_cell/kernel`) beside an architecture.
 */
export const SAFETENSORS_TITLE = "safetensors (.safetensors)";
export const SAFETENSORS_EXTENSIONS: readonly string[] = [".safetensors"];
export const NPZ_TITLE = "NumPy archive (.npz)";
export const NPZ_EXTENSIONS: readonly string[] = [".npz"];
/** Under this name stands the architecture: among the metadata of safetensors, as a text in `.npz`. */
export const KERAS_CONFIG = "keras_config";
/** What safetensors say of the library that they are for. */
export const FORMAT = "format";
export const NPY = ".npy";
