/** Values made from nothing. */
import { sizeOf } from "../../core/tensor.ts";
import { fill } from "../kernels/copy.ts";
import { iota } from "../kernels/iota.ts";
import { held, storageOf } from "../kernels/storage.ts";
import type { Rule } from "../kernels/types.ts";

export const fullRule: Rule = (site) => {
  const { shape, dtype } = site.outputs[0]!;
  const value = held(dtype, Number(site.attrs["value"]));
  const { kernel, args } = fill(site.output(0), sizeOf(shape), value, storageOf(dtype));
  site.run(kernel, args);
  return true;
};

export const iotaRule: Rule = (site) => {
  const { shape, dtype } = site.outputs[0]!;
  site.run(iota(dtype), [site.output(0), shape[0]!]);
  return true;
};
