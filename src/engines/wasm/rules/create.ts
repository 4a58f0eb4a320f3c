/** Values made from nothing. */
import { sizeOf } from "../../../core/tensor.ts";
import { fill } from "../kernels/copy.ts";
import { IOTA, iota } from "../kernels/iota.ts";
import { storageOf } from "../kernels/storage.ts";
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
