/** NumPy's type strings (`<f4`, `|b1`, `<U12`) and our dtypes. Spec: numpy.org/doc/stable/reference/arrays.interface.html. */
import type { DType } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";

/** What a type string says of one element. */
export interface ElementType {
  readonly dtype: DType;
  readonly itemBytes: number;
  readonly bigEndian: boolean;
  /** `U`: UTF-32 code points; `S`: bytes. */
  readonly text?: "U" | "S";
}

const NUMERIC: readonly [descr: string, dtype: DType, itemBytes: number][] = [
  ["f2", "float16", 2],
  ["f4", "float32", 4],
  ["f8", "float64", 8],
  ["i1", "int8", 1],
  ["i2", "int16", 2],
  ["i4", "int32", 4],
  ["i8", "int64", 8],
  ["u1", "uint8", 1],
  ["u2", "uint16", 2],
  ["u4", "uint32", 4],
  ["u8", "uint64", 8],
  ["b1", "bool", 1],
];

/** What a `descr` says. Throws `unsupported/npy-object` for pickled objects, `unsupported/npy-dtype` for the rest. */
export function elementType(descr: string): ElementType {
  const [, order, kind] = /^([<>|=]?)(.*)$/s.exec(descr)!;
  const bigEndian = order === ">";
  const known = NUMERIC.find(([name]) => name === kind);
  if (known !== undefined) return { dtype: known[1], itemBytes: known[2], bigEndian };
  const text = /^([US])(\d{1,8})$/.exec(kind!);
  if (text !== null) {
    const length = Number(text[2]);
    return text[1] === "U"
      ? { dtype: "string", itemBytes: 4 * length, bigEndian, text: "U" }
      : { dtype: "string", itemBytes: length, bigEndian, text: "S" };
  }
  if (kind === "O" || kind === "O8" || kind === "O4") {
    fail("unsupported/npy-object", { source: "npy", message: "an array of pickled Python objects" });
  }
  fail("unsupported/npy-dtype", { source: "npy", found: descr });
}

/** The type string that NumPy writes; `characters` is the width of a string array. */
export function descrOf(dtype: DType, characters: number): string {
  if (dtype === "string") return `<U${Math.max(characters, 1)}`;
  const known = NUMERIC.find((row) => row[1] === dtype);
  if (known === undefined) fail("unsupported/npy-dtype", { source: "npy", found: dtype });
  return `${known[2] === 1 ? "|" : "<"}${known[0]}`;
}
