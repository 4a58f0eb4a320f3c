/**
 * Dropout, AlphaDropout, GaussianDropout, GaussianNoise: y = x; units are dropped, or noise comes in, in training only.
 * No weights. Source: keras/src/layers/regularization/dropout.py, alpha_dropout.py, gaussian_dropout.py, gaussian_noise.py.
 */
import { type JsonNode, JsonNumber } from "../../codecs/json.ts";
import type { Semantics } from "../../core/semantics.ts";
import type { Shape, Sym } from "../../ops/types.ts";
import { type Context, layer } from "../define.ts";
import { CHECKING, checked, type Fields, float, int, json, optional, within } from "../fields.ts";
import { droppedOut, normal } from "../common/randomness.ts";

/** Lengths of the draws; null stands for that of the input. */
const shapeOf = (noise: JsonNode): Shape | null =>
  Array.isArray(noise) ? noise.map((n) => (n instanceof JsonNumber ? n.value : null)) : null;

const dropping = <F extends Fields>(
  name: string,
  more: F,
  forward: (cx: Context, x: Sym, c: DropoutOptions) => Sym,
  generations: readonly Semantics[] = ["keras3"],
) =>
  layer({
    class: name,
    config: { rate: within(float(), [0, 1], generations), seed: optional(int()), ...more },
    dialects: { keras1: { rename: { p: "rate" } } },
    mask: "pass",
    forward: (cx, c, _w, [x]) => forward(cx, x!, c as unknown as DropoutOptions),
  });

interface DropoutOptions {
  readonly rate: number;
  readonly noise_shape?: JsonNode;
}

const lengthsAlone = (node: JsonNode): boolean =>
  Array.isArray(node) && node.every((n) => n === null || (n instanceof JsonNumber && n.isInteger && n.value > 0));
const noise_shape = checked(
  json(),
  "a list of positive integers and nulls",
  (node, { semantics }) => semantics !== "keras3" || lengthsAlone(node),
);

export const dropout = dropping(
  "Dropout",
  { noise_shape },
  (cx, x, c) => droppedOut(cx, x, c.rate, shapeOf(c.noise_shape ?? null)),
  CHECKING,
);

/** The value of a dropped unit: what SELU comes near to far below 0. */
const LEAST = -1.7580993408473766;

/** Keeps mean and variance of what SELU makes. */
export const alphaDropout = dropping("AlphaDropout", { noise_shape: json() }, (cx, x, { rate, noise_shape }) => {
  if (!cx.training || rate <= 0) return x;
  const { op } = cx;
  const shape = shapeOf(noise_shape ?? null);
  const kept = op.greaterEqual(cx.uniform(x.shape.map((_, axis) => shape?.[axis] ?? cx.size(x, axis))), rate);
  const factor = ((1 - rate) * (1 + rate * LEAST ** 2)) ** -0.5;
  return op.add(op.multiply(op.where(kept, x, LEAST), factor), -factor * LEAST * rate);
});

export const gaussianDropout = dropping("GaussianDropout", {}, (cx, x, { rate }) => {
  if (!cx.training || rate <= 0) return x;
  const { op } = cx;
  return op.multiply(x, op.add(op.multiply(normal(cx, x), Math.sqrt(rate / (1 - rate))), 1));
});

export const gaussianNoise = layer({
  class: "GaussianNoise",
  config: { stddev: within(float(), [0, 1], ["keras3"]), seed: optional(int()) },
  dialects: { keras1: { rename: { sigma: "stddev" } } },
  mask: "pass",
  forward(cx, c, _w, [x]) {
    if (!cx.training || c.stddev <= 0) return x!;
    return cx.op.add(x!, cx.op.multiply(normal(cx, x!), c.stddev));
  },
});
