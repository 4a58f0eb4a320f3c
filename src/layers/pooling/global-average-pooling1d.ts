/**
 * The mean over time, channel by channel; masked steps count neither in the sum nor in the number. No weights.
 * x[B, T, C] → y[B, C], or channels first; with keepdims the time axis stays, of length 1.
 * Source: keras/src/layers/pooling/global_average_pooling1d.py, tf_keras/layers/pooling/global_average_pooling1d.py.
 */
import { layer } from "../define.ts";
import { isFloat } from "../../core/dtype.ts";
import { floatsIn } from "../common/dtypes.ts";
import { maskOf } from "../common/args.ts";
import { needRank } from "../common/checks.ts";
import { globalPoolDialects, globalPoolFields } from "./shared/pooling.ts";
import { channelAxis, spatialAxes } from "../common/spatial.ts";

export const globalAveragePooling1d = layer({
  class: "GlobalAveragePooling1D",
  takes: floatsIn("tf-keras"),
  names: ["GlobalAvgPool1D"],
  args: ["inputs", "mask"],
  config: globalPoolFields,
  dialects: globalPoolDialects(1),
  forward(cx, c, _w, [x], kw) {
    needRank(x!, 3);
    const axes = spatialAxes(c.data_format, 3);
    const mask = maskOf(kw);
    if (mask === undefined) return cx.op.mean(x!, axes, c.keepdims);
    const given = cx.op.expandDims(mask, [channelAxis(c.data_format, 3)]);
    const along = cx.semantics === "keras3" ? cx.op.cast(given, "bool") : given;
    const ones = cx.op.cast(along, x!.dtype);
    const kept = cx.semantics === "keras3" ? cx.op.where(along, x!, 0) : cx.op.multiply(x!, ones);
    const [sum, count] = [cx.op.sum(kept, axes, c.keepdims), cx.op.sum(ones, axes, c.keepdims)];
    return cx.op.divide(isFloat(sum.dtype) ? sum : cx.op.cast(sum, "float64"), count);
  },
});
