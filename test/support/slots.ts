/** Operands in a row, given to their names. */
import { type OpName, SIGNATURES, type Slots } from "../../src/ops/signatures.ts";

/** `x` in the order of the operation's signature; a list takes what is left, missing optional operands are null. */
export function slotsOf<T>(op: OpName, x: readonly T[]): Slots<T> {
  const left = [...x];
  const fill = ([name, arity]: [string, string]): [string, T | null | T[]] => [
    name,
    arity === "list" ? left.splice(0) : (left.shift() ?? null),
  ];
  return Object.fromEntries(Object.entries(SIGNATURES[op].in).map(fill));
}
