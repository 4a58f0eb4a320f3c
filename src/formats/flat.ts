/**
 * Weights named by layer and weight name, as legacy `.h5` files hold them: a group for each layer, the order in the
 * attributes `layer_names` and `weight_names`, which are split over `name0`, `name1` … when they grow over 64512 bytes.
 * Sources: keras/src/legacy/saving/legacy_h5_format.py, tf_keras/saving/legacy/hdf5_format.py, Keras 1.2.2 keras/engine/topology.py.
 */
import type { Hdf5Attribute, Hdf5Group } from "../codecs/hdf5.ts";
import { fail } from "../core/error.ts";
import { attributePath } from "./h5-values.ts";

export const MODEL_WEIGHTS = "model_weights";
export const OPTIMIZER_WEIGHTS = "optimizer_weights";
export const TOP_LEVEL_WEIGHTS = "top_level_model_weights";
export const LAYER_NAMES = "layer_names";
export const WEIGHT_NAMES = "weight_names";
/** Before Keras 1.0: `layer_0` … with `param_0` …, counted by these attributes. */
export const OLD_LAYER_COUNT = "nb_layers";
export const OLD_WEIGHT_COUNT = "nb_params";
export const KERAS_VERSION = "keras_version";
export const BACKEND = "backend";
export const MODEL_CONFIG = "model_config";
export const TRAINING_CONFIG = "training_config";
/** HDF5 object headers end at 64 KiB; Keras leaves room (HDF5_OBJECT_HEADER_LIMIT). */
export const ATTRIBUTE_LIMIT = 64512;

/** The attributes that hold a list of names: `[name]`, or `name0`, `name1` … in order; none when there is no list. */
export function listAttributes(group: Hdf5Group, name: string): Hdf5Attribute[] {
  const whole = group.attributes.get(name);
  if (whole !== undefined) return [whole];
  const parts: Hdf5Attribute[] = [];
  for (let part = group.attributes.get(`${name}0`); part !== undefined;) {
    parts.push(part);
    part = group.attributes.get(`${name}${parts.length}`);
  }
  return parts;
}

/** A list of names, or null when the group has none. An empty list is stored as an empty float64 array. */
export function readList(group: Hdf5Group, name: string): string[] | null {
  const parts = listAttributes(group, name);
  if (parts.length === 0) return null;
  const names: string[] = [];
  for (const part of parts) {
    if (part.strings !== undefined) for (const text of part.strings) names.push(text);
    else if (part.shape !== null && !part.shape.includes(0)) {
      fail("malformed/names", {
        path: attributePath(group.path, part.name),
        expected: "a list of strings",
        found: part.type.class,
      });
    }
  }
  return names;
}

/** Whether an HDF5 group holds weights in this layout. */
export function isFlat(group: Hdf5Group): boolean {
  return listAttributes(group, LAYER_NAMES).length > 0 || group.attributes.has(OLD_LAYER_COUNT);
}
