/**
 * y = (x - mean) / max(sqrt(variance), 1e-7) along `axis`; with invert the way back. x[B, …] → y[B, …], as floats.
 * mean, variance: the lengths of x along the axes, learned or given in the config; count[].
 * Source: keras/src/layers/preprocessing/normalization.py.
 */
import type { JsonNode } from "../../codecs/json.ts";
import { fail } from "../../core/error.ts";
import { showShape } from "../../core/tensor.ts";
import type { Sym } from "../../ops/types.ts";
import { type Context, layer } from "../define.ts";
import { axes, bool, json, nullable } from "../fields.ts";
import { numberArray } from "./shared/json-array.ts";
import { passedSinceKeras3 } from "../common/masks.ts";
import { alongAxes, lengthsAlong, positive } from "../common/normalization.ts";

const EPSILON = 1e-7;

interface NormalizationConfig {
  readonly axis: readonly number[] | null;
  readonly mean: JsonNode;
}

const learned = ({ mean }: NormalizationConfig): boolean => mean === null;

/** A statistic of the config as a factor of x: one number, or one for each place along the axes. */
function given(cx: Context, node: JsonNode, x: Sym, axes: readonly number[]): Sym {
  const { values } = numberArray(node, cx.node.path) ?? { values: [0] };
  if (values.length === 1) return cx.op.constant(values[0]!, cx.compute);
  const shape = x.shape.map((n, i) => (axes.includes(i) ? n : 1));
  if (shape.reduce<number>((size, n) => size * (n ?? NaN), 1) !== values.length)
    return fail("mismatch/shape", { expected: `${values.length} numbers along the axes`, found: showShape(x.shape) });
  return cx.op.array(values, shape as number[], cx.compute);
}

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
    count: { when: learned, shape: () => [], trainable: false, dtype: "int32" },
  },
  mask: passedSinceKeras3,
  forward(cx, c, w, [input]) {
    const { op } = cx;
    const x = op.cast(input!, cx.compute);
    const axes = positive(c.axis ?? [], x.shape.length);
    const mean = learned(c) ? alongAxes(cx, w.mean, x, axes) : given(cx, c.mean, x, axes);
    const variance = learned(c) ? alongAxes(cx, w.variance, x, axes) : given(cx, c.variance, x, axes);
    const deviation = op.maximum(op.sqrt(variance), EPSILON);
    return c.invert ? op.add(mean, op.multiply(x, deviation)) : op.divide(op.subtract(x, mean), deviation);
  },
});
