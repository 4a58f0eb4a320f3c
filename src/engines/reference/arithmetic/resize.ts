/** Weighted sums of the taps along each axis in turn: `ops/taps.ts`. */
import { type Taps, tapsOf } from "../../../ops/taps.ts";
import { spatialOf } from "../../../ops/window.ts";
import type { Computation } from "./types.ts";

/** One axis of [outer, input, inner] resized. */
function along(x: Float64Array, outer: number, input: number, inner: number, taps: Taps): Float64Array {
  const output = taps.index.length / taps.count;
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

export const resize: Computation<"resize"> = ({ x }, attrs, { y: out }) => {
  const product = (part: readonly number[]) => part.reduce((a, b) => a * b, 1);
  const shape = [...x.shape];
  let data = x.data;
  const lengths = spatialOf(x.shape, attrs.layout) as readonly number[];
  lengths.forEach((input, i) => {
    const axis = attrs.layout === "first" ? i + 2 : i + 1;
    const taps = tapsOf(attrs, lengths, i);
    data = along(data, product(shape.slice(0, axis)), input, product(shape.slice(axis + 1)), taps);
    shape[axis] = taps.index.length / taps.count;
  });
  out.data.set(data);
};
