/** Lengths: of values, and as attributes that depend on them. */

/** Lengths of axes, row-major; null where the length is known only when the graph runs. */
export type Shape = readonly (number | null)[];

/** Unique within a trace, bodies included. */
export type ValueId = number;

/** A length: a number, an axis of a value, or arithmetic on lengths (`div` is exact division or fails, `floor` Python's `//`, `need` a where it is at least b, or fails). */
export type Size =
  | number
  | { readonly of: ValueId; readonly axis: number }
  | { readonly fn: "add" | "sub" | "mul" | "div" | "floor" | "max" | "need"; readonly a: Size; readonly b: Size };
