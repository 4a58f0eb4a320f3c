/**
 * The bin of each number: how many boundaries are not above it. As it is (int), or as rows of one place a bin, as
 * CategoryEncoding makes them. x[B, …] → y[B, …] or y[B, …, bins].
 * tf-keras keeps what it has adapted to in summary[2, N]: values, and how much each of them stands for.
 * Source: keras/src/layers/preprocessing/discretization.py, tf_keras/layers/preprocessing/discretization.py.
 */
import { listOf } from "../../core/list.ts";
import type { JsonObject } from "../../codecs/json.ts";
import { isFloat } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { placesAmong } from "../common/halving.ts";
import { layer } from "../define.ts";
import { bool, choice, float, int, json, optional } from "../fields.ts";
import { encoded, refuseSparse } from "./shared/encode.ts";
import { numberArray } from "../common/json-array.ts";

/** The boundaries that a summary[2, N] tells, as values between two of its own, linearly. Source: `get_bin_boundaries`. */
function boundariesOf(summary: readonly number[], bins: number | null): readonly number[] | null {
  const length = summary.length / 2;
  if (bins === null || length < 2) return null;
  const values = summary.slice(0, length);
  if (length / bins < 1) return values.slice(0, -1);
  let sum = 0;
  const sums = summary.slice(length).map((count) => (sum = Math.fround(sum + count)));
  const parts = sums.map((part) => Math.fround(part / sum));
  let right = 0;
  return listOf(bins - 1, (i) => {
    const wanted = 1 / bins + i / bins;
    while (right < length && !(parts[right]! > wanted)) right++;
    if (right === 0 || right === length) return values.at(right === 0 ? 0 : -1)!;
    const [from, to] = [parts[right - 1]!, parts[right]!];
    return Math.fround(values[right - 1]! + ((wanted - from) * (values[right]! - values[right - 1]!)) / (to - from));
  });
}

/** TensorFlow 2.3 to 2.5 had one option for both. */
function olderNames(config: JsonObject): void {
  const bins = config.get("bins");
  if (bins !== undefined) config.set(Array.isArray(bins) ? "bin_boundaries" : "num_bins", bins);
  config.delete("bins");
}

export const discretization = layer({
  class: "Discretization",
  calls: { casts: "older" },
  writing: {
    neverTrainable: true,
    learned: {
      weight: "summary",
      isReplaced: true,
      options(c, values) {
        const boundaries = c.bin_boundaries === null ? boundariesOf(values, c.num_bins) : null;
        return boundaries && { bin_boundaries: boundaries, num_bins: null };
      },
    },
    // In Keras 3 its whole numbers are int32, whatever its policy.
    integerPolicy: (c, from, to) => {
      if (c.output_mode !== "int" || to === "keras3") return null;
      return from === "keras3" ? "int32" : "int64";
    },
  },
  config: {
    bin_boundaries: json(),
    num_bins: optional(int({ min: 0 })),
    epsilon: float(0.01),
    output_mode: choice(["int", "one_hot", "multi_hot", "count"], "int"),
    sparse: bool(false),
  },
  weights: {
    summary: {
      // Keras 3 has the boundaries in its config.
      when: (c) => c.bin_boundaries === null,
      shape: () => [2, null],
      trainable: false,
      dtype: "float32",
    },
  },
  dialects: {
    keras2: {
      upgrade: olderNames,
      // Of the two that an adapted layer of Keras 3 has, tf-keras takes one.
      needs: { num_bins: (options) => (Array.isArray(options.get("bin_boundaries")) ? null : undefined) },
    },
  },
  takes: ([x], semantics) => (semantics === "keras3" || /^(int|float)(32|64)/.test(x!) ? null : "32 or 64 bits"),
  forward(cx, c, _, [x]) {
    const { op } = cx;
    refuseSparse(c.sparse);
    const { values: given } =
      numberArray(c.bin_boundaries, cx.node.path) ??
      fail("unsupported/argument", {
        message: "bin_boundaries",
        expected: "numbers in the config, or learned in the file",
      });
    const boundaries = op.array(given.map(Math.fround), [given.length], "float32");
    const isCut = cx.semantics === "keras3" && !isFloat(cx.compute) && isFloat(x!.dtype);
    const input = isCut ? op.cast(x!, cx.compute) : x!;
    const number = isFloat(input.dtype) && input.dtype !== "float16" ? input : op.cast(input, "float32");
    // NaN is below none.
    const bin = placesAmong(cx, boundaries, number, true);
    // tf-keras: a policy of floats says nothing of whole numbers.
    const older = isFloat(cx.compute) ? "int64" : cx.compute;
    const whole = cx.semantics === "keras3" ? "int32" : older;
    if (c.output_mode === "int") return op.cast(bin, whole);
    return encoded(cx, bin, { mode: c.output_mode, depth: given.length + 1, dtype: cx.compute });
  },
});
