/** Layers along one axis, which TensorFlow.js has last. */
import type { JsonNumber } from "../../codecs/json.ts";
import { activated } from "./activations.ts";
import { permuted, reshapedTo, type TfjsRule } from "./windows.ts";
import { type CallOf, type Options, plain, type TfjsWriter, type TfjsValue, type Weights } from "./writer.ts";

/** With the axis last, where TensorFlow.js looks for it, and back. */
function alongLast(w: TfjsWriter, of: CallOf, x: TfjsValue, axis: number, run: (x: TfjsValue) => TfjsValue): TfjsValue {
  const rank = x.shape.length;
  if (axis === 0) w.refuse(of, "the batch", "axis");
  const order = Array.from({ length: rank - 1 }, (_, i) => i + 1);
  [order[axis - 1], order[rank - 2]] = [order[rank - 2]!, order[axis - 1]!];
  return permuted(w, of, "axis_back", run(permuted(w, of, "axis_last", x, order)), order);
}

const singleAxis = (w: TfjsWriter, of: CallOf, x: TfjsValue): number => {
  const given = of.c["axis"] as number | readonly number[] | null;
  const [axis, ...more] = typeof given === "number" ? [given] : (given ?? []);
  if (axis === undefined || more.length > 0) w.refuse(of, "several axes", "axis");
  return axis < 0 ? axis + x.shape.length : axis;
};

export const batchNormalization: TfjsRule = (w, of, [x]) => {
  const { c, node } = of;
  if (c["renorm"] === true) w.refuse(of, "TensorFlow.js has none", "renorm");
  if (node.options.get("mode") !== undefined && (node.options.get("mode") as JsonNumber).value !== 0)
    w.refuse(of, "TensorFlow.js has none", "mode");
  const options = {
    axis: -1,
    momentum: c["momentum"] as number,
    epsilon: c["epsilon"] as number,
    center: c["center"] as boolean,
    scale: c["scale"] as boolean,
  };
  const names = ["gamma", "beta", "moving_mean", "moving_variance"];
  const weights = Object.fromEntries(names.map((name) => [name, plain(of, name)]));
  return [
    alongLast(w, of, x!, singleAxis(w, of, x!), (value) =>
      flattened(w, of, "BatchNormalization", options, value, weights),
    ),
  ];
};

/** TensorFlow.js normalises up to four axes: others are put together. */
function flattened(
  w: TfjsWriter,
  of: CallOf,
  className: string,
  options: Options,
  x: TfjsValue,
  weights: Weights,
): TfjsValue {
  if (x.shape.length <= 4) return w.one(of, "", className, options, x, x.shape, weights);
  const flat = reshapedTo(w, of, "flat", x, [null, x.shape.at(-1)!]);
  return reshapedTo(w, of, "whole", w.one(of, "", className, options, flat, flat.shape, weights), x.shape.slice(1));
}

export const layerNormalization: TfjsRule = (w, of, [x]) => {
  const { c } = of;
  if (c["rms_scaling"] === true) w.refuse(of, "TensorFlow.js has none", "rms_scaling");
  const options = {
    axis: -1,
    epsilon: c["epsilon"] as number,
    center: c["center"] as boolean,
    scale: c["scale"] as boolean,
  };
  const weights = { gamma: plain(of, "gamma"), beta: plain(of, "beta") };
  const run = (value: TfjsValue): TfjsValue => flattened(w, of, "LayerNormalization", options, value, weights);
  return [alongLast(w, of, x!, singleAxis(w, of, x!), run)];
};

export const softmax: TfjsRule = (w, of, [x]) => {
  if ((of.named["mask"] ?? null) !== null) w.refuse(of, "a mask");
  return [alongLast(w, of, x!, singleAxis(w, of, x!), (value) => activated(w, of, "", { fn: "softmax" }, value))];
};
