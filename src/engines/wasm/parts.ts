/** How work is cut into parts for several threads. */
import type { KernelCut, Range } from "./kernels/types.ts";

/** For whom a plan is made: without it, for one thread. */
export interface Parallel {
  readonly threads: number;
  /** Multiply-adds from which work is cut. */
  readonly work: number;
}

/** Multiply-adds from which sharing gains more than handing over takes: some 12 us of one thread against one or two. */
export const LEAST_WORK = 0.25e6;

/** Parts for each thread, of much work: a thread that comes late, or is held up, leaves them to the others. */
const EACH = 4;

/** Multiply-adds of a part at most, where it can be cut: a run can be stopped between instructions. */
const MOST_WORK = 5e8;

/**
 * What is cut, in parts, fewer of little work: of each list threads share the parts. Lists of one for a plan without threads, and of what is alone.
 */
export function partsFor(
  { lengths, unit = 1, work, each = EACH, isAlone = false }: KernelCut,
  parallel: Parallel | null,
): readonly (readonly Range[])[] {
  const turns = Math.ceil(work / MOST_WORK);
  const isShared = parallel !== null && !isAlone && work > 0 && work >= parallel.work;
  const most = isShared ? each * parallel.threads : 1;
  const count = isShared
    ? Math.max(turns, parallel.threads, Math.min(most, Math.floor(work / (2 * parallel.work))))
    : turns;
  const parts = (count > 1 && cutIn(count, lengths, unit)) || [{ from: lengths.map(() => 0), lengths }];
  return Array.from({ length: Math.ceil(parts.length / most) }, (_, i) => parts.slice(i * most, (i + 1) * most));
}

/** Outer axes index by index, the first one that gives enough parts in runs of a multiple of `unit`. */
function cutIn(count: number, lengths: readonly number[], unit: number): readonly Range[] | undefined {
  const axis = axisOf(lengths, count);
  if (axis < 0) return undefined;
  const outer = lengths.slice(0, axis);
  const inner = lengths.slice(axis + 1);
  const turns = outer.reduce((a, b) => a * b, 1);
  const step = Math.ceil((lengths[axis]! * turns) / count / unit) * unit;
  const parts: Range[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const at = indexOf(turn, outer);
    for (let first = 0; first < lengths[axis]!; first += step)
      parts.push({
        from: [...at, first, ...inner.map(() => 0)],
        lengths: [...outer.map(() => 1), Math.min(step, lengths[axis]! - first), ...inner],
      });
  }
  return parts;
}

function indexOf(turn: number, lengths: readonly number[]): number[] {
  const index: number[] = [];
  let rest = turn;
  for (let i = lengths.length - 1; i >= 0; i--) {
    index.unshift(rest % lengths[i]!);
    rest = Math.floor(rest / lengths[i]!);
  }
  return index;
}

/** The first axis that, with those before it, has enough indices; else the last one with several; -1: none has. */
function axisOf(lengths: readonly number[], count: number): number {
  let product = 1;
  const enough = lengths.findIndex((length) => (product *= length) >= count);
  return enough >= 0 ? enough : lengths.findLastIndex((length) => length > 1);
}
