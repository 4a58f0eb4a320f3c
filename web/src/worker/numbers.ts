/** Weights and outputs as what a person can see of them: statistics, histograms, grids. */
import type { Tensor } from "../../../src/index.ts";
import type { Grid, Histogram, Statistics } from "../types.ts";

/** As numbers, whatever the dtype. */
export function numbersOf(tensor: Tensor): ArrayLike<number> {
  const { dtype, data } = tensor;
  if (dtype === "float32" || dtype === "float64" || /^u?int(8|16|32)$/.test(dtype) || dtype === "bool")
    return data as ArrayLike<number>;
  const nested = (tensor as { toArray(): unknown }).toArray() as readonly unknown[];
  return nested.flat(Infinity).map(Number);
}

export function statisticsOf(values: ArrayLike<number>): Statistics {
  let [low, high, sum, squares, zeros, lost] = [Infinity, -Infinity, 0, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) {
      lost++;
      continue;
    }
    if (value < low) low = value;
    if (value > high) high = value;
    if (value === 0) zeros++;
    sum += value;
    squares += value * value;
  }
  const finite = values.length - lost;
  const mean = finite === 0 ? 0 : sum / finite;
  const deviation = finite === 0 ? 0 : Math.sqrt(Math.max(0, squares / finite - mean * mean));
  return { count: values.length, low, high, mean, deviation, zeros, lost };
}

/** Of the finite ones. */
export function histogramOf(all: readonly ArrayLike<number>[], bins = 24): Histogram {
  let [low, high] = [Infinity, -Infinity];
  for (const values of all)
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value < low && value !== -Infinity) low = value;
      if (value > high && value !== Infinity) high = value;
    }
  const counts = new Array<number>(bins).fill(0);
  if (low > high) return { low: 0, high: 0, counts };
  const scale = high > low ? bins / (high - low) : 0;
  for (const values of all)
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (Number.isFinite(value)) counts[Math.min(bins - 1, Math.floor((value - low) * scale))]!++;
    }
  return { low, high, counts };
}

const MOST = 160;

/** A matrix (all axes but the last are rows), thinned to means where it is larger than can be seen. */
export function gridOf(
  title: string,
  values: ArrayLike<number>,
  rows: number,
  columns: number,
  first = 0,
  stride = columns,
): Grid {
  const [height, width] = [Math.min(rows, MOST), Math.min(columns, MOST)];
  const thin = new Float32Array(height * width);
  for (let r = 0; r < height; r++)
    for (let c = 0; c < width; c++) {
      const [top, bottom] = [Math.floor((r * rows) / height), Math.floor(((r + 1) * rows) / height)];
      const [left, right] = [Math.floor((c * columns) / width), Math.floor(((c + 1) * columns) / width)];
      let sum = 0;
      for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) sum += values[y * stride + first + x]!;
      thin[r * width + c] = sum / ((bottom - top) * (right - left));
    }
  return { title, rows: height, columns: width, values: thin };
}

const GATES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/lstm/i, ["input gate", "forget gate", "cell", "output gate"]],
  [/gru/i, ["update gate", "reset gate", "candidate"]],
];

/** Weights of recurrent layers hold their gates side by side: each is a grid. */
export function gridsOf(tensor: Tensor, path: string, className: string): readonly Grid[] {
  const values = numbersOf(tensor);
  const columns = tensor.shape.at(-1) ?? 1;
  const rows = values.length / Math.max(1, columns);
  if (values.length === 0) return [];
  const gates = GATES.find(([pattern]) => pattern.test(path.split("/").at(-2) ?? "") || pattern.test(className))?.[1];
  if (gates === undefined || columns % gates.length !== 0 || !/(kernel|bias)\w*$/.test(path))
    return [gridOf("", values, rows, columns)];
  const width = columns / gates.length;
  return gates.map((gate, i) => gridOf(gate, values, rows, width, i * width, columns));
}
