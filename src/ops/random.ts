/**
 * Random numbers of a counter: element i of stream s under a seed is a function of the three, so that any order of
 * computing gives the same. Two rounds of the 32-bit finaliser of MurmurHash3, as in core/random.ts.
 */
import { isInteger } from "../core/dtype.ts";
import type { PrimitiveRule } from "./define.ts";
import { numberOfSize } from "./shapes.ts";

/** Between the counters of neighbours: the golden ratio. */
export const STEP = 0x9e3779b9;
/** Between streams. */
const STREAM = 0x632be5ab;

/** The finaliser. */
export function mixed(x: number): number {
  let z = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return z ^ (z >>> 16);
}

/** What the stream makes of the seed. */
export const streamKey = (stream: number): number => mixed(Math.imul(stream + 1, STREAM));

/** Even in [0, 1), 24 bits: `seed` is one integer, `stream` tells draws of one run apart. */
export const random: PrimitiveRule<"random"> = {
  takes: ({ seed }) => (isInteger(seed) ? null : "an integer as seed"),
  shape: (_, { shape }) => ({ y: shape.map((size) => numberOfSize(size)) }),
  dtype: (_, { dtype }) => ({ y: dtype }),
};
