/** Loops over several axes that carry pointers along. */
import type { Code } from "../emit/code.ts";
import { brIf, i32, loop } from "../emit/instructions.ts";
import type { Fn, Local } from "../emit/module.ts";
import { arg } from "./storage.ts";
import type { Kernel, KernelArg, Place } from "./types.ts";

/** Axes of an iteration: lengths, and each pointer's strides in bytes. */
export interface Axes {
  readonly lengths: readonly number[];
  /** One list for each pointer, as long as `lengths`. */
  readonly strides: readonly (readonly number[])[];
}

/** Joins axes along which all pointers move as along one, and drops those of length 1. At least one is left. */
export function collapsed({ lengths, strides }: Axes): Axes {
  const kept: number[] = [];
  const steps: number[][] = strides.map(() => []);
  lengths.forEach((length, axis) => {
    if (length === 1) return;
    const last = kept.length - 1;
    const joins = last >= 0 && strides.every((s, i) => steps[i]![last] === s[axis]! * length);
    if (joins) {
      kept[last]! *= length;
      strides.forEach((s, i) => (steps[i]![last] = s[axis]!));
    } else {
      kept.push(length);
      strides.forEach((s, i) => steps[i]!.push(s[axis]!));
    }
  });
  if (kept.length > 0) return { lengths: kept, strides: steps };
  return { lengths: [1], strides: strides.map(() => [0]) };
}

/** The axes but for the innermost. */
export const withoutLast = ({ lengths, strides }: Axes): Axes => ({
  lengths: lengths.slice(0, -1),
  strides: strides.map((list) => list.slice(0, -1)),
});

/**
 * Words for `nest`: for each axis its length and, for each pointer, the bytes to add after a turn of that axis.
 * `inner`: how far the body itself has moved each pointer in a turn of the innermost axis.
 */
export function nestWords({ lengths, strides }: Axes, inner: readonly number[] = strides.map(() => 0)): number[] {
  return lengths.flatMap((length, axis) => {
    const advance = strides.map((s, i) => {
      const next = axis + 1;
      const moved = next < lengths.length ? s[next]! * lengths[next]! : inner[i]!;
      return s[axis]! - moved;
    });
    return [length, ...advance];
  });
}

/**
 * Runs `body` for every index of `rank` axes, outermost first. The words of `nestWords` start at `first`. Pointers end
 * where the last turn left them, plus the strides of the outermost axis. `body` is built inside, where its locals are
 * apart from the counters.
 */
export function nest(f: Fn, first: number, rank: number, pointers: readonly Local[], body: () => Code): Code {
  const words = 1 + pointers.length;
  const axis = (index: number): Code => {
    if (index === rank) return body();
    const counter = f.local("i32");
    const at = first + index * words;
    const code = [
      counter.set(arg(f, at)),
      loop([
        axis(index + 1),
        pointers.map((p, i) => p.set(i32.add(p.get, arg(f, at + 1 + i)))),
        brIf(0, counter.tee(i32.sub(counter.get, i32.const(1)))),
      ]),
    ];
    f.release(counter);
    return code;
  };
  return axis(0);
}

/** A kernel over axes along which its pointers move; each of their indices can be done by itself. */
export interface KernelWalk {
  readonly kernel: Kernel;
  readonly axes: Axes;
  /** Where the pointers start. */
  readonly places: readonly Place[];
  /** The arguments for some of the indices. */
  args(places: readonly Place[], axes: Axes): readonly KernelArg[];
}

/** Does `body` `count` times, at least once; `counter` counts down. */
export function repeat(counter: Local, count: Code, body: Code): Code {
  return [counter.set(count), loop([body, brIf(0, counter.tee(i32.sub(counter.get, i32.const(1))))])];
}

/** Sets pointers from words, starting at `first`. */
export function setPointers(f: Fn, pointers: readonly Local[], first = 0): Code {
  return pointers.map((p, i) => p.set(arg(f, first + i)));
}

/** Moves a pointer by a number of bytes. */
export function advance(pointer: Local, bytes: number): Code {
  return bytes === 0 ? [] : pointer.set(i32.add(pointer.get, i32.const(bytes)));
}
