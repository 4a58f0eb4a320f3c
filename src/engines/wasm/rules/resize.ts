/** Resizing of the spatial axes, one after the other; between them values are float64. */
import { sizeOf } from "../../../core/tensor.ts";
import { type Taps, tapsOf } from "../../../ops/taps.ts";
import { spatialOf } from "../../../ops/window.ts";
import { nestWords } from "../kernels/nest.ts";
import { WEIGHTED, weighted } from "../kernels/resize.ts";
import { widthOf } from "../kernels/storage.ts";
import type { LastRule } from "../kernels/types.ts";
import { inWords } from "../kernels/words.ts";

/** Weight and offset of every tap, output element by output element. A tap of weight 0 reads element 0 but adds nothing. */
function table({ index, weight }: Taps, step: number): Int32Array {
  const entries = new DataView(new ArrayBuffer(16 * index.length));
  index.forEach((at, i) => {
    entries.setFloat64(16 * i, weight[i]!, true);
    entries.setInt32(16 * i + 8, at * step, true);
  });
  return new Int32Array(entries.buffer);
}

export const resizeRule: LastRule<"resize"> = (site) => {
  const { attrs } = site;
  const { x } = site.in;
  const lengths = spatialOf(x.shape, attrs.layout) as readonly number[];
  const out = site.out.y;
  const shape = [...x.shape];
  let [from, dtype] = [x.place(), x.dtype];
  lengths.forEach((input, i) => {
    const axis = attrs.layout === "first" ? i + 2 : i + 1;
    const taps = tapsOf(attrs, lengths, i);
    const output = taps.index.length / taps.count;
    const [outer, inner] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))];
    const last = i === lengths.length - 1;
    const goal = last ? out.dtype : "float64";
    const [read, write] = [widthOf(dtype), widthOf(goal)];
    const to = last ? out.place() : site.scratch(8 * outer * output * inner);
    const words = nestWords({
      lengths: [outer, output, inner],
      strides: [
        [input * inner * read, 0, read],
        [output * inner * write, inner * write, write],
        [0, 16 * taps.count, 0],
      ],
    });
    const args = { input: from, output: to, table: site.data(table(taps, inner * read)), taps: taps.count };
    site.run(weighted(dtype, goal), [...inWords(WEIGHTED, args), ...words]);
    [from, dtype] = [to, goal];
    shape[axis] = output;
  });
};
