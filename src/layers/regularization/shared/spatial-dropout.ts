/** What the layers that drop whole channels share. Source: keras/src/layers/regularization/spatial_dropout.py. */
import type { Sym } from "../../../ops/types.ts";
import type { Context, DialectDef } from "../../define.ts";
import { float, optionalInt } from "../../fields.ts";
import { needRank } from "../../common/checks.ts";
import { dimOrdering } from "../../common/convolution-dialects.ts";
import { refuseRandom } from "../../common/randomness.ts";

export const spatialDropoutOptions = { rate: float(), seed: optionalInt() };

/** With the option that says where the channels are. */
export const spatialDropoutDialects: { readonly keras1: DialectDef; readonly keras2: DialectDef } = {
  keras1: { rename: { p: "rate", dim_ordering: "data_format" }, upgrade: dimOrdering },
  keras2: { ignore: ["noise_shape"] },
};

/** y = x, for x of `rank` axes. */
export function spatialDropout(cx: Context, rate: number, x: Sym, rank: number): Sym {
  needRank(x, rank);
  refuseRandom(cx, rate);
  return x;
}
