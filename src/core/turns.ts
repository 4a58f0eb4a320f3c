/** Long work as a generator that yields where it may rest: done at once, or in turns with whatever else waits. */
import { checkSignal } from "./error.ts";
import type { SignalLike } from "./platform.ts";

/** Work that can be stopped gives way to the event loop this often, in milliseconds. */
const TURN = 50;

const nextTurn = (): Promise<void> => new Promise((go) => setTimeout(go, 0));

/** The whole of it, at once. */
export function atOnce<T>(work: Generator<void, T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

/** A turn at a time; `rests` is called after each, with the number of steps done. Once the signal says so, the work ends where it rests (`finally` cleans up) and its reason is thrown. */
export async function inTurns<T>(
  work: Generator<void, T>,
  signal?: SignalLike,
  rests?: (steps: number) => void,
): Promise<T> {
  let steps = 0;
  let step = work.next();
  let turn = Date.now();
  while (step.done !== true) {
    if (Date.now() - turn >= TURN) {
      rests?.(steps);
      await nextTurn();
      turn = Date.now();
    }
    if (signal?.aborted === true) {
      work.return(undefined as never);
      checkSignal(signal);
    }
    step = work.next();
    steps++;
  }
  return step.value;
}
