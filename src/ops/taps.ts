/**
 * From which elements of an axis those of an axis of another length come, as tf.image.resize makes them: between half-pixel
 * centres, places in float32 (its kernels: resize_nearest_neighbor_op.cc, resize_bilinear_op.cc, resize_bicubic_op.cc,
 * resize_area_op.cc, scale_and_translate_op.cc).
 */
import { atMost } from "../core/error.ts";
import type { ResizeAttrs } from "./attributes.ts";
import { numberOfSize } from "./shapes.ts";

/** Along one axis: each output element is Σ weight·input over `count` taps. */
export interface Taps {
  readonly count: number;
  readonly index: Int32Array;
  readonly weight: Float64Array;
}

interface Tap {
  readonly at: number;
  readonly weight: number;
}

/** The taps of output element `o` of an axis of `input` elements; `scale`: inputs to an output. */
type TapPlace = (o: number, scale: number, input: number, output: number) => readonly Tap[];

const f32 = Math.fround;

/** Where the centre of output `o` lies, counted from the centre of input 0. */
const centerOf = (o: number, scale: number): number => f32(f32(f32(o + 0.5) * scale) - 0.5);

const nearest: TapPlace = (o, scale, input) => [
  { at: Math.min(Math.floor(f32(f32(o + 0.5) * scale)), input - 1), weight: 1 },
];

const bilinear: TapPlace = (o, scale, input) => {
  const center = centerOf(o, scale);
  const low = Math.floor(center);
  const part = center - low;
  return [
    { at: Math.max(low, 0), weight: 1 - part },
    { at: Math.min(low + 1, input - 1), weight: part },
  ];
};

const TABLE = 1024;

/** Keys's cubic with a = -1/2 at distance x. */
function keys(x: number): number {
  if (x >= 2) return 0;
  return x <= 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2;
}

/** Scales what lies inside to a sum of 1. */
function normalised(taps: readonly Tap[], input: number): readonly Tap[] {
  const inside = taps.filter(({ at }) => at >= 0 && at < input);
  const total = inside.reduce((sum, { weight }) => sum + weight, 0);
  return inside.map(({ at, weight }) => ({ at, weight: weight / total }));
}

/** TensorFlow looks the weights up in steps of 1/1024, and so do we. */
const bicubic: TapPlace = (o, scale, input) => {
  const center = centerOf(o, scale);
  const low = Math.floor(center);
  const part = Math.round((center - low) * TABLE) / TABLE;
  const taps = [-1, 0, 1, 2].map((step) => ({ at: low + step, weight: keys(Math.abs(step - part)) }));
  return normalised(taps, input);
};

/** Of each input the part that the output covers. */
const area: TapPlace = (o, scale, input) => {
  const [start, end] = [f32(o * scale), f32((o + 1) * scale)];
  const taps: Tap[] = [];
  for (let at = Math.floor(start); at < Math.ceil(end); at++) {
    const covered = Math.min(at + 1, end) - Math.max(at, start);
    taps.push({ at: Math.min(at, input - 1), weight: covered / scale });
  }
  return taps;
};

/** All inputs within `radius` of the place, by a function of the distance; both grow with the scale where `wide`. All in float32. */
const kernel =
  (radius: number, f: (distance: number) => number, wide?: true): TapPlace =>
  (o, _, input, output) => {
    const scale = f32(1 / f32(output / input));
    const place = f32(f32(o + 0.5) * scale);
    const grown = wide ? Math.max(scale, 1) : 1;
    const [back, reach] = [f32(1 / grown), f32(radius * grown)];
    const end = Math.min(Math.floor(f32(f32(place + reach) - 0.5)), input - 1);
    const taps: Tap[] = [];
    let total = 0;
    for (let at = Math.max(Math.ceil(f32(f32(place - reach) - 0.5)), 0); at <= end; at++) {
      const x = f32(Math.abs(f32(f32(at + 0.5) - place)) * back);
      const weight = x > radius ? 0 : f32(f(x));
      total = f32(total + weight);
      taps.push({ at, weight });
    }
    const share = f32(1 / total);
    return taps.map(({ at, weight }) => ({ at, weight: f32(weight * share) }));
  };

