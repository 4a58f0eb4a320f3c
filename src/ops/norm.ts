/**
 * Normalisation at inference. Follows keras/src/layers/normalization/batch_normalization.py and
 * keras/src/ops/nn.py (`layer_normalization`, `rms_normalization`): half precision is computed in float32.
 */
import { promote } from "./builder.ts";
import { composite } from "./define.ts";
import { anyFloats } from "./dtypes.ts";
import { agree, broadcast, checkAxes, checkAxis, refuseShapes } from "./shapes.ts";
import type { OpContext, Sym } from "./types.ts";

interface Affine {
  readonly epsilon: number;
  readonly scale: boolean;
  readonly center: boolean;
}

/** A vector of parameters as a factor of x: its axes stand at `axes`, length 1 elsewhere. */
function along(cx: OpContext, parameter: Sym, x: Sym, axes: readonly number[]): Sym {
  const rank = x.shape.length;
  if (parameter.shape.length === rank || (axes.length === 1 && axes[0] === rank - 1)) return parameter;
  return cx.op.reshape(
    parameter,
    x.shape.map((_, axis) => (axes.includes(axis) ? cx.size(x, axis) : 1)),
  );
}

const batchNorm = composite<Affine & { readonly axis: number }>({
  name: "batchNorm",
  takes: anyFloats,
  shape([x, ...parameters], { axis: given }) {
    const axis = given < 0 ? given + x!.length : given;
    checkAxis("batchNorm", x!, axis);
    for (const parameter of parameters) {
      if (parameter.length !== 1 || !agree(parameter[0]!, x![axis]!))
        refuseShapes("batchNorm", `parameters of the length of axis ${axis}`, x!, parameter);
    }
    return [x!];
  },
  expand(cx, [x, ...parameters], { axis: given, epsilon, scale, center }) {
    const { op } = cx;
    const axis = given < 0 ? given + x!.shape.length : given;
    const dtype = promote(x!.dtype, "float32");
    const [mean, variance, ...affine] = parameters.map((p) => along(cx, op.cast(p, dtype), x!, [axis]));
    // As Keras: what is known of a channel is multiplied once, not for each of its values.
    let factor = op.rsqrt(op.add(variance!, epsilon));
    if (scale) factor = op.multiply(factor, affine[0]!);
    let y = op.multiply(op.subtract(op.cast(x!, dtype), mean!), factor);
    if (center) y = op.add(y, affine.at(-1)!);
    return [op.cast(y, x!.dtype)];
  },
});

const layerNorm = composite<Affine & { readonly axes: readonly number[]; readonly rms: boolean }>({
  name: "layerNorm",
  takes: anyFloats,
  shape([x, ...parameters], { axes, rms }) {
    checkAxes(
      "layerNorm",
      x!,
      axes.map((axis) => (axis < 0 ? axis + x!.length : axis)),
    );
    return [rms ? broadcast("layerNorm", [x!, ...parameters]) : x!];
  },
  expand(cx, [x, ...parameters], { axes: given, epsilon, scale, center, rms }) {
    const { op } = cx;
    const axes = given.map((axis) => (axis < 0 ? axis + x!.shape.length : axis)).sort((a, b) => a - b);
    const dtype = promote(x!.dtype, "float32");
    const wide = op.cast(x!, dtype);
    const centred = rms ? wide : op.subtract(wide, op.mean(wide, axes, true));
    const spread = op.mean(op.square(centred), axes, true);
    let y = op.multiply(centred, op.rsqrt(op.add(spread, epsilon)));
    // Keras gives RMSNormalization's scale no axes: it meets the last ones, whichever were normalised.
    const affine = parameters.map((p) => (rms ? op.cast(p, dtype) : along(cx, op.cast(p, dtype), x!, axes)));
    if (scale) y = op.multiply(y, affine[0]!);
    if (center) y = op.add(y, affine.at(-1)!);
    return [op.cast(y, x!.dtype)];
  },
});

export const norms = [batchNorm, layerNorm];
