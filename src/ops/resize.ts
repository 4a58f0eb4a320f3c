/**
 * Growth of the spatial axes by whole factors, as UpSampling does: `nearest` repeats; the others interpolate between
 * half-pixel centres without antialiasing, as tf.image.resize does (its kernels: resize_bilinear_op.cc,
 * resize_bicubic_op.cc, scale_and_translate_op.cc).
 */
import { fail } from "../core/error.ts";
import type { ResizeAttrs } from "./attributes.ts";
import type { PrimitiveRule } from "./define.ts";
import { floats } from "./dtypes.ts";
import { checkRank, refuseShapes } from "./shapes.ts";
import { arrange, channelsOf, spatialOf } from "./window.ts";

/** Along one axis: each output element is Σ weight·input over `count` taps. */
export interface Taps {
  readonly count: number;
  readonly index: Int32Array;
  readonly weight: Float64Array;
}

type Place = (center: number, input: number) => { readonly at: number; readonly weight: number }[];

const bilinear: Place = (center, input) => {
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
  return x <= 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2;
}

/** Scales what lies inside to a sum of 1. */
function normalised(taps: { at: number; weight: number }[], input: number): { at: number; weight: number }[] {
  const inside = taps.filter(({ at }) => at >= 0 && at < input);
  const total = inside.reduce((sum, { weight }) => sum + weight, 0);
  return inside.map(({ at, weight }) => ({ at, weight: weight / total }));
}

/** TensorFlow looks the weights up in steps of 1/1024, and so do we. */
const bicubic: Place = (center, input) => {
  const low = Math.floor(center);
  const part = Math.round((center - low) * TABLE) / TABLE;
  const taps = [-1, 0, 1, 2].map((step) => ({ at: low + step, weight: keys(Math.abs(step - part)) }));
  return normalised(taps, input);
};

/** All inputs within `radius` of the place, by a function of the distance. */
const kernel =
  (radius: number, f: (distance: number) => number): Place =>
  (center, input) => {
    const taps: { at: number; weight: number }[] = [];
    for (let at = Math.ceil(center - radius); at <= Math.floor(center + radius); at++) {
      const x = Math.abs(at - center);
      taps.push({ at, weight: x > radius ? 0 : f(x) });
    }
    return normalised(taps, input);
  };

const lanczos = (radius: number): Place =>
  kernel(radius, (x) => {
    const angle = Math.PI * x;
    return x <= 1e-3 ? 1 : (radius * Math.sin(angle) * Math.sin(angle / radius)) / (angle * angle);
  });

const GAUSSIAN_RADIUS = 1.5;

const gaussian = (x: number): number => (x >= GAUSSIAN_RADIUS ? 0 : Math.exp(-2 * x * x));

function mitchell(x: number): number {
  if (x >= 2) return 0;
  return x >= 1 ? (((-7 / 18) * x + 2) * x - 10 / 3) * x + 16 / 9 : ((7 / 6) * x - 2) * x * x + 8 / 9;
}

const PLACES: ReadonlyMap<string, Place> = new Map<string, Place>([
  ["bilinear", bilinear],
  ["bicubic", bicubic],
  ["lanczos3", lanczos(3)],
  ["lanczos5", lanczos(5)],
  ["gaussian", kernel(GAUSSIAN_RADIUS, gaussian)],
  ["mitchellcubic", kernel(2, mitchell)],
]);

/** Output elements of one axis: each has a row in a table. */
const MOST = 2 ** 22;

/** Throws `limit/size`. */
export function tapsOf(method: ResizeAttrs["method"], input: number, factor: number): Taps {
  const output = input * factor;
  if (output > MOST) fail("limit/size", { expected: `at most ${MOST} along an axis`, found: String(output) });
  const place = PLACES.get(method);
  const all = Array.from({ length: output }, (_, o) =>
    place === undefined ? [{ at: Math.floor(o / factor), weight: 1 }] : place((o + 0.5) / factor - 0.5, input),
  );
  const count = all.reduce((most, taps) => Math.max(most, taps.length), 0);
  const index = new Int32Array(output * count);
  const weight = new Float64Array(output * count);
  all.forEach((taps, o) =>
    taps.forEach((tap, i) => {
      index[o * count + i] = tap.at;
      weight[o * count + i] = tap.weight;
    }),
  );
  return { count, index, weight };
}

/** One axis of [outer, input, inner] grown. */
function grow(x: Float64Array, outer: number, input: number, inner: number, taps: Taps): Float64Array {
  const output = taps.count === 0 ? 0 : taps.index.length / taps.count;
  const out = new Float64Array(outer * output * inner);
  for (let n = 0; n < outer; n++) {
    for (let o = 0; o < output; o++) {
      const to = (n * output + o) * inner;
      for (let t = o * taps.count; t < (o + 1) * taps.count; t++) {
        const weight = taps.weight[t]!;
        if (weight === 0) continue;
        const from = (n * input + taps.index[t]!) * inner;
        for (let i = 0; i < inner; i++) out[to + i]! += weight * x[from + i]!;
      }
    }
  }
  return out;
}

const run: PrimitiveRule<"resize">["run"] = ({ x }, { layout, factors, method }, { y: out }) => {
  const product = (part: readonly number[]) => part.reduce((a, b) => a * b, 1);
  const shape = [...x.shape];
  let data = x.data;
  factors.forEach((factor, i) => {
    const axis = layout === "first" ? i + 2 : i + 1;
    const input = shape[axis]!;
    const taps = tapsOf(method, input, factor);
    data = grow(data, product(shape.slice(0, axis)), input, product(shape.slice(axis + 1)), taps);
    shape[axis] = input * factor;
  });
  out.data.set(data);
};

/** The spatial axes a whole number of times as long, interpolated. */
export const resize: PrimitiveRule<"resize"> = {
  takes: (x, { method }) => (method === "nearest" ? null : floats(x)),
  shape({ x }, { layout, factors }) {
    checkRank("resize", x, 3, 5);
    const spatial = spatialOf(x, layout);
    if (factors.length !== spatial.length || factors.some((n) => !Number.isInteger(n) || n < 1))
      refuseShapes("resize", `whole factors for ${spatial.length} spatial axes`, x);
    const grown = spatial.map((length, i) => (length === null ? null : length * factors[i]!));
    return { y: arrange(layout, x[0]!, grown, channelsOf(x, layout)) };
  },
  run,
};
