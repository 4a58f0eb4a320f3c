/**
 * y = (x - mean) / sqrt(variance + epsilon) · gamma + beta, mean and variance over `axis` of each sample; rms_scaling
 * leaves out the mean and beta (but not from the variance). x[B, …] → y[B, …].
 * gamma, beta: the lengths of x along the axes.
 * Source: keras/src/layers/normalization/layer_normalization.py, keras/src/ops/nn.py (`layer_normalization`).
 */
import { isHalf } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { listOf } from "../../core/list.ts";
import { showShape } from "../../core/tensor.ts";
import type { Shape, Sym } from "../../ops/types.ts";
import { type Context, layer } from "../define.ts";
import { axes, bool, float, keras3Only } from "../fields.ts";
import {
  affineInitializers, affineLimits, alongAxes, asFloats, centerAndScale, inFloats, lengthsAlong, moments, normalized, positive,
} from "../common/normalization.ts"; // prettier-ignore

const given = axes(-1);
/** Keras 3 sorts them, as they are written; before it gamma and beta have the axes in the order given. */
const axis: typeof given = {
  ...given,
  parse(node, at) {
    const found = given.parse(node, at);
    return at.semantics === "keras3" ? [...found].sort((a, b) => a - b) : found;
  },
};

/** The lengths of x along axes that it has. */
function along(x: Shape, axes: readonly number[]): (number | null)[] {
  positive(axes, x.length);
  return lengthsAlong(x, axes);
}

/** The least epsilon of TensorFlow's fused normalisation. */
const LEAST_FUSED = 1.001e-5;

/**
 * tf-keras counts the axes in the x that it was built on. Where those were the last ones it runs a fused kernel, which takes its
 * statistics over the first of them and all axes after it.
 */
function onOtherRank(
  cx: Context,
  c: { readonly axis: readonly number[]; readonly epsilon: number },
  w: { readonly gamma: Sym | undefined; readonly beta: Sym | undefined },
  x: Sym,
): Sym {
  const [built, rank] = [cx.built[0]!.length, x.shape.length];
  const axes = c.axis.map((axis) => (axis < 0 ? axis + built : axis));
  const sorted = positive(axes, rank);
  const [first, last] = [sorted[0]!, sorted.at(-1)!];
  const own = w.gamma ?? w.beta;
  const isFused =
    last === built - 1 && last - first === axes.length - 1 && c.epsilon >= LEAST_FUSED && (own?.dtype ?? cx.compute) === "float32"; // prettier-ignore
  const over = isFused ? listOf(rank - first, (i) => first + i) : sorted;
  const along = axes.map((axis) => cx.size(x, axis));
  if (own !== undefined && !own.shape.every((n, i) => n === along[i]))
    fail("mismatch/shape", { expected: `lengths ${showShape(own.shape)} along axes ${axes.join(", ")}`, found: showShape(x.shape) }); // prettier-ignore
  const spread = (p: Sym | undefined): Sym | undefined =>
    p === undefined ? p : op.reshape(asFloats(cx, p), listOf(rank, (axis) => (axes.includes(axis) ? along[axes.indexOf(axis)]! : 1))); // prettier-ignore
  const { op } = cx;
  const y = inFloats(cx, x, (floats) => normalized(cx, floats, moments(cx, floats, over), { gamma: spread(w.gamma), beta: spread(w.beta) }, c.epsilon)); // prettier-ignore
  return op.cast(y, cx.compute);
}

export const layerNormalization = layer({
  class: "LayerNormalization",
  config: {
    axis,
    epsilon: float(0.001),
    ...centerAndScale,
    rms_scaling: keras3Only(bool(false)),
    ...affineInitializers,
    ...affineLimits,
  },
  weights: {
    gamma: {
      when: (c) => c.scale || c.rms_scaling,
      shape: (c, [x]) => along(x!, c.axis),
      dtype: (own) => own,
      init: "gamma_initializer",
    },
    beta: {
      when: (c) => c.center && !c.rms_scaling,
      shape: (c, [x]) => along(x!, c.axis),
      dtype: (own) => own,
      init: "beta_initializer",
    },
  },
  calls: { casts: (semantics) => semantics !== "keras3", buildsOnce: "tf-keras" },
  mask: "pass",
  forward(cx, c, w, [input]) {
    const { op } = cx;
    const built = cx.semantics === "tf-keras" ? cx.built[0]!.length : input!.shape.length;
    if (built !== input!.shape.length) return onOtherRank(cx, c, w, input!);
    const over = positive(c.axis, input!.shape.length);
    const isSorted = over.every((at, i) => at === (c.axis[i]! + input!.shape.length) % input!.shape.length);
    const lengths = over.map((at) => cx.size(input!, at));
    // Nobody asks where it is called alone; Keras cannot lay the elements out then.
    const [given, own] = [over.map((at) => input!.shape[at]), w.gamma ?? w.beta];
    if (cx.isBare && own !== undefined && !given.every((n, i) => n === own.shape[i]))
      fail("mismatch/shape", {
        expected: `lengths ${showShape(own.shape)} along its axes`,
        found: showShape(input!.shape),
      });
    // Keras spreads their elements over the sorted axes as they lie.
    const spread = (p: Sym | undefined): Sym | undefined => {
      const parameter = asFloats(cx, p);
      return parameter === undefined || isSorted ? parameter : op.reshape(parameter, lengths);
    };
    const y = inFloats(cx, input!, (given) => {
      // Halves are rounded once, at the end, as layerNorm rounds them.
      const x = c.rms_scaling && isHalf(given.dtype) ? op.cast(given, "float32") : given;
      if (!c.rms_scaling)
        return op.layerNorm(x, spread(w.gamma), spread(w.beta), { axes: over, epsilon: c.epsilon, rms: false });
      const { variance } = moments(cx, x, over);
      return op.multiply(
        op.multiply(x, op.rsqrt(op.add(variance, c.epsilon))),
        alongAxes(cx, op.cast(asFloats(cx, w.gamma), x.dtype), x, over),
      );
    });
    return op.cast(y, cx.compute);
  },
});
