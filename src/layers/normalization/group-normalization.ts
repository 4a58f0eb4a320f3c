/**
 * y = (x - mean) / sqrt(variance + epsilon) · gamma + beta, mean and variance of each sample over all other axes and a
 * group of channels. x[B, …] → y[B, …]. gamma[C], beta[C]. groups -1: one for each channel. Along axis 0, samples in groups,
 * Keras leaves the last axis apart. In tf-keras mean and variance are of what a mask keeps, which is laid to x's last axes.
 * Source: keras/src/layers/normalization/group_normalization.py, tf_keras/layers/normalization/group_normalization.py.
 */
import { isHalf } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { showShape } from "../../core/tensor.ts";
import type { Sym } from "../../ops/types.ts";
import { type Context, layer } from "../define.ts";
import { maskOf } from "../common/args.ts";
import { needBuilt } from "../common/built.ts";
import { floatsIn } from "../common/dtypes.ts";
import { float, int } from "../fields.ts";
import {
  affineInitializers, affineLimits, asFloats, centerAndScale, inFloats, keptMoments, lengthsAlong, moments, normalized, otherAxes,
} from "../common/normalization.ts"; // prettier-ignore

/** tf.broadcast_to(mask, x): axes that only the call could match are refused. */
function laidOut(cx: Context, mask: Sym, x: Sym): Sym {
  const lead = x.shape.length - mask.shape.length;
  mask.shape.forEach((n, i) => {
    const length = x.shape[i + lead];
    if (n === 1 || (n === length && (n !== null || lead === 0))) return;
    const found = `${showShape(mask.shape)} for ${showShape(x.shape)}`;
    fail("unsupported/mask", {
      message: "statistics of what a mask keeps",
      expected: "lengths of the last axes",
      found,
    });
  });
  return cx.op.broadcastTo(
    mask,
    x.shape.map((_, axis) => cx.size(x, axis)),
  );
}

/** tf.nn.moments, and weighted_moments: float16, which squares and sums would go beyond, is taken as float32. */
function statisticsOf(cx: Context, given: Sym, over: readonly number[], keep?: Sym): { mean: Sym; variance: Sym } {
  const { op } = cx;
  const x = given.dtype === "float16" ? op.cast(given, "float32") : given;
  const counted = keep && op.cast(keep, x.dtype);
  const { mean, variance } =
    counted === undefined ? moments(cx, x, over) : keptMoments(cx, x, over, counted, op.sum(counted, over, true));
  return { mean: op.cast(mean, given.dtype), variance: op.cast(variance, given.dtype) };
}

export const groupNormalization = layer({
  class: "GroupNormalization",
  takes: floatsIn("tf-keras"),
  config: {
    groups: int({ min: -1, default: 32 }),
    axis: int({ min: -32, default: -1 }),
    epsilon: float(0.001),
    ...centerAndScale,
    ...affineInitializers,
    ...affineLimits,
  },
  weights: {
    gamma: { when: (c) => c.scale, shape: (c, [x]) => lengthsAlong(x, [c.axis]), init: "gamma_initializer" },
    beta: { when: (c) => c.center, shape: (c, [x]) => lengthsAlong(x, [c.axis]), init: "beta_initializer" },
  },
  calls: { casts: (semantics) => semantics !== "keras3" },
  mask: "pass",
  writing: { unmasked: () => true },
  forward(cx, c, w, [x], kw) {
    const { op } = cx;
    needBuilt(cx, [x!]);
    const rank = x!.shape.length;
    const axis = c.axis < 0 ? c.axis + rank : c.axis;
    const channels = x!.shape[axis] ?? null;
    const groups = c.groups === -1 ? channels : c.groups;
    if (channels === null || groups === null || groups < 1 || channels % groups !== 0)
      return fail("mismatch/shape", {
        expected: `channels that ${c.groups} groups divide`,
        found: showShape(x!.shape),
      });
    const split = [groups, channels / groups];
    const shape = x!.shape.flatMap((_, i) => (i === axis ? split : [cx.size(x!, i)]));
    const wide = (p: Sym): Sym =>
      op.reshape(
        p,
        shape.map((_, i) => (i === axis || i === axis + 1 ? split[i - axis]! : 1)),
      );
    const [gamma, beta] = [asFloats(cx, w.gamma), asFloats(cx, w.beta)];
    const affine = { gamma: gamma && wide(gamma), beta: beta && wide(beta) };
    const apart = op.reshape(x!, shape);
    // Keras 3 rounds halves once, at the end, and to halves even where its policy has more.
    const rounds = cx.semantics === "keras3" && isHalf(x!.dtype);
    const mask = cx.semantics === "tf-keras" ? maskOf(kw) : undefined;
    const keep = mask && op.reshape(laidOut(cx, mask, x!), shape);
    const y = inFloats(cx, rounds ? op.cast(apart, "float32") : apart, (grouped) => {
      const over = otherAxes(rank + 1, [0, axis || rank]);
      return normalized(cx, grouped, statisticsOf(cx, grouped, over, keep), affine, c.epsilon);
    });
    return op.cast(
      op.reshape(
        rounds ? op.cast(y, x!.dtype) : y,
        x!.shape.map((_, i) => cx.size(x!, i)),
      ),
      cx.compute,
    );
  },
});
