/**
 * Indices below num_tokens as rows of num_tokens places: one_hot each for itself; multi_hot and count all of a sample
 * together, with count_weights as what each counts. No weights.
 * x[B, T] of whole numbers → y[B, T, num_tokens] or y[B, num_tokens]. tf-keras refuses indices beyond, when run.
 * Source: keras/src/layers/preprocessing/category_encoding.py, tf_keras/layers/preprocessing/category_encoding.py.
 */
import type { JsonObject } from "../../codecs/json.ts";
import { fail } from "../../core/error.ts";
import { isSym } from "../common/args.ts";
import { layer } from "../define.ts";
import { bool, choice, int, keras2Only } from "../fields.ts";
import { encoded, refuseSparse } from "./shared/encode.ts";

/** What TensorFlow 2.3 to 2.5 said. */
function olderNames(config: JsonObject): void {
  if (config.has("max_tokens")) config.set("num_tokens", config.get("max_tokens")!);
  config.delete("max_tokens");
  if (config.get("output_mode") === "binary") config.set("output_mode", "multi_hot");
}

export const categoryEncoding = layer({
  class: "CategoryEncoding",
  args: ["inputs", "count_weights"],
  calls: { casts: "older" },
  config: {
    num_tokens: int({ min: 1 }),
    output_mode: choice(["multi_hot", "one_hot", "count"], "multi_hot"),
    sparse: keras2Only(bool(false)),
  },
  dialects: { keras2: { upgrade: olderNames } },
  takes: ([x], semantics) =>
    semantics === "keras3" || /^(int32|int64|b?float)/.test(x!) ? null : "int32, int64 or floats",
  forward(cx, c, _w, [x], kw) {
    const { op } = cx;
    refuseSparse(c.sparse);
    const given = kw["count_weights"] ?? null;
    if (given !== null && (!isSym(given) || c.output_mode !== "count"))
      return fail("unsupported/argument", { message: "count_weights", expected: "a tensor, of the mode count" });
    const weights = given === null ? undefined : op.cast(given, cx.compute);
    const index = op.cast(x!, "int32");
    const inside = cx.semantics === "keras3" ? index : op.gather(op.iota(c.num_tokens, "int32"), index, 0);
    return encoded(cx, inside, { mode: c.output_mode, depth: c.num_tokens, dtype: cx.compute, weights });
  },
});
