/**
 * What an HDF5 file holds, as plain data. Names follow the HDF5 File Format Specification 3.0:
 * https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
 */

export type ByteOrder = "little" | "big";
export type StringPadding = "null-terminated" | "null-padded" | "space-padded";
export type Charset = "ascii" | "utf-8";

/**
 * A datatype as stored. Values are handed over little-endian whatever `order` says. `bool` is h5py's enumeration
 * FALSE, TRUE over int8. `other` is kept and named, its values cannot be interpreted; `message` is its encoded form where it
 * can be copied to another file (nothing in it points to a place in this one).
 */
export type Hdf5Type =
  | { readonly class: "float"; readonly size: 2 | 4 | 8; readonly order: ByteOrder }
  | { readonly class: "integer"; readonly size: 1 | 2 | 4 | 8; readonly signed: boolean; readonly order: ByteOrder }
  | { readonly class: "bool" }
  | { readonly class: "string"; readonly size: number; readonly padding: StringPadding; readonly charset: Charset }
  | { readonly class: "vlen-string"; readonly padding: StringPadding; readonly charset: Charset }
  | { readonly class: "opaque"; readonly size: number; readonly tag: string }
  | { readonly class: "other"; readonly description: string; readonly size: number; readonly message?: Uint8Array };

/** A small array beside a group or dataset, read at once. */
export interface Hdf5Attribute {
  readonly name: string;
  readonly type: Hdf5Type;
  /** `[]` is a scalar, `null` an empty (null) dataspace. */
  readonly shape: readonly number[] | null;
  /** Values in row-major order, little-endian; of class `other` as stored; empty for variable-length strings. */
  readonly raw: Uint8Array;
  /** Of the string types: the values, decoded as UTF-8 whatever the charset says. */
  readonly strings?: readonly string[];
}

/** An array, read when asked for. */
export interface Hdf5Dataset {
  readonly kind: "dataset";
  /** From the root, without a leading slash: `layers/dense/vars/0`. */
  readonly path: string;
  readonly type: Hdf5Type;
  readonly shape: readonly number[] | null;
  readonly attributes: ReadonlyMap<string, Hdf5Attribute>;
  /** Of all values, as `read` hands them over. */
  readonly byteLength: number;
  /**
   * All values in row-major order, little-endian. Throws `malformed/*`, `limit/*`, `unsupported/filter`,
   * `unsupported/datatype` (class `other`, variable-length strings), `unsupported/external-storage`,
   * `unsupported/virtual-dataset`.
   */
  read(): Promise<Uint8Array>;
  /** All values of a dataset of strings. */
  readStrings(): Promise<string[]>;
  /** The bytes of `read`, in pieces of whole values; contiguous data is not held all at once. */
  slices(chunkBytes?: number): AsyncIterable<Uint8Array>;
  /** Like `slices`, in the file's own byte order, and also for class `other`: for copying. */
  stored(chunkBytes?: number): AsyncIterable<Uint8Array>;
}

/** A folder of groups and datasets. */
export interface Hdf5Group {
  readonly kind: "group";
  /** From the root, without a leading slash; the root's is empty. */
  readonly path: string;
  readonly attributes: ReadonlyMap<string, Hdf5Attribute>;
  /** In creation order where the group tracks it, else sorted by the bytes of their names, as h5py lists them. */
  readonly children: ReadonlyMap<string, Hdf5Group | Hdf5Dataset>;
}

/** Bytes of one value as stored in the file; a variable-length string is a reference of 16 bytes where offsets have 8. */
export function storedSize(type: Hdf5Type, offsetSize = 8): number {
  switch (type.class) {
    case "bool":
      return 1;
    case "vlen-string":
      return 8 + offsetSize;
    default:
      return type.size;
  }
}

/** Number of values of a shape; none for a null dataspace; infinite beyond 2^53, so that every limit refuses it. */
export function valueCount(shape: readonly number[] | null): number {
  if (shape === null || shape.includes(0)) return 0;
  const count = shape.reduce((product, length) => product * length, 1);
  return Number.isSafeInteger(count) ? count : Infinity;
}

/** Reverses the bytes of each `size`-byte value: big-endian to little-endian and back. */
export function swapped(bytes: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let start = 0; start < bytes.length; start += size) {
    for (let i = 0; i < size; i++) out[start + i] = bytes[start + size - 1 - i]!;
  }
  return out;
}

/** Whether values of the type are stored with the most significant byte first. */
export function isBigEndian(type: Hdf5Type): boolean {
  return (type.class === "float" || type.class === "integer") && type.order === "big" && type.size > 1;
}

/** A chunk of a dataset that has been written. */
export interface StoredChunk {
  /** Place in the grid of chunks, by axis. */
  readonly at: readonly number[];
  readonly address: number;
  /** Bytes stored. */
  readonly size: number;
  /** A set bit: the filter of that number was left out. */
  readonly mask: number;
}

/** A chunk as an array index lists it; `null` size: not filtered, so its natural size. */
export interface ArrayElement {
  readonly index: number;
  readonly address: number;
  readonly size: number | null;
  readonly mask: number;
}
