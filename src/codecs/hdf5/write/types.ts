/** What is to be written: groups, datasets and attributes as plain data. */
import type { Hdf5Type } from "../types.ts";

/** An attribute to be written. */
export interface WriteAttribute {
  readonly type: Hdf5Type;
  readonly shape: readonly number[] | null;
  /** Little-endian values; not for variable-length strings. */
  readonly raw?: Uint8Array;
  /** Needed for variable-length strings; for fixed ones in place of `raw`. */
  readonly strings?: readonly string[];
}

/** An array to be written; its values are asked for when they are due. */
export interface WriteDataset {
  readonly kind: "dataset";
  readonly type: Hdf5Type;
  readonly shape: readonly number[] | null;
  readonly attributes: ReadonlyMap<string, WriteAttribute>;
  /** Of what `data` gives. */
  readonly byteLength: number;
  /** Little-endian values in any pieces; nothing for variable-length strings. */
  data(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** The values of variable-length strings. */
  readonly strings?: readonly string[];
}

/** A group to be written, its children in order. */
export interface WriteGroup {
  readonly kind: "group";
  readonly attributes: ReadonlyMap<string, WriteAttribute>;
  readonly children: ReadonlyMap<string, WriteGroup | WriteDataset>;
}
