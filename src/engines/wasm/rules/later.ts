/** Rules of some kinds, with their kernels, are loaded before a graph that has such nodes is compiled. */
import { fail } from "../../../core/error.ts";
import type { OpName } from "../../../ops/signatures.ts";
import type { Graph } from "../../../ops/types.ts";

/** The kinds. */
interface Loaded {
  windows?: typeof import("./windows.ts");
  recurrent?: typeof import("./recurrent.ts");
  convRecurrent?: typeof import("./conv-recurrent.ts");
  lookup?: typeof import("./lookup.ts");
  attention?: typeof import("./attention.ts");
  resize?: typeof import("./resize.ts");
  random?: typeof import("./random.ts");
}
type Kind = keyof Loaded;

/** Those that are there: of a graph that is being compiled all that it needs. */
export const later: Loaded = {};

const LOAD: { readonly [K in Kind]: () => Promise<void> } = {
  windows: async () => void (later.windows ??= await import("./windows.ts")),
  recurrent: async () => void (later.recurrent ??= await import("./recurrent.ts")),
  convRecurrent: async () => void (later.convRecurrent ??= await import("./conv-recurrent.ts")),
  lookup: async () => void (later.lookup ??= await import("./lookup.ts")),
  attention: async () => void (later.attention ??= await import("./attention.ts")),
  resize: async () => void (later.resize ??= await import("./resize.ts")),
  random: async () => void (later.random ??= await import("./random.ts")),
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
  gather: ["lookup"],
  scatterAdd: ["lookup"],
  cumsum: ["lookup"],
  sort: ["lookup"],
  softmax: ["attention"],
  resize: ["resize"],
  random: ["random"],
};

const ALL = Object.keys(LOAD) as Kind[];

/**
 * What an attribute needs: of what a function emits (a caller's, or one that waits for lengths) nobody knows before;
 * sparsemax, the activation, sorts.
 */
function neededBy(attr: unknown): readonly Kind[] {
  if (typeof attr === "function") return ALL;
  if (attr === "sparsemax") return ["lookup"];
  if (attr === "softmax") return ["attention"];
  return typeof attr === "object" && attr !== null ? Object.values(attr).flatMap(neededBy) : [];
}

/** Loads what a graph needs, whatever the lengths of its inputs. */
export async function loadRules(graph: Graph): Promise<void> {
  const kinds = new Set<Kind>();
  const open = [graph];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const { op, attrs, body } of at.nodes) {
      for (const kind of [...(NEEDS[op] ?? []), ...neededBy(attrs)]) kinds.add(kind);
      if (body !== undefined) open.push(body);
    }
  }
  await Promise.all([...kinds].map((kind) => LOAD[kind]()));
}

/** The rules of a kind. Throws `internal/graph` where nobody has loaded it. */
export function loaded<K extends Kind>(kind: K): NonNullable<Loaded[K]> {
  return later[kind] ?? fail("internal/graph", { path: kind, message: "rules that are not loaded" });
}
