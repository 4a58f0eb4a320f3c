/** Random numbers of a counter: `ops/random.ts`. */
import { STEP, mixed, streamKey } from "../../../ops/random.ts";
import type { Computation } from "./types.ts";

export const random: Computation<"random"> = ({ seed }, { stream }, { y }) => {
  const key = streamKey(stream);
  const start = mixed((seed.data[0]! | 0) ^ key);
  for (let i = 0; i < y.data.length; i++) y.data[i] = (mixed(mixed(Math.imul(i, STEP) + start) ^ key) >>> 8) / 2 ** 24;
};
