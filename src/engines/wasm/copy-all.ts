/** Values that take the place of others at the end of a step: states, and what goes round in a loop. */
import { sizeOf } from "../../core/tensor.ts";
import { copy } from "./kernels/copy.ts";
import { widthOf } from "./kernels/storage.ts";
import type { Place } from "./kernels/types.ts";
import type { Holder, Planning, StoredValue } from "./types.ts";

/** A value, and the place that it goes to. */
export interface Move {
  readonly from: StoredValue;
  readonly to: Place;
}

const bytesOf = ({ shape, dtype }: StoredValue): number => sizeOf(shape) * widthOf(dtype);

function overlap(a: Place, b: Place, aBytes: number, bBytes: number): boolean {
  return a.base === b.base && a.at < b.at + bBytes && b.at < a.at + aBytes;
}

/** As if all were copied at once: a source that lies where another one goes is put aside first. */
export function copyAll(planner: Planning, moves: readonly Move[]): void {
  const real = moves.filter(({ from, to }) => {
    const place = from.place();
    return bytesOf(from) > 0 && (place.base !== to.base || place.at !== to.at);
  });
  const aside = real.map(({ from }, i) => {
    const place = from.place();
    const hit = real.some((other, j) => j !== i && overlap(place, other.to, bytesOf(from), bytesOf(other.from)));
    if (!hit) return { place, holder: undefined };
    return putAside(planner, place, from);
  });
  real.forEach(({ from, to }, i) => emitCopy(planner, aside[i]!.place, to, from));
  for (const { holder } of aside) if (holder !== undefined) planner.release(holder);
}

/** A copy of a value that lies at `from`. */
export function putAside(planner: Planning, from: Place, value: StoredValue): { place: Place; holder: Holder } {
  const holder = planner.hold(bytesOf(value));
  const place: Place = { base: "arena", at: holder.block.at };
  if (bytesOf(value) > 0) emitCopy(planner, from, place, value);
  return { place, holder };
}

function emitCopy(planner: Planning, from: Place, to: Place, { shape, dtype }: StoredValue): void {
  planner.emit(copy(from, to, [sizeOf(shape)], [[1], [1]], widthOf(dtype)));
}
