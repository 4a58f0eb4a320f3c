/**
 * The bin of each number: how many boundaries are not above it. As it is (int), or as rows of one place a bin, as
 * CategoryEncoding makes them. x[B, …] → y[B, …] or y[B, …, bins].
 * tf-keras keeps what it has adapted to in summary[2, N]: values with what each stands for.
 * Source: keras/src/layers/preprocessing/discretization.py, tf_keras/layers/preprocessing/discretization.py.
 */
import { listOf } from "../../core/list.ts";
import type { JsonObject } from "../../codecs/json.ts";
import { isFloat } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import type { Sym } from "../../ops/types.ts";
import { placesAmong } from "../common/halving.ts";
import { type Context, layer } from "../define.ts";
import { bool, choice, float, int, json, optional } from "../fields.ts";
import { encoded, refuseSparse } from "./shared/encode.ts";
import { numberArray } from "../common/json-array.ts";

/** Places in `known` for each of `wanted`, and the values there, between two linearly: np.interp. */
function interpolated({ op }: Context, wanted: Sym, known: Sym, values: Sym, length: number): Sym {
  const below = op.sum(op.cast(op.lessEqual(op.expandDims(known, [0]), op.expandDims(wanted, [1])), "int32"), [1]);
  const right = op.minimum(op.maximum(below, 1), length - 1);
  const left = op.subtract(right, 1);
  const at = (table: Sym, index: Sym) => op.gather(table, index, 0);
  const [from, to] = [at(known, left), at(known, right)];
  const part = op.divide(op.subtract(wanted, from), op.subtract(to, from));
  const clipped = op.minimum(op.maximum(part, 0), 1);
  return op.add(at(values, left), op.multiply(clipped, op.subtract(at(values, right), at(values, left))));
}

/** The boundaries that a summary tells, and how many. Source: `get_bin_boundaries`. */
function adapted(cx: Context, summary: Sym, bins: number | null): readonly [Sym, number] {
  const { op } = cx;
  const length = summary.shape[1]!;
  if (bins === null || length < 2) return fail("unsupported/argument", { message: "bin_boundaries, or a summary" });
  const [values, counts] = [op.take(summary, 0, 0), op.take(summary, 0, 1)];
  if (length / bins < 1) return [op.slice(values, [{ axis: 0, start: 0, stop: -1, step: 1 }]), length - 1];
  const sums = op.cumsum(counts, 0);
  const parts = op.array(
    listOf(bins - 1, (i) => (i + 1) / bins),
    [bins - 1],
    "float32",
  );
  return [interpolated(cx, parts, op.divide(sums, op.take(sums, 0, -1)), values, length), bins - 1];
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
  forward(cx, c, w, [x]) {
    const { op } = cx;
    refuseSparse(c.sparse);
    const given = numberArray(c.bin_boundaries, cx.node.path);
    const [boundaries, count] =
      given === null
        ? adapted(cx, w.summary, c.num_bins)
        : [op.array(given.values.map(Math.fround), [given.values.length], "float32"), given.values.length];
    const isCut = cx.semantics === "keras3" && !isFloat(cx.compute) && isFloat(x!.dtype);
    const input = isCut ? op.cast(x!, cx.compute) : x!;
    const number = isFloat(input.dtype) && input.dtype !== "float16" ? input : op.cast(input, "float32");
    // NaN is below none.
    const bin = placesAmong(cx, boundaries, number, true);
    // tf-keras: a policy of floats says nothing of whole numbers.
    const older = isFloat(cx.compute) ? "int64" : cx.compute;
    const whole = cx.semantics === "keras3" ? "int32" : older;
    if (c.output_mode === "int") return op.cast(bin, whole);
    return encoded(cx, bin, { mode: c.output_mode, depth: count + 1, dtype: cx.compute });
  },
});
