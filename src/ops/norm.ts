/**
 * Normalisation at inference. Follows keras/src/layers/normalization/batch_normalization.py and
 * keras/src/ops/nn.py (`layer_normalization`, `rms_normalization`): half precision is computed in float32.
 */
import { promote } from "./promote.ts";
import type { CompositeRule } from "./define.ts";
import { anyFloats } from "./dtypes.ts";
import { agree, broadcast, checkAxes, checkAxis, refuseShapes } from "./shapes.ts";
import type { OpContext } from "./builder.ts";
import type { Sym } from "./types.ts";

const present = <T>(x: readonly (T | null)[]): T[] => x.filter((v) => v !== null);

/** A vector of parameters as a factor of x: its axes stand at `axes`, length 1 elsewhere. */
function along(cx: OpContext, parameter: Sym, x: Sym, axes: readonly number[]): Sym {
  const rank = x.shape.length;
  if (parameter.shape.length === rank || (axes.length === 1 && axes[0] === rank - 1)) return parameter;
  return cx.op.reshape(
    parameter,
    x.shape.map((_, axis) => (axes.includes(axis) ? cx.size(x, axis) : 1)),
  );
}

/** Along one axis, by given means and variances. */
export const batchNorm: CompositeRule<"batchNorm"> = {
  takes: anyFloats,
  shape({ x, mean, variance, gamma, beta }, { axis: given }) {
    const axis = given < 0 ? given + x.length : given;
    checkAxis("batchNorm", x, axis);
    for (const parameter of present([mean, variance, gamma, beta])) {
      if (parameter.length !== 1 || !agree(parameter[0]!, x[axis]!))
        refuseShapes("batchNorm", `parameters of the length of axis ${axis}`, x, parameter);
    }
    return { y: x };
  },
  expand(cx, { x, mean, variance, gamma, beta }, { axis: given, epsilon }) {
    const { op } = cx;
    const axis = given < 0 ? given + x.shape.length : given;
    const dtype = promote(x.dtype, "float32");
    const spread = (p: Sym) => along(cx, op.cast(p, dtype), x, [axis]);
    // As Keras: what is known of a channel is multiplied once, not for each of its values.
    let factor = op.rsqrt(op.add(spread(variance), epsilon));
    if (gamma !== null) factor = op.multiply(factor, spread(gamma));
    let y = op.multiply(op.subtract(op.cast(x, dtype), spread(mean)), factor);
    if (beta !== null) y = op.add(y, spread(beta));
    return { y: op.cast(y, x.dtype) };
  },
};

/** Over some axes, by the mean and variance of x itself. */
export const layerNorm: CompositeRule<"layerNorm"> = {
  takes: anyFloats,
  shape({ x, gamma, beta }, { axes, rms }) {
    checkAxes(
      "layerNorm",
      x,
      axes.map((axis) => (axis < 0 ? axis + x.length : axis)),
    );
    return { y: rms ? broadcast("layerNorm", [x, ...present([gamma, beta])]) : x };
  },
  expand(cx, { x, gamma, beta }, { axes: given, epsilon, rms }) {
    const { op } = cx;
    const axes = given.map((axis) => (axis < 0 ? axis + x.shape.length : axis)).sort((a, b) => a - b);
    const dtype = promote(x.dtype, "float32");
    const wide = op.cast(x, dtype);
    const centred = rms ? wide : op.subtract(wide, op.mean(wide, axes, true));
    const spread = op.mean(op.square(centred), axes, true);
    let y = op.multiply(centred, op.rsqrt(op.add(spread, epsilon)));
    // Keras gives RMSNormalization's scale no axes: it meets the last ones, whichever were normalised.
    const affine = (p: Sym) => (rms ? op.cast(p, dtype) : along(cx, op.cast(p, dtype), x, axes));
    if (gamma !== null) y = op.multiply(y, affine(gamma));
    if (beta !== null) y = op.add(y, affine(beta));
    return { y: op.cast(y, x.dtype) };
  },
};
