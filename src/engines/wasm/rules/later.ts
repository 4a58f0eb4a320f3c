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
  /** Weights in fewer bytes. */
  forms: () => import("../kernels/small-forms.ts"),
};
type Loaders = typeof LOAD;
type Kind = keyof Loaders;

const later: { [K in Kind]?: Awaited<ReturnType<Loaders[K]>> } = {};

async function load<K extends Kind>(kind: K): Promise<void> {
  later[kind] = (await LOAD[kind]()) as (typeof later)[K];
}

/** Rules or kernels of a kind. Where nobody has loaded them the plan fails, to be made again by `withRules`. */
export function loaded<K extends Kind>(kind: K): NonNullable<(typeof later)[K]> {
  const found = later[kind];
  if (found !== undefined) return found;
  return fail("mismatch/not-prepared", {
    message: "inputs of these shapes need functions that are not there yet: call prepare with them",
    found: kind,
  });
}

/** What a plan has failed for, where it is a kind that can be loaded. */
function missedBy(error: unknown): Kind | undefined {
  if (!(error instanceof FormatError) || error.code !== "mismatch/not-prepared") return undefined;
  return Object.hasOwn(LOAD, error.found ?? "") ? (error.found as Kind) : undefined;
}

/** Makes a plan, anew after loading what it has missed. */
export async function withRules<T>(plan: () => T | Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await plan();
    } catch (error) {
      const kind = missedBy(error);
      if (kind === undefined) throw error;
      await load(kind);
    }
  }
}
