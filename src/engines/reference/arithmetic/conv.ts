/**
 * Convolution, follows tf.nn.convolution: windows are copied side by side and multiplied with the kernel as one matrix, some
 * rows at a time.
 */
import type { ConvAttrs } from "../../../ops/attributes.ts";
import { slideOf } from "../../../ops/conv.ts";
import type { Nd } from "../../../ops/types.ts";
import {
  channelsOf,
  spatialOf,
  type Steps,
  stepsOf,
  windowsOf,
  type Window,
  type Windows,
} from "../../../ops/window.ts";
import { gemm } from "./gemm.ts";
import type { Computation } from "./types.ts";

const ROWS_AT_ONCE = 64;

/** Output channels of one group, each a row over taps and input channels. */
function packKernel(kernel: Nd, groups: number, group: number): Float64Array {
  const columns = kernel.shape.at(-1)!;
  const depth = columns === 0 ? 0 : kernel.data.length / columns;
  const width = columns / groups;
  const packed = new Float64Array(depth * width);
  for (let k = 0; k < depth; k++) {
    for (let c = 0; c < width; c++) packed[c * depth + k] = kernel.data[k * columns + group * width + c]!;
  }
  return packed;
}

/** Copies windows of x, taps outer and channels inner, into rows. */
class Patches {
  readonly #x: Float64Array;
  readonly #windows: Windows;
  readonly #steps: Steps;
  readonly #channels: number;
  /** Distance of every element of a window from its first one. */
  readonly #offsets: Int32Array;

  constructor(x: Float64Array, windows: Windows, steps: Steps, channels: number) {
    this.#x = x;
    this.#windows = windows;
    this.#steps = steps;
    this.#channels = channels;
    const [d, h, w] = windows;
    this.#offsets = new Int32Array(d.size * h.size * w.size * channels);
    let at = 0;
    for (let i = 0; i < d.size; i++) {
      for (let j = 0; j < h.size; j++) {
        for (let k = 0; k < w.size; k++) {
          const tap = this.#place(i * d.dilation, j * h.dilation, k * w.dilation);
          for (let c = 0; c < channels; c++) this.#offsets[at++] = tap + c * steps.channel;
        }
      }
    }
  }

  #place(d: number, h: number, w: number): number {
    const { spatial } = this.#steps;
    return d * spatial[0] + h * spatial[1] + w * spatial[2];
  }

  /** The window of output position `position`, from `base` (a batch entry and group) into `rows` at `to`. */
  copy(base: number, position: number, rows: Float64Array, to: number): void {
    const [d, h, w] = this.#windows;
    const area = h.output * w.output;
    const rest = position % area;
    const z = Math.floor(position / area) * d.stride - d.before;
    const y = Math.floor(rest / w.output) * h.stride - h.before;
    const x = (rest % w.output) * w.stride - w.before;
    const from = base + this.#place(z, y, x);
    const inside = fits(d, z) && fits(h, y) && fits(w, x);
    const offsets = this.#offsets;
    if (inside) {
      const data = this.#x;
      for (let i = 0; i < offsets.length; i++) rows[to + i] = data[from + offsets[i]!]!;
      return;
    }
    let at = 0;
    for (let i = 0; i < d.size; i++) {
      const zIn = has(d, z + i * d.dilation);
      for (let j = 0; j < h.size; j++) {
        const yIn = zIn && has(h, y + j * h.dilation);
        for (let k = 0; k < w.size; k++) {
          const here = yIn && has(w, x + k * w.dilation);
          for (let c = 0; c < this.#channels; c++, at++) rows[to + at] = here ? this.#x[from + offsets[at]!]! : 0;
        }
      }
    }
  }
}

const has = (window: Window, at: number): boolean => at >= 0 && at < window.input;

const fits = (window: Window, at: number): boolean =>
  at >= 0 && at + (window.size - 1) * window.dilation < window.input;

/** Adds bias[c] to every channel c. */
export function addBias(out: Nd, bias: Nd, layout: ConvAttrs["layout"]): void {
  const channels = bias.data.length;
  const length = layout === "first" ? out.shape.slice(2).reduce((a, b) => a * b, 1) : 1;
  for (let at = 0, c = 0; at < out.data.length; at += length, c = (c + 1) % channels) {
    for (let i = 0; i < length; i++) out.data[at + i]! += bias.data[c]!;
  }
}

export const conv: Computation<"conv"> = ({ x, kernel, bias }, a, { y: out }) => {
  // Of an empty input, whose windows would count less than none.
  if (out.data.length === 0) return;
  const windows = windowsOf(spatialOf(x.shape, a.layout), slideOf(kernel.shape, a));
  const [cin, cout] = [channelsOf(x.shape, a.layout), kernel.shape.at(-1)!];
  const [d, h, w] = windows;
  const from = stepsOf(a.layout, [d.input, h.input, w.input], cin);
  const to = stepsOf(a.layout, [d.output, h.output, w.output], cout);
  const positions = d.output * h.output * w.output;
  const [channels, columns] = [cin / a.groups, cout / a.groups];
  const depth = d.size * h.size * w.size * channels;
  const patches = new Patches(x.data, windows, from, channels);
  const rows = new Float64Array(Math.min(ROWS_AT_ONCE, positions) * depth);
  for (let group = 0; group < a.groups; group++) {
    const packed = packKernel(kernel, a.groups, group);
    for (let n = 0; n < x.shape[0]!; n++) {
      const base = n * from.batch + group * channels * from.channel;
      for (let p = 0; p < positions; p += ROWS_AT_ONCE) {
        const count = Math.min(ROWS_AT_ONCE, positions - p);
        for (let i = 0; i < count; i++) patches.copy(base, p + i, rows, i * depth);
        const target = {
          data: out.data,
          offset: n * to.batch + p * to.position + group * columns * to.channel,
          rowStride: to.position,
          columnStride: to.channel,
        };
        gemm(rows, 0, packed, 0, target, count, columns, depth);
      }
    }
  }
  if (bias !== null) addBias(out, bias, a.layout);
};
