/** Values made from nothing. */
import { sizeOf } from "../../../core/tensor.ts";
import { fill } from "../kernels/copy.ts";
import { IOTA, iota } from "../kernels/iota.ts";
import { RANDOM, random } from "../kernels/random.ts";
import { storageOf } from "../kernels/storage.ts";
import { streamKey } from "../../../ops/random.ts";
import { held } from "../../values.ts";
import type { LastRule } from "../kernels/types.ts";
import { inWords } from "../kernels/words.ts";

export const fullRule: LastRule<"full"> = (site) => {
  const { y } = site.out;
  const { kernel, args } = fill(y.place(), sizeOf(y.shape), held(y.dtype, site.attrs.value), storageOf(y.dtype));
  site.run(kernel, args);
};

export const iotaRule: LastRule<"iota"> = (site) => {
  const { y } = site.out;
  site.run(iota(y.dtype), inWords(IOTA, { target: y.place(), count: y.shape[0]! }));
};

export const randomRule: LastRule<"random"> = (site) => {
  const { seed } = site.in;
  const { y } = site.out;
  const places = { seed: seed.place(), target: y.place() };
  const args = inWords(RANDOM, { ...places, count: sizeOf(y.shape), key: streamKey(site.attrs.stream) });
  site.run(random(seed.dtype, y.dtype), args);
};