/** In single precision, as TensorFlow: its sine leaves 1e-7 where the wave crosses zero. */
const lanczos =
  (radius: number) =>
  (x: number): number => {
    const angle = f32(f32(Math.PI) * x);
    const waves = f32(f32(radius * f32(Math.sin(angle))) * f32(Math.sin(f32(angle / radius))));
    return x <= 1e-3 ? 1 : f32(waves / f32(f32(f32(f32(f32(Math.PI) * f32(Math.PI))) * x) * x));
  };

const GAUSSIAN_RADIUS = 1.5;

const gaussian = (x: number): number => (x >= GAUSSIAN_RADIUS ? 0 : Math.exp(-2 * x * x));

function mitchell(x: number): number {
  if (x >= 2) return 0;
  return x >= 1 ? (((-7 / 18) * x + 2) * x - 10 / 3) * x + 16 / 9 : ((7 / 6) * x - 2) * x * x + 8 / 9;
}

type Methods = { readonly [M in ResizeAttrs["method"]]: TapPlace };

const kernels = (wide?: true) => ({
  lanczos3: kernel(3, lanczos(3), wide),
  lanczos5: kernel(5, lanczos(5), wide),
  gaussian: kernel(GAUSSIAN_RADIUS, gaussian, wide),
  mitchellcubic: kernel(2, mitchell, wide),
});

const PLAIN: Methods = { nearest, bilinear, bicubic, area, ...kernels() };
const ANTIALIASED: Methods = {
  nearest,
  area,
  bilinear: kernel(1, (x) => Math.max(1 - x, 0), true),
  bicubic: kernel(2, keys, true),
  ...kernels(true),
};

/** The part of an axis that becomes the result: it may begin before the axis and end after it. */
export interface ResizeWindow {
  readonly start: number;
  readonly length: number;
}

/** How long the spatial axis `i` may be for the result's shape, by the other axis. */
const fittingLength = (lengths: readonly number[], to: readonly number[], i: number): number =>
  Math.trunc(f32((lengths[1 - i]! * to[i]!) / to[1 - i]!));

/** Whether images are so narrow, and the result so wide, that a window of its shape is less than one number high, or so upright. */
export const isWindowEmpty = (lengths: readonly number[], to: readonly number[]): boolean =>
  [0, 1].some((i) => fittingLength(lengths, to, i) < 1);

/** Of the spatial axis `i`, where the axes have these lengths; `to` are those of the result. */
export function windowOf(
  fit: ResizeAttrs["fit"],
  lengths: readonly number[],
  to: readonly number[],
  i: number,
): ResizeWindow {
  const length = lengths[i]!;
  if (fit === undefined) return { start: 0, length };
  if (fit === "center" && lengths.every((n, axis) => n >= to[axis]!))
    return { start: (length - to[i]!) >> 1, length: to[i]! };
  const fitting = fittingLength(lengths, to, i);
  if (fit === "pad") {
    const before = Math.trunc(Math.max(fitting - length, 0) / 2);
    return { start: -before, length: length + 2 * before };
  }
  const kept = Math.max(Math.min(length, fitting), 1);
  return { start: Math.trunc((length - kept) / 2), length: kept };
}

/** Output elements of one axis: each has a row in a table. */
const MOST = 2 ** 22;

/** The taps of the spatial axis `i`, where the axes have these lengths. Throws `limit/size`. */
export function tapsOf({ method, antialias, fit, to }: ResizeAttrs, lengths: readonly number[], i: number): Taps {
  const goal = to.map((size) => numberOfSize(size)!);
  const output = goal[i]!;
  atMost("limit/size", output, MOST, "places along an axis");
  const { start, length } = windowOf(fit, lengths, goal, i);
  const scale = f32(length / output);
  // These two blur an axis that keeps its length too.
  const blurs = method === "gaussian" || method === "mitchellcubic";
  const asItIs = length === output && !blurs;
  const place: TapPlace = asItIs ? (o) => [{ at: o, weight: 1 }] : (antialias ? ANTIALIASED : PLAIN)[method];
  const all = Array.from({ length: output }, (_, o) =>
    place(o, scale, length, output)
      .map(({ at, weight }) => ({ at: at + start, weight }))
      .filter(({ at }) => at >= 0 && at < lengths[i]!),
  );
  const count = all.reduce((most, taps) => Math.max(most, taps.length), 1);
  const index = new Int32Array(output * count);
  const weight = new Float64Array(output * count);
  all.forEach((taps, o) =>
    taps.forEach((tap, t) => {
      index[o * count + t] = tap.at;
      weight[o * count + t] = tap.weight;
    }),
  );
  return { count, index, weight };
}
