/**
 * HDF5 as far as Keras files need it, bounded against hostile files: reader (all of h5py's ways to store an array) and writer
 * (as h5py writes by default).
 *
 * Spec: HDF5 File Format Specification 3.0, https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
 */
export type {
  ByteOrder,
  Charset,
  Hdf5Attribute,
  Hdf5Dataset,
  Hdf5Group,
  Hdf5Type,
  StringPadding,
} from "./hdf5/types.ts";
export type { Spare } from "./hdf5/attribute.ts";
export { openHdf5 } from "./hdf5/reader.ts";
export { findSuperblock } from "./hdf5/superblock.ts";
export { encodeFixedStrings } from "./hdf5/strings.ts";
export type { WriteAttribute, WriteDataset, WriteGroup } from "./hdf5/write/types.ts";
export { type Hdf5Plan, planHdf5 } from "./hdf5/writer.ts";
export { toWritable, writableAttributes, writableDataset } from "./hdf5/write/to-writable.ts";
