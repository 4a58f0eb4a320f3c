/**
 * Values as one of num_bins places by a hash of their text (FarmHash64, with a salt SipHash64); mask_value has the first
 * for itself. As it is (int), or as rows of one place a bin. x[B, …] of texts or whole numbers → y[B, …] or
 * y[B, num_bins]. No weights.
 * Source: keras/src/layers/preprocessing/hashing.py, tf_keras/layers/preprocessing/hashing.py.
 */
import { isInteger } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import type { Sym } from "../../ops/types.ts";
import { layer } from "../define.ts";
import { bool, choice, int, json } from "../fields.ts";
import { encoded, refuseSparse } from "./shared/encode.ts";
import { numberArray } from "../common/json-array.ts";
import { keyOf } from "./shared/lookup.ts";

export const hashing = layer({
  class: "Hashing",
  calls: { casts: "older" },
  config: {
    num_bins: int({ min: 1 }),
    salt: json(),
    mask_value: json(),
    output_mode: choice(["int", "one_hot", "multi_hot", "count"], "int"),
    sparse: bool(false),
  },
  writing: { integerPolicy: (c) => (c.output_mode === "int" ? "int64" : null) },
  takes: ([x], semantics) => (semantics === "keras3" || x === "string" || isInteger(x!) ? null : "texts or integers"),
  forward(cx, c, _w, [x]) {
    refuseSparse(c.sparse);
    const bins = c.num_bins;
    const mask = bins > 1 ? c.mask_value : null;
    const key = keyOf(c.salt, cx.node.path);
    const hash = (n: number, text: string | null): Sym =>
      cx.op.text([x!], { fn: "hash", options: { bins: n, mask: text, key }, shape: x!.shape, dtype: "int64" });
    const masked = typeof mask === "string" ? null : numberArray(mask, cx.node.path);
    let index: Sym;
    if (typeof mask === "string" || masked === null) index = hash(bins, mask as string | null);
    else if (masked.shape.length === 0) index = hash(bins, String(masked.values[0]));
    else {
      // One for each place along the last axes.
      if (x!.dtype === "string") fail("unsupported/argument", { message: "mask_value", expected: "one text" });
      const mine = cx.op.equal(x!, cx.op.array(masked.values, masked.shape, x!.dtype));
      index = cx.op.where(
        mine,
        cx.op.constant(0, "int64"),
        cx.op.add(hash(bins - 1, null), cx.op.constant(1, "int64")),
      );
    }
    const dtype = cx.compute === "float32" && c.output_mode === "int" ? "int64" : cx.compute;
    return c.output_mode === "int"
      ? cx.op.cast(index, dtype)
      : encoded(cx, index, { mode: c.output_mode, depth: bins, dtype });
  },
});
