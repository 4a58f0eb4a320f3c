/** Where the channels and the spatial axes lie. */
import { listOf } from "../../core/list.ts";
import type { Layout } from "../../ops/attributes.ts";
import type { Shape } from "../../ops/types.ts";

/** How many spatial axes a layer works on. */
export type Rank = 1 | 2 | 3;

/** Where the channels lie: after the spatial axes, or right after the batch. */
export type DataFormat = "channels_last" | "channels_first";

/** The same in the words of the operations. */
export const layoutOf = (format: DataFormat): Layout => (format === "channels_first" ? "first" : "last");

/** The axis of the channels of a value of `rank` axes, batch included. */
export const channelAxis = (format: DataFormat, rank: number): number => (format === "channels_first" ? 1 : rank - 1);

/** The number of channels; null when unknown. */
export function channelCount(format: DataFormat, x: Shape | undefined): number | null {
  return x === undefined ? null : (x[channelAxis(format, x.length)] ?? null);
}

/** The spatial axes, in order. */
export function spatialAxes(format: DataFormat, rank: number): number[] {
  const channel = channelAxis(format, rank);
  return listOf(rank, (axis) => axis).filter((axis) => axis > 0 && axis !== channel);
}
