/**
 * Windows that slide over 1 to 3 spatial axes: lengths and padding as TensorFlow computes them. Arithmetic always sees
 * 3 axes; missing ones have length 1.
 */
import type { Layout, Padding } from "./attributes.ts";
import { checkRank, refuseShapes } from "./shapes.ts";
import type { Shape } from "./types.ts";

/** A window along one axis. */
export interface Window {
  readonly input: number;
  readonly output: number;
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  /** Padding in front; a window starts at `index * stride - before`. */
  readonly before: number;
}

/** Those of three axes. */
export type Windows = readonly [Window, Window, Window];

/** What `windowsOf` needs to know of a convolution or a pooling. */
export interface Slide {
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: Padding;
}

/** Length that a dilated window covers. */
export function extent(size: number, dilation: number): number {
  return (size - 1) * dilation + 1;
}

/** Padding in front of and behind an axis; `same` puts the odd one behind. */
function paddingOf(slide: Slide, axis: number, input: number): readonly [number, number] {
  const { padding } = slide;
  const covered = extent(slide.size[axis]!, slide.dilation[axis]!);
  if (padding === "valid") return [0, 0];
  if (padding === "causal") return [covered - 1, 0];
  if (padding !== "same") return padding[axis]!;
  const stride = slide.strides[axis]!;
  const total = Math.max((Math.ceil(input / stride) - 1) * stride + covered - input, 0);
  const before = Math.floor(total / 2);
  return [before, total - before];
}

function windowOf(slide: Slide, axis: number, input: number): Window {
  const [size, stride, dilation] = [slide.size[axis]!, slide.strides[axis]!, slide.dilation[axis]!];
  const [before, after] = paddingOf(slide, axis, input);
  const output = Math.floor((input + before + after - extent(size, dilation)) / stride) + 1;
  return { input, output, size, stride, dilation, before };
}

/** The window of an axis that is not there. */
const FLAT: Window = { input: 1, output: 1, size: 1, stride: 1, dilation: 1, before: 0 };

/** One window each of all of an axis. */
export const wholeOf = (windows: readonly Window[]): Windows =>
  windows.map(({ input }) => ({ ...FLAT, input, size: input })) as unknown as Windows;

/** Windows filled up to 3 axes from the front. */
export const onThreeAxes = (windows: readonly Window[]): Windows =>
  [...[FLAT, FLAT, FLAT].slice(windows.length), ...windows] as unknown as Windows;

/** Windows over known spatial lengths, on 3 axes. */
export function windowsOf(spatial: readonly number[], slide: Slide): Windows {
  return onThreeAxes(spatial.map((length, axis) => windowOf(slide, axis, length)));
}

/** A window without the taps that lie in padding wherever it stands; `first` is the tap that it then starts with. */
export function trimmed(window: Window): { readonly window: Window; readonly first: number } {
  const { input, output, size, stride, dilation, before } = window;
  const first = Math.min(size - 1, Math.max(0, Math.ceil((before - (output - 1) * stride) / dilation)));
  const last = Math.max(first, Math.min(size - 1, Math.floor((input - 1 + before) / dilation)));
  return { window: { ...window, size: last - first + 1, before: before - first * dilation }, first };
}

/** Lengths of the spatial axes of x. */
export function spatialOf<T>(shape: readonly T[], layout: Layout): T[] {
  return layout === "first" ? shape.slice(2) : shape.slice(1, -1);
}

/** The length of the axis of channels. */
export function channelsOf<T>(shape: readonly T[], layout: Layout): T {
  return (layout === "first" ? shape[1] : shape.at(-1))!;
}

/** [batch, ...spatial, channels] in the order of a layout. */
export function arrange<T>(layout: Layout, batch: T, spatial: readonly T[], channels: T): T[] {
  return layout === "first" ? [batch, channels, ...spatial] : [batch, ...spatial, channels];
}

/** Output lengths of the spatial axes of x; refuses ranks, attributes and lengths that do not fit. */
export function slideShape(op: string, x: Shape, layout: Layout, slide: Slide): (number | null)[] {
  checkRank(op, x, 3, 5);
  const rank = x.length - 2;
  const lists: readonly (readonly unknown[])[] = [slide.size, slide.strides, slide.dilation];
  const explicit = typeof slide.padding === "string" ? [] : [slide.padding];
  if ([...lists, ...explicit].some((list) => list.length !== rank))
    refuseShapes(op, `options for ${rank} spatial axes`, x);
  if ([slide.size, slide.strides, slide.dilation].flat().some((n) => !Number.isInteger(n) || n < 1))
    refuseShapes(op, "sizes, strides and dilations of at least 1", x);
  return spatialOf(x, layout).map((length, axis) => {
    if (length === null) return null;
    const { output } = windowOf(slide, axis, length);
    // An empty input may stay empty; a window that does not fit is a mistake.
    if (output < 1 && length > 0)
      refuseShapes(op, `at least ${extent(slide.size[axis]!, slide.dilation[axis]!)} along spatial axis ${axis}`, x);
    return Math.max(output, 0);
  });
}

/** Distances in a [batch, 3 spatial axes, channels] array of either layout. */
export interface Steps {
  readonly batch: number;
  readonly spatial: readonly [number, number, number];
  readonly position: number;
  readonly channel: number;
}

/** The distances for three spatial lengths and a number of channels, in elements. */
export function stepsOf(layout: Layout, lengths: readonly [number, number, number], channels: number): Steps {
  const [d, h, w] = lengths;
  const position = layout === "first" ? 1 : channels;
  return {
    batch: d * h * w * channels,
    spatial: [h * w * position, w * position, position],
    position,
    channel: layout === "first" ? d * h * w : 1,
  };
}
