/**
 * The `.keras` archive of Keras 3 and of tf.keras from 2.12: a zip with its members stored uncompressed, or a folder with the
 * same names. Sources: keras/src/saving/saving_lib.py, tf_keras/saving/saving_lib.py.
 */
import type { Hdf5Group } from "../codecs/hdf5.ts";
import type { Members } from "./members.ts";

export const TITLE = "Keras model (.keras)";
export const EXTENSIONS: readonly string[] = [".keras"];

export const METADATA = "metadata.json";
export const CONFIG = "config.json";
export const WEIGHTS = "model.weights.h5";
export const WEIGHTS_NPZ = "model.weights.npz";
export const ASSETS = "assets/";
export const VOCABULARY = "/vocabulary.txt";

/** What the exporter of the same format needs of an imported file. */
export interface KerasV3Container {
  readonly members: Members;
  readonly weights: Hdf5Group;
}
