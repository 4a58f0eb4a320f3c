/** Input of windows: channels last, padded so that every window lies inside, and where a window's elements are in it. */
import { sizeOf } from "../../../core/tensor.ts";
import type { Layout } from "../../../ops/attributes.ts";
import { stridesOf } from "../../../ops/strided.ts";
import { stepsOf, type Window, type Windows } from "../../../ops/window.ts";
import { copy, fill } from "../kernels/copy.ts";
import { type Place, shifted, type Site } from "../kernels/types.ts";

type Lengths = readonly [number, number, number];

/** Channels-last input in which every window lies inside. */
export interface Padded {
  readonly place: Place;
  /** Spatial lengths. */
  readonly lengths: Lengths;
}

/** [batch, ...spatial, channels] in the order of a layout. */
export interface PaddedSource {
  place(): Place;
  readonly batch: number;
  readonly channels: number;
}

function run(site: Site, { kernel, args }: ReturnType<typeof copy>): void {
  site.run(kernel, args);
}

/** How far the windows of an axis reach, from their first element at -before on. */
export const reach = ({ output, stride, size, dilation }: Window): number =>
  (output - 1) * stride + (size - 1) * dilation + 1;

/** Spatial lengths with the padding. */
export const paddedLengths = (windows: Windows): Lengths =>
  windows.map((w) => Math.max(w.input + w.before, reach(w))) as unknown as Lengths;

/** Bytes from the start of padded channels-last memory to what is not padding. */
export function insideOf(windows: Windows, lengths: Lengths, channels: number): number {
  const [, ...strides] = stridesOf([1, ...lengths, channels]);
  return 4 * windows.reduce((sum, w, i) => sum + w.before * strides[i]!, 0);
}

/** Copies between spatial elements in a layout and channels-last memory of some spatial lengths. */
export function spatialCopy(
  site: Site,
  own: PaddedSource & { readonly layout: Layout; readonly lengths: Lengths },
  inside: { readonly place: Place; readonly lengths: Lengths },
  direction: "in" | "out",
): void {
  const { batch, channels, layout, lengths } = own;
  const outer = stepsOf(layout, lengths, channels);
  const strides = [[outer.batch, ...outer.spatial, outer.channel], stridesOf([batch, ...inside.lengths, channels])] as const; // prettier-ignore
  const [from, to] = direction === "in" ? [own.place(), inside.place] : [inside.place, own.place()];
  const [first, second] = direction === "in" ? strides : [strides[1], strides[0]];
  run(site, copy(from, to, [batch, ...lengths, channels], [first, second], 4));
}

/** The input itself where that serves, else a copy with `value` around it. */
export function padded(site: Site, source: PaddedSource, layout: Layout, windows: Windows, value: number): Padded {
  const { batch, channels } = source;
  const inside = windows.every((w) => w.before === 0 && reach(w) <= w.input);
  const own = windows.map((w) => w.input) as unknown as Lengths;
  if (inside && layout === "last") return { place: source.place(), lengths: own };
  const lengths = paddedLengths(windows);
  const size = batch * sizeOf(lengths) * channels;
  const place = site.scratch(4 * size);
  if (!inside) run(site, fill(place, size, value, "f32"));
  const at = shifted(place, insideOf(windows, lengths, channels));
  spatialCopy(site, { ...source, layout, lengths: own }, { place: at, lengths }, "in");
  return { place, lengths };
}

/** Bytes from a window's first element to each tap. */
export function tapOffsets(windows: Windows, lengths: Lengths, channels: number): number[] {
  const [d, h, w] = windows;
  const offsets: number[] = [];
  for (let i = 0; i < d.size; i++) {
    for (let j = 0; j < h.size; j++) {
      for (let k = 0; k < w.size; k++) {
        const line = (i * d.dilation * lengths[1] + j * h.dilation) * lengths[2];
        offsets.push(4 * channels * (line + k * w.dilation));
      }
    }
  }
  return offsets;
}

/** Runs of a window that a kernel is made for: each is code of its own. */
const MOST_RUNS = 1024;

/** Whether a kernel can be made for windows of this size. */
export function hasFewRuns(size: readonly number[], dilation: readonly number[]): boolean {
  const taps = size.reduce((product, n) => product * n, 1);
  return (dilation.at(-1) === 1 ? taps / size.at(-1)! : taps) <= MOST_RUNS;
}

/** The floats of a window as runs: neighbouring taps of a line are one, unless only some of the channels are wanted. */
export function runsOf(
  windows: Windows,
  lengths: Lengths,
  channels: number,
  wanted: number = channels,
): { readonly offset: number; readonly length: number }[] {
  const [d, h, w] = windows;
  const joined = w.dilation === 1 && wanted === channels ? w.size : 1;
  return tapOffsets([d, h, { ...w, size: w.size / joined }], lengths, channels).map((offset) => ({
    offset,
    length: joined * wanted,
  }));
}
