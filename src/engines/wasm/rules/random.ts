/** Random numbers. */
import { sizeOf } from "../../../core/tensor.ts";
import { streamKey } from "../../../ops/random.ts";
import { RANDOM, random } from "../kernels/random.ts";
import type { LastRule } from "../kernels/types.ts";
import { inWords } from "../kernels/words.ts";

export const randomRule: LastRule<"random"> = (site) => {
  const { seed } = site.in;
  const { y } = site.out;
  const places = { seed: seed.place(), target: y.place() };
  const args = inWords(RANDOM, { ...places, count: sizeOf(y.shape), key: streamKey(site.attrs.stream) });
  site.run(random(seed.dtype, y.dtype), args);
};
