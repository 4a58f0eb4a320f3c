/**
 * Weights alone: Keras 3's `.weights.h5` (the tree of `.keras` at the file's root), or the legacy `.h5` of
 * `save_weights` (the content of `/model_weights` at the root). Sources: keras/src/saving/saving_lib.py
 * (`save_weights_only`), keras/src/legacy/saving/legacy_h5_format.py, Keras 1.2.2 keras/engine/topology.py.
 */
import type { Hdf5Group } from "../codecs/hdf5.ts";

export const TITLE = "Keras weights (.weights.h5)";
export const EXTENSIONS: readonly string[] = [".weights.h5"];

/** What the exporter of the same format needs of an imported file. */
export interface WeightsH5Container {
  readonly root: Hdf5Group;
}
