/** HDF5 datatypes and attributes as h5py makes them from NumPy arrays. Source: h5py/h5t.pyx (`py_create`), ml_dtypes. */
import type { Hdf5Attribute, Hdf5Dataset, Hdf5Type } from "../codecs/hdf5.ts";
import type { DType } from "../core/dtype.ts";
import { fail } from "../core/error.ts";

const float = (size: 2 | 4 | 8): Hdf5Type => ({ class: "float", size, order: "little" });
const integer = (size: 1 | 2 | 4 | 8, signed: boolean): Hdf5Type => ({
  class: "integer",
  size,
  signed,
  order: "little",
});

/** Both directions: what each dtype is stored as. bfloat16 is ml_dtypes' void of two bytes. */
const TYPES: ReadonlyMap<DType, Hdf5Type> = new Map<DType, Hdf5Type>([
  ["float16", float(2)],
  ["bfloat16", { class: "opaque", size: 2, tag: "" }],
  ["float32", float(4)],
  ["float64", float(8)],
  ["int8", integer(1, true)],
  ["int16", integer(2, true)],
  ["int32", integer(4, true)],
  ["int64", integer(8, true)],
  ["uint8", integer(1, false)],
  ["uint16", integer(2, false)],
  ["uint32", integer(4, false)],
  ["uint64", integer(8, false)],
  ["bool", { class: "bool" }],
]);

/** The marker that Keras 3 puts on bfloat16 arrays. */
export const DTYPE_ATTRIBUTE = "dtype";

/** The datatype for a dtype. Strings have none: no Keras weight is one. */
export function hdf5Type(dtype: DType): Hdf5Type {
  return TYPES.get(dtype) ?? fail("unsupported/dtype", { expected: [...TYPES.keys()].join(", "), found: dtype });
}

/** The dtype of a stored array, or null when no weight may have its datatype. Byte order does not matter. */
export function hdf5DType(dataset: Pick<Hdf5Dataset, "type">): DType | null {
  const { type } = dataset;
  for (const [dtype, known] of TYPES) {
    if (known.class !== type.class) continue;
    if (!("size" in known) || !("size" in type)) return dtype;
    if (known.size !== type.size) continue;
    if (known.class === "integer" && type.class === "integer" && known.signed !== type.signed) continue;
    return dtype;
  }
  return null;
}

/** A datatype in words, for messages. */
export function describeType(type: Hdf5Type): string {
  switch (type.class) {
    case "float":
      return `float${type.size * 8}`;
    case "integer":
      return `${type.signed ? "" : "u"}int${type.size * 8}`;
    case "bool":
      return "bool";
    case "string":
    case "vlen-string":
      return "string";
    case "opaque":
      return `opaque of ${type.size} bytes`;
    case "other":
      return type.description;
  }
}

/** The text of a scalar string attribute (or of an array with one); null when the attribute is not text. */
export function textOf(attribute: Hdf5Attribute | undefined): string | null {
  return attribute?.strings?.length === 1 ? attribute.strings[0]! : null;
}

/** Bytes of an attribute's values: text counts as its UTF-8 bytes. */
export function attributeBytes(attribute: Hdf5Attribute): number {
  if (attribute.raw.byteLength > 0 || attribute.strings === undefined) return attribute.raw.byteLength;
  const encoder = new TextEncoder();
  return attribute.strings.reduce((sum, text) => sum + encoder.encode(text).byteLength, 0);
}

/** How extras and ledgers name an attribute: `layers/dense/vars@name`, `@keras_version` for the root's. */
export function attributePath(owner: string, name: string): string {
  return `${owner}@${name}`;
}
