/**
 * y = (x - mean) / sqrt(variance + epsilon) · gamma + beta along `axis`, with the moving statistics; with those of the
 * batch where tf-keras calls the layer in training mode, and under Keras 1's mode 2. Keras 1's mode 1 takes each sample's.
 * x[B, …] → y[B, …]. gamma[C], beta[C], moving_mean[C], moving_variance[C].
 * Source: keras/src/layers/normalization/batch_normalization.py, tf_keras/layers/normalization/batch_normalization.py,
 * keras 1.2.2 keras/layers/normalization.py.
 */
import { JsonNumber, type JsonObject } from "../../codecs/json.ts";
import { isFloat, isHalf } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { showShape } from "../../core/tensor.ts";
import type { Sym } from "../../ops/types.ts";
import { type Context, layer, type WeightDecl } from "../define.ts";
import { axes, bool, float, json } from "../fields.ts";
import { initializers } from "../common/weight-options.ts";
import { maskOf } from "../common/args.ts";
import { needBuilt } from "../common/built.ts";
import {
  affineInitializers, affineLimits, alongAxes, asFloats, centerAndScale, lengthsAlong, maskedMoments, moments, normalized,
  otherAxes, positive,
} from "../common/normalization.ts"; // prettier-ignore

interface BatchNormConfig {
  readonly axis: readonly number[];
  readonly scale: boolean;
  readonly center: boolean;
}

/** Several axes, which only tf-keras had, give parameters of x's rank. */
const parameter = (init: string): WeightDecl<BatchNormConfig> => ({
  shape: ({ axis }, [x]) => {
    const along = positive(axis, x!.length);
    return along.length === 1 ? lengthsAlong(x, along) : x!.map((n, i) => (along.includes(i) ? n : 1));
  },
  // tf-keras keeps them in float32 even where the policy is of 16 bits.
  dtype: (own, semantics) => (semantics === "tf-keras" && isHalf(own) ? "float32" : own),
  init,
});

/** tf-keras writes one axis as a list. */
function oneAxis(config: JsonObject): void {
  const axis = config.get("axis");
  if (Array.isArray(axis) && axis.length === 1) config.set("axis", axis[0]!);
}

type Moments = ReturnType<typeof moments>;

function sampleWise(cx: Context, x: Sym, w: { gamma: Sym; beta: Sym }, epsilon: number): Sym {
  const { op } = cx;
  const { mean, variance } = moments(cx, x, [-1]);
  const deviation = op.add(op.sqrt(op.add(variance, epsilon)), epsilon);
  return op.add(op.multiply(op.divide(op.subtract(x, mean), deviation), w.gamma), w.beta);
}

/** Brings the moving statistics nearer to those of the batch. tf-keras's fused kernels give the variance of a sample. */
function move(
  cx: Context,
  momentum: number,
  w: { readonly moving_mean: Sym; readonly moving_variance: Sym },
  { mean, variance }: Moments,
  x: Sym,
  over: readonly number[],
): void {
  const { op } = cx;
  const isFused = cx.semantics !== "keras3" && (x.shape.length === 4 || x.shape.length === 5);
  const ones = op.full(
    x.shape.map((_, axis) => (over.includes(axis) ? cx.size(x, axis) : 1)),
    1,
    x.dtype,
  );
  const count = op.sum(ones);
  const spread = isFused ? op.multiply(variance, op.divide(count, op.subtract(count, 1))) : variance;
  const toward = (name: "moving_mean" | "moving_variance", batch: Sym): void => {
    const old = w[name];
    const now = op.reshape(batch, old.shape as readonly number[]);
    cx.assign(name, op.add(op.multiply(old, momentum), op.multiply(now, 1 - momentum)));
  };
  toward("moving_mean", mean);
  toward("moving_variance", spread);
}

