/** The model that the page looks at, and what was made of it. */
import { FormatError, formatProblem, type Inspection, type Model, type Tensor } from "../../../src/index.ts";
import type { Opening } from "../types.ts";

export interface Opened {
  readonly opening: Opening;
  readonly model: Model;
  readonly found: Inspection;
  /** What layers gave in the last run, by path. */
  layers: { readonly [path: string]: readonly Tensor[] };
  /** What it was run on, by layer. */
  inputs: ReadonlyMap<string, Tensor>;
  /** Made when they are first asked for. */
  equations?: Promise<ReadonlyMap<string, readonly string[]>>;
}

let opened: Opened | null = null;

/** The one that is open. */
export function current(): Opened {
  if (opened === null) throw new Error("no model is open");
  return opened;
}

export function replace(next: Opened): void {
  opened?.model.dispose();
  opened = next;
}

/** The library's own words, a line each. */
export function wordsOf(error: unknown): string {
  if (error instanceof FormatError) return error.problems.map((problem) => formatProblem(problem)).join("\n");
  return error instanceof Error ? error.message : String(error);
}

/** Errors travel as their words. */
export function telling<A extends unknown[], R>(work: (...args: A) => R | Promise<R>): (...args: A) => Promise<R> {
  return async (...args) => {
    try {
      return await work(...args);
    } catch (error) {
      throw new Error(wordsOf(error), { cause: error });
    }
  };
}
