/**
 * y = (x - mean) / max(sqrt(variance), 1e-7) along `axis`; with invert the way back. x[B, …] → y[B, …], as floats. Axes are counted in the x that the layer was built on.
 * mean, variance: the lengths of x along the axes, learned or given in the config; count[].
 * Source: keras/src/layers/preprocessing/normalization.py.
 */
import type { JsonNode } from "../../codecs/json.ts";
import { fail } from "../../core/error.ts";
import { listOf } from "../../core/list.ts";
import { showShape } from "../../core/tensor.ts";
import type { Sym } from "../../ops/types.ts";
import { type Context, layer } from "../define.ts";
import { axes, bool, json, nullable } from "../fields.ts";
import { numberArray, numbersFor } from "../common/json-array.ts";
import { passedSinceKeras3 } from "../common/masks.ts";
import { lengthsAlong, positive } from "../common/normalization.ts";

const EPSILON = 1e-7;

interface NormalizationConfig {
  readonly axis: readonly number[] | null;
  readonly mean: JsonNode;
}

const learned = ({ mean }: NormalizationConfig): boolean => mean === null;

/** A statistic of the config as a factor of x: its axes are the last of those kept, as many as it has. */
function given(cx: Context, node: JsonNode, axes: readonly number[]): Sym {
  const { values: stored, shape } = numberArray(node, cx.node.path) ?? { values: [0], shape: [] };
  const values = numbersFor(cx.compute, stored);
  if (values.length === 1) return cx.op.constant(values[0]!, cx.compute);
  const first = cx.built[0]!;
  const own = axes.slice(-shape.length);
  if (shape.length > axes.length || shape.some((n, i) => n !== 1 && n !== first[own[i]!]))
    return fail("mismatch/shape", { expected: `${showShape(shape)} numbers along the axes`, found: showShape(first) });
  return cx.op.array(values, placed(shape, first.length, own), cx.compute);
}

/** Lengths at `axes`, 1 elsewhere. */
const placed = (lengths: readonly number[], rank: number, axes: readonly number[]): number[] =>
  listOf(rank, (axis) => lengths[axes.indexOf(axis)] ?? 1);

export const normalization = layer({
  class: "Normalization",
  config: { axis: nullable(axes(-1)), invert: bool(false), mean: json(), variance: json() },
  weights: {
    mean: {
      when: learned,
      shape: (c, [x]) => lengthsAlong(x, positive(c.axis ?? [], x!.length)),
      trainable: false,
      olderNames: ["adapt_mean"],
    },
    variance: {
      when: learned,
      shape: (c, [x]) => lengthsAlong(x, positive(c.axis ?? [], x!.length)),
      trainable: false,
      olderNames: ["adapt_variance"],
    },
    count: { when: learned, shape: () => [], trainable: false, dtype: "int64" },
  },
  calls: { buildsOnce: true },
  mask: passedSinceKeras3,
  forward(cx, c, w, [input]) {
    const { op } = cx;
    // The statistics have the axes of the x that it was built on; one of fewer axes gets those too.
    const rank = cx.built[0]!.length;
    const wider = listOf(Math.max(0, rank - input!.shape.length), (axis) => axis);
    const x = op.expandDims(op.cast(input!, cx.compute), wider);
    const axes = positive(c.axis ?? [], rank);
    const along = (statistic: Sym): Sym => op.reshape(statistic, placed(statistic.shape as number[], rank, axes));
    const mean = learned(c) ? along(w.mean) : given(cx, c.mean, axes);
    const variance = learned(c) ? along(w.variance) : given(cx, c.variance, axes);
    const deviation = op.maximum(op.sqrt(variance), EPSILON);
    // TensorFlow has sums of bools, and no differences.
    if (cx.compute === "bool" && !c.invert) fail("unsupported/dtype-policy", { found: "bool", expected: "numbers" });
    return c.invert ? op.add(mean, op.multiply(x, deviation)) : op.divide(op.subtract(x, mean), deviation);
  },
});
