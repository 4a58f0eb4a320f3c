/** Rules of some kinds, with their kernels, are loaded before a graph that has such nodes is compiled. */
import { fail } from "../../../core/error.ts";
import type { OpName } from "../../../ops/signatures.ts";
import type { Graph } from "../../../ops/types.ts";

/** The kinds. */
interface Loaded {
  windows?: typeof import("./windows.ts");
  recurrent?: typeof import("./recurrent.ts");
  convRecurrent?: typeof import("./conv-recurrent.ts");
}
type Kind = keyof Loaded;

/** Those that are there: of a graph that is being compiled all that it needs. */
export const later: Loaded = {};

const LOAD: { readonly [K in Kind]: () => Promise<void> } = {
  windows: async () => void (later.windows ??= await import("./windows.ts")),
  recurrent: async () => void (later.recurrent ??= await import("./recurrent.ts")),
  convRecurrent: async () => void (later.convRecurrent ??= await import("./conv-recurrent.ts")),
};

/** What an operation needs, itself or spelt out. */
const NEEDS: { readonly [N in OpName]?: readonly Kind[] } = {
  conv: ["windows"],
  convTranspose: ["windows"],
  pool: ["windows"],
  lstmCell: ["recurrent"],
  gruCell: ["recurrent"],
  simpleRnnCell: ["recurrent"],
  rnn: ["recurrent"],
  convLstmCell: ["windows", "convRecurrent"],
};

/** Whether something emits operations of which nobody knows before: a caller's function, or one that waits for lengths. */
function hasFunction(attr: unknown): boolean {
  if (typeof attr !== "object" || attr === null) return typeof attr === "function";
  return Object.values(attr).some(hasFunction);
}

/** Loads what a graph needs, whatever the lengths of its inputs. */
export async function loadRules(graph: Graph): Promise<void> {
  const kinds = new Set<Kind>();
  const open = [graph];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const { op, attrs, body } of at.nodes) {
      for (const kind of hasFunction(attrs) ? (Object.keys(LOAD) as Kind[]) : (NEEDS[op] ?? [])) kinds.add(kind);
      if (body !== undefined) open.push(body);
    }
  }
  await Promise.all([...kinds].map((kind) => LOAD[kind]()));
}

/** The rules of a kind. Throws `internal/graph` where nobody has loaded it. */
export function loaded<K extends Kind>(kind: K): NonNullable<Loaded[K]> {
  return later[kind] ?? fail("internal/graph", { path: kind, message: "rules that are not loaded" });
}
