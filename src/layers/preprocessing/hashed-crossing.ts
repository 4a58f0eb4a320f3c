/**
 * The values of several inputs together as one of num_bins places, by a hash. As it is (int), or as rows of one place a
 * bin. x1, x2 …[B] or [B, 1] of texts or whole numbers → y[B], y[B, 1] or y[B, num_bins]. No weights.
 * Source: keras/src/layers/preprocessing/hashed_crossing.py, tf_keras/layers/preprocessing/hashed_crossing.py.
 */
import { isInteger } from "../../core/dtype.ts";
import { layer } from "../define.ts";
import { bool, choice, int } from "../fields.ts";
import { crossed } from "./shared/cross.ts";
import { encoded, refuseSparse } from "./shared/encode.ts";

export const hashedCrossing = layer({
  class: "HashedCrossing",
  calls: { casts: "older" },
  writing: { neverTrainable: true, integerPolicy: (c) => (c.output_mode === "int" ? "int64" : null) },
  config: { num_bins: int({ min: 1 }), output_mode: choice(["int", "one_hot"], "int"), sparse: bool(false) },
  takes: (x) => (x.length > 1 && x.every((d) => d === "string" || isInteger(d)) ? null : "two of texts or integers"),
  forward(cx, c, _w, x) {
    refuseSparse(c.sparse && c.output_mode !== "int");
    const index = crossed(cx, x, c.num_bins);
    const dtype = cx.compute === "float32" && c.output_mode === "int" ? "int64" : cx.compute;
    return c.output_mode === "int"
      ? cx.op.cast(index, dtype)
      : encoded(cx, index, { mode: c.output_mode, depth: c.num_bins, dtype });
  },
});
