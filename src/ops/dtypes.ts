/** Which dtypes operations take: every operation declares one of these, and none gets anything else. */
import { type DType, isFloat, isInteger } from "../core/dtype.ts";
import type { Slots } from "./signatures.ts";
import { flatSlots } from "./slots.ts";
import type { Graph, ValueId } from "./types.ts";

/** What an operation wants of its operands' dtypes, in words, where they do not fit; null where they do. */
export type Operands = (x: Slots<DType>) => string | null;

const wanted =
  (expected: string, fits: (x: readonly DType[]) => boolean): Operands =>
  (x) =>
    fits(flatSlots(x)) ? null : expected;
const alike = (x: readonly DType[]): boolean => x.every((dtype) => dtype === x[0]);

/** Any dtype, each operand its own. */
export const anything: Operands = () => null;
/** One dtype for all operands. */
export const same = wanted("operands of one dtype", alike);
/** Integers or floats, all of one dtype. */
export const numbers = wanted("numbers of one dtype", (x) => alike(x) && x.every((d) => isFloat(d) || isInteger(d)));
/** Numbers with a sign, all of one dtype. */
export const signed = wanted("floats or signed integers of one dtype", (x) => alike(x) && x.every((d) => isFloat(d) || d.startsWith("int"))); // prettier-ignore
/** Floats of one dtype. */
export const floats = wanted("floats of one dtype", (x) => alike(x) && x.every(isFloat));
/** Floats, each operand its own. */
export const anyFloats = wanted("floats", (x) => x.every(isFloat));
/** What TensorFlow finds the largest of windows of: not every integer, and in three dimensions only floats. */
export const poolable = (x: DType, rank: number): string | null =>
  rank > 2 || x === "uint32" || x === "uint64" ? floats({ x }) : numbers({ x });
/** Bools only. */
export const bools = wanted("bool", (x) => x.every((dtype) => dtype === "bool"));

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

/** The smallest finite number of each dtype. */
export const LEAST: Readonly<Record<string, number>> = { int8: -128, int16: -32768, int32: -(2 ** 31), int64: -(2 ** 63), uint8: 0, uint16: 0, uint32: 0, uint64: 0, float16: -65504, float32: -3.4028234663852886e38, float64: -Number.MAX_VALUE, bfloat16: -3.3895313892515355e38 }; // prettier-ignore
/** The largest; those of 64 bits no engine holds. */
export const MOST: Readonly<Record<string, number>> = { int8: 127, int16: 32767, int32: 2 ** 31 - 1, uint8: 255, uint16: 65535, uint32: 2 ** 32 - 1, float16: 65504, float32: 3.4028234663852886e38, float64: Number.MAX_VALUE, bfloat16: 3.3895313892515355e38 }; // prettier-ignore