export const batchNormalization = layer({
  class: "BatchNormalization",
  names: ["BatchNormalizationV1", "BatchNormalizationV2", "SyncBatchNormalization"],
  args: ["inputs", "training", "mask"],
  config: {
    axis: axes(-1),
    momentum: float(0.99),
    epsilon: float(0.001),
    ...centerAndScale,
    ...affineInitializers,
    ...initializers({ moving_mean: "Zeros", moving_variance: "Ones" }),
    ...affineLimits,
    synchronized: bool(false),
    renorm: bool(false),
    renorm_clipping: json(),
    renorm_momentum: float(0.99),
  },
  weights: {
    gamma: { ...parameter("gamma_initializer"), when: (c) => c.scale },
    beta: { ...parameter("beta_initializer"), when: (c) => c.center },
    moving_mean: { ...parameter("moving_mean_initializer"), trainable: false },
    moving_variance: { ...parameter("moving_variance_initializer"), trainable: false },
    moving_stddev: { ...parameter("moving_variance_initializer"), when: (c) => c.renorm, trainable: false },
    renorm_mean: { ...parameter("moving_mean_initializer"), when: (c) => c.renorm, trainable: false },
    renorm_stddev: { ...parameter("moving_variance_initializer"), when: (c) => c.renorm, trainable: false },
  },
  dialects: {
    keras1: { rename: { beta_init: "beta_initializer", gamma_init: "gamma_initializer" } },
    keras2: { upgrade: oneAxis },
  },
  calls: { counted: true },
  mask: "pass",
  forward(cx, c, w, [x], kw) {
    const { op } = cx;
    const rank = x!.shape.length;
    const kept = maskOf(kw);
    if (cx.semantics === "keras3" && kept !== undefined && kept.shape.length !== rank - 1)
      fail("unsupported/mask", { expected: `${rank - 1} axes`, found: `a mask of shape ${showShape(kept.shape)}` });
    if (cx.semantics === "keras3" || cx.semantics === "tf-keras") needBuilt(cx, [x!]);
    if (cx.semantics === "keras3" && c.axis.length !== 1)
      fail("unsupported/argument", { message: "axis", expected: "one axis", found: c.axis.join(", ") });
    const along = positive(c.axis, rank);
    const mode = cx.node.options.get("mode");
    if (cx.semantics === "keras1" && mode instanceof JsonNumber && mode.value === 1)
      return sampleWise(cx, x!, w, c.epsilon);
    const live = (cx.training && cx.node.trainable) || (mode instanceof JsonNumber && mode.value === 2);
    // Keras 3 computes whole numbers in floats, and cuts the fractions off.
    if (!live && !isFloat(cx.compute)) {
      const affine = [w.moving_mean, w.moving_variance, w.gamma, w.beta].map((p) => asFloats(cx, p));
      const [mean, variance, gamma, beta] = affine as [Sym, Sym, Sym | undefined, Sym | undefined];
      const attrs = { axis: along[0]!, epsilon: c.epsilon };
      return cx.op.cast(cx.op.batchNorm(asFloats(cx, x!), mean, variance, gamma, beta, attrs), cx.compute);
    }
    // Called alone, on other channels than it was built on, it broadcasts.
    const fits = !cx.isBare || x!.shape[along[0]!] === w.moving_mean.shape[0];
    if (!live && along.length === 1 && fits)
      return cx.op.batchNorm(x!, w.moving_mean, w.moving_variance, w.gamma, w.beta, {
        axis: along[0]!,
        epsilon: c.epsilon,
      });
    const mask = live ? kept : undefined;
    const over = otherAxes(rank, along);
    const lengths = x!.shape.map((_, axis) => (along.includes(axis) ? w.moving_mean.shape[0]! : 1));
    const wide = (p: Sym): Sym => (fits ? alongAxes(cx, p, x!, along) : op.reshape(p, lengths));
    const batch = (): Moments => (mask === undefined ? moments(cx, x!, over) : maskedMoments(cx, x!, over, mask));
    if (live && c.renorm) fail("unsupported/training", { message: "renorm" });
    const statistics = live ? batch() : { mean: wide(w.moving_mean), variance: wide(w.moving_variance) };
    if (live) move(cx, c.momentum, w, statistics, x!, over);
    const affine = { gamma: w.gamma && wide(w.gamma), beta: w.beta && wide(w.beta) };
    return normalized(cx, x!, statistics, affine, c.epsilon);
  },
});
