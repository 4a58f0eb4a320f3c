/**
 * Values as one of num_bins places by a hash of their text (FarmHash64, with a salt SipHash64); mask_value has the first
 * for itself. As it is (int), or as rows of one place a bin. x[B, …] of texts or whole numbers → y[B, …] or
 * y[B, num_bins]. No weights.
 * Source: keras/src/layers/preprocessing/hashing.py, tf_keras/layers/preprocessing/hashing.py.
 */
import { JsonNumber } from "../../codecs/json.ts";
import { layer } from "../define.ts";
import { bool, choice, int, json } from "../fields.ts";
import { encoded, refuseSparse } from "./shared/encode.ts";
import { keyOf } from "./shared/lookup.ts";

export const hashing = layer({
  class: "Hashing",
  calls: { casts: "never" },
  config: {
    num_bins: int({ min: 1 }),
    salt: json(),
    mask_value: json(),
    output_mode: choice(["int", "one_hot", "multi_hot", "count"], "int"),
    sparse: bool(false),
  },
  writing: { givesIntegers: (c) => c.output_mode === "int" },
  forward(cx, c, _w, [x]) {
    refuseSparse(c.sparse);
    const { mask_value: mask, num_bins: bins } = c;
    const options = {
      bins,
      mask: mask === null ? null : mask instanceof JsonNumber ? String(mask.value) : String(mask),
      key: keyOf(c.salt, cx.node.path),
    };
    const index = cx.op.text([x!], { fn: "hash", options, shape: x!.shape, dtype: "int64" });
    const dtype = cx.compute === "float32" && c.output_mode === "int" ? "int64" : cx.compute;
    return c.output_mode === "int"
      ? cx.op.cast(index, dtype)
      : encoded(cx, index, { mode: c.output_mode, depth: bins, dtype });
  },
});
