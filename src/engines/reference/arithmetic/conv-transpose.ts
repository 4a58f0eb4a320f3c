/** Transposed convolution: the products of each input position with the kernel are added to where its taps fall. */
import { transposedWindows } from "../../../ops/conv-transpose.ts";
import { channelsOf, stepsOf, type Window } from "../../../ops/window.ts";
import { addBias } from "./conv.ts";
import { gemm } from "./gemm.ts";
import type { Computation } from "./types.ts";

/** Where each tap of each input index falls along one axis; -1 outside. */
function landings({ input, output, size, stride, dilation, before }: Window): Int32Array {
  const table = new Int32Array(input * size);
  for (let i = 0; i < input; i++) {
    for (let t = 0; t < size; t++) {
      const at = i * stride + t * dilation - before;
      table[i * size + t] = at < output ? Math.max(at, -1) : -1;
    }
  }
  return table;
}

/** Input positions whose products with the kernel are held at a time. */
const AT_ONCE = 64;

export const convTranspose: Computation<"convTranspose"> = ({ x, kernel, bias }, a, { y: out }) => {
  const axes = transposedWindows(a, x.shape, kernel.shape);
  const [d, h, w] = axes;
  const [cin, cout] = [channelsOf(x.shape, a.layout), kernel.shape.at(-2)!];
  const from = stepsOf(a.layout, [d.input, h.input, w.input], cin);
  const to = stepsOf(a.layout, [d.output, h.output, w.output], cout);
  const [zs, ys, xs] = axes.map(landings) as [Int32Array, Int32Array, Int32Array];
  const columns = d.size * h.size * w.size * cout;
  const held = Math.min(AT_ONCE, w.input);
  const row = new Float64Array(held * cin);
  const spread = new Float64Array(held * columns);
  const target = { data: spread, offset: 0, rowStride: columns, columnStride: 1 };

  /** Adds the products of the positions from k0 on, all of one line, to where their taps fall. */
  const scatter = (n: number, i: number, j: number, k0: number, count: number): void => {
    for (let tz = 0; tz < d.size; tz++) {
      const z = zs[i * d.size + tz]!;
      for (let ty = 0; ty < h.size && z >= 0; ty++) {
        const y = ys[j * h.size + ty]!;
        if (y < 0) continue;
        const base = n * to.batch + z * to.spatial[0] + y * to.spatial[1];
        const tap = (tz * h.size + ty) * w.size;
        for (let k = 0; k < count; k++) {
          for (let tx = 0; tx < w.size; tx++) {
            const at = xs[(k0 + k) * w.size + tx]!;
            if (at < 0) continue;
            const source = k * columns + (tap + tx) * cout;
            const goal = base + at * to.position;
            for (let c = 0; c < cout; c++) out.data[goal + c * to.channel]! += spread[source + c]!;
          }
        }
      }
    }
  };

  for (let line = 0; line < x.shape[0]! * d.input * h.input; line++) {
    const j = line % h.input;
    const i = Math.floor(line / h.input) % d.input;
    const n = Math.floor(line / (h.input * d.input));
    const start = n * from.batch + i * from.spatial[0] + j * from.spatial[1];
    for (let k0 = 0; k0 < w.input; k0 += AT_ONCE) {
      const count = Math.min(AT_ONCE, w.input - k0);
      for (let k = 0; k < count; k++) {
        for (let c = 0; c < cin; c++) row[k * cin + c] = x.data[start + (k0 + k) * from.position + c * from.channel]!;
      }
      gemm(row, 0, kernel.data, 0, target, count, columns, cin);
      scatter(n, i, j, k0, count);
    }
  }
  if (bias !== null) addBias(out, bias, a.layout);
};
