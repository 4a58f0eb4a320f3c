/**
 * GlobalAveragePooling1D, 2D, 3D: the mean over all places, channel by channel; no weights. Masked steps of time count
 * neither in the sum nor in the number.
 * Before Keras 3 the mean of integers is one, cut off towards 0. x[B, ...spatial, C] → y[B, C], or channels first; with keepdims the spatial axes stay, of length 1.
 * Source: keras/src/layers/pooling/base_global_pooling.py, global_average_pooling1d.py, global_average_pooling2d.py,
 * global_average_pooling3d.py, tf_keras/layers/pooling/global_average_pooling1d.py.
 */
import { isFloat } from "../../core/dtype.ts";
import type { Sym } from "../../ops/types.ts";
import { type Context, layer } from "../define.ts";
import type { Config } from "../fields.ts";
import { needRank } from "../common/checks.ts";
import { maskOf } from "../common/args.ts";
import { channelAxis, type Rank, spatialAxes } from "../common/spatial.ts";
import { wholeMean } from "../common/whole-mean.ts";
import { globalAxes, globalPoolDialects, globalPoolOptions } from "./shared/pooling.ts";

/** The mean of the steps of x[B, T, C] that the mask [B, T] keeps. */
function maskedMean({ op, semantics }: Context, c: Config<typeof globalPoolOptions>, x: Sym, mask: Sym): Sym {
  needRank(x, 3);
  const axes = spatialAxes(c.data_format, 3);
  const given = op.expandDims(mask, [channelAxis(c.data_format, 3)]);
  const along = semantics === "keras3" ? op.cast(given, "bool") : given;
  const ones = op.cast(along, x.dtype);
  const kept = semantics === "keras3" ? op.where(along, x, 0) : op.multiply(x, ones);
  const [sum, count] = [op.sum(kept, axes, c.keepdims), op.sum(ones, axes, c.keepdims)];
  return op.divide(isFloat(sum.dtype) ? sum : op.cast(sum, "float64"), count);
}

const globalAveragePooling = (rank: Rank) =>
  layer({
    class: `GlobalAveragePooling${rank}D`,
    names: [`GlobalAvgPool${rank}D`],
    args: rank === 1 ? ["inputs", "mask"] : ["inputs"],
    config: globalPoolOptions,
    dialects: globalPoolDialects(rank),
    ...(rank === 1 && { calls: { masksAsLists: true }, mask: () => [] }),
    forward(cx, c, _w, [x], kw) {
      const axes = globalAxes(cx, c.data_format, x!, rank);
      const mask = rank === 1 ? maskOf(kw) : undefined;
      if (mask !== undefined) return maskedMean(cx, c, x!, mask);
      const isWhole = cx.semantics !== "keras3" && x!.dtype !== "bool";
      return isWhole ? wholeMean(cx, x!, axes, c.keepdims) : cx.op.mean(x!, axes, c.keepdims);
    },
  });

export const globalAveragePooling1d = globalAveragePooling(1);
export const globalAveragePooling2d = globalAveragePooling(2);
export const globalAveragePooling3d = globalAveragePooling(3);
