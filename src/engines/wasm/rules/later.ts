/** Rules and kernels of some kinds are loaded when a graph that is being planned first asks for them. */
import { fail, FormatError } from "../../../core/error.ts";

const LOAD = {
  windows: () => import("./windows.ts"),
  recurrent: () => import("./recurrent.ts"),
  convRecurrent: () => import("./conv-recurrent.ts"),
  lookup: () => import("./lookup.ts"),
  attention: () => import("./attention.ts"),
  resize: () => import("./resize.ts"),
  random: () => import("./random.ts"),
  reduce: () => import("./reduce.ts"),
  join: () => import("./join.ts"),
  /** Chains number by number: of float64, integers and halves, and of what has no vector form. */
  scalars: () => import("../kernels/scalar-ops.ts"),
  loops: () => import("../loops.ts"),
  halves: () => import("../halves.ts"),
  /** What is made of weights of 8-bit integers. */
  ofWeights: () => import("../of-weights.ts"),
  /** Weights in fewer bytes. */
  forms: () => import("../kernels/small-forms.ts"),
};
type Loaders = typeof LOAD;
export type RuleKind = keyof Loaders;
export type Loaded<K extends RuleKind> = Awaited<ReturnType<Loaders[K]>>;

const later: { [K in RuleKind]?: Loaded<K> } = {};

async function load<K extends RuleKind>(kind: K): Promise<void> {
  later[kind] = (await LOAD[kind]()) as (typeof later)[K];
}

/** Where nobody has loaded all of these kinds the plan fails, to be made again by `withRules`. */
export function checkLoaded(kinds: Iterable<RuleKind>): void {
  const missed = [...new Set(kinds)].filter((kind) => later[kind] === undefined);
  if (missed.length === 0) return;
  fail("mismatch/not-prepared", {
    message: "inputs of these shapes need functions that are not there yet: call prepare with them",
    found: missed.join(" "),
  });
}

/** Rules or kernels of a kind, as `checkLoaded`. */
export function loaded<K extends RuleKind>(kind: K): Loaded<K> {
  if (later[kind] === undefined) checkLoaded([kind]);
  return later[kind] as Loaded<K>;
}

/** What a plan has failed for, where it is kinds that can be loaded. */
function missedBy(error: unknown): readonly RuleKind[] | undefined {
  if (!(error instanceof FormatError) || error.code !== "mismatch/not-prepared") return undefined;
  const kinds = (error.found ?? "").split(" ");
  return kinds.every((kind) => Object.hasOwn(LOAD, kind)) ? (kinds as RuleKind[]) : undefined;
}

/** Makes a plan, anew after loading what it has missed. */
export async function withRules<T>(plan: () => T | Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await plan();
    } catch (error) {
      const kinds = missedBy(error);
      if (kinds === undefined) throw error;
      await Promise.all(kinds.map(load));
    }
  }
}
