/** Which dtypes operations take: every operation declares one of these, and none gets anything else. */
import { type DType, isFloat, isInteger } from "../core/dtype.ts";
import type { Graph, ValueId } from "./types.ts";

/** What an operation wants of its operands' dtypes, in words, where they do not fit; null where they do. */
export type Operands<A = unknown> = (x: readonly DType[], a: A, body?: Graph) => string | null;

const alike = (x: readonly DType[]): boolean => x.every((dtype) => dtype === x[0]);

/** Any dtype, each operand its own. */
export const anything: Operands = () => null;
/** One dtype for all operands. */
export const same: Operands = (x) => (alike(x) ? null : "operands of one dtype");
/** Integers or floats, all of one dtype. */
export const numbers: Operands = (x) =>
  alike(x) && x.every((dtype) => isFloat(dtype) || isInteger(dtype)) ? null : "numbers of one dtype";
/** Floats of one dtype. */
export const floats: Operands = (x) => (alike(x) && x.every(isFloat) ? null : "floats of one dtype");
/** Floats, each operand its own. */
export const anyFloats: Operands = (x) => (x.every(isFloat) ? null : "floats");
/** What TensorFlow finds the largest of windows of: not every integer, and in three dimensions only floats. */
export const poolable = (x: readonly DType[], rank: number): string | null =>
  rank > 2 || x.some((dtype) => dtype === "uint32" || dtype === "uint64") ? floats(x, null) : numbers(x, null);
export const bools: Operands = (x) => (x.every((dtype) => dtype === "bool") ? null : "bool");

/** Of a loop: its body takes `inputs`, and gives its carries, `next`, in the dtypes of `carries`. */
export function fitsBody(
  body: Graph,
  inputs: readonly DType[],
  carries: readonly DType[],
  next: readonly ValueId[],
): string | null {
  const are = (ids: readonly ValueId[], dtypes: readonly DType[]): boolean =>
    dtypes.every((dtype, i) => body.values.get(ids[i]!)?.dtype === dtype);
  return are(body.inputs, inputs) && are(next, carries)
    ? null
    : "a step that takes and keeps the dtypes of its inputs and states";
}
