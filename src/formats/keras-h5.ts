/**
 * The legacy full-model `.h5` of Keras 1, 2 and 3: JSON in root attributes, `/model_weights` in the flat layout,
 * `/optimizer_weights`. Sources: keras/src/legacy/saving/legacy_h5_format.py, tf_keras/saving/legacy/hdf5_format.py,
 * Keras 2.2.4 keras/engine/saving.py, Keras 1.2.2 keras/models.py.
 */
import type { Hdf5Group } from "../codecs/hdf5.ts";

export const TITLE = "Keras HDF5 model (.h5)";
export const EXTENSIONS: readonly string[] = [".h5", ".hdf5"];

/** What the exporter of the same format needs of an imported file. */
export interface KerasH5Container {
  readonly root: Hdf5Group;
}
