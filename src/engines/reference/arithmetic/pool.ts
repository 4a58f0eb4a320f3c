/** The largest or the mean of each window. */
import { floorOf, slideOf } from "../../../ops/pool.ts";
import { channelsOf, spatialOf, stepsOf, type Window, windowsOf } from "../../../ops/window.ts";
import type { Computation } from "./types.ts";

/** First and last input index + 1 of window `index`, inside the input. */
function reach(window: Window, index: number): [number, number] {
  const start = index * window.stride - window.before;
  return [Math.max(start, 0), Math.min(start + window.size, window.input)];
}

export const pool: Computation<"pool"> = ({ x }, a, { y: out }, dtypes) => {
  const [d, h, w] = windowsOf(spatialOf(x.shape, a.layout), slideOf(a));
  const channels = channelsOf(x.shape, a.layout);
  const from = stepsOf(a.layout, [d.input, h.input, w.input], channels);
  const to = stepsOf(a.layout, [d.output, h.output, w.output], channels);
  const max = a.fn === "max";
  const start = max ? floorOf(dtypes.y, x.shape.length) : 0;
  const positions = d.output * h.output * w.output;
  for (let p = 0; p < positions * x.shape[0]!; p++) {
    const [n, position] = [Math.floor(p / positions), p % positions];
    const [z0, z1] = reach(d, Math.floor(position / (h.output * w.output)));
    const [y0, y1] = reach(h, Math.floor(position / w.output) % h.output);
    const [x0, x1] = reach(w, position % w.output);
    const count = (z1 - z0) * (y1 - y0) * (x1 - x0);
    for (let c = 0; c < channels; c++) {
      const base = n * from.batch + c * from.channel;
      let total = start;
      for (let i = z0; i < z1; i++) {
        for (let j = y0; j < y1; j++) {
          const row = base + i * from.spatial[0] + j * from.spatial[1];
          for (let k = x0; k < x1; k++) {
            const value = x.data[row + k * from.position]!;
            if (!max) total += value;
            else if (value > total) total = value;
          }
        }
      }
      out.data[n * to.batch + position * to.position + c * to.channel] = max ? total : total / count;
    }
  }
};
