/** The namings of weights by their names in `Archive.naming`. A format picks one. */
import type { Naming } from "../../formats/archive.ts";
import type { WeightNaming } from "./types.ts";

type Named = Exclude<Naming, "none">;

/** Each, loaded when it is called for. */
export const NAMINGS: Readonly<Record<Named, () => Promise<WeightNaming>>> = {
  tree: async () => (await import("./tree.ts")).treeNaming,
  flat: async () => (await import("./flat.ts")).flatNaming,
  paths: async () => (await import("./paths.ts")).pathsNaming,
  names: async () => (await import("./names.ts")).namesNaming,
  objects: async () => (await import("./objects.ts")).objectsNaming,
};

/** All of them: a writer picks one later. */
export async function allNamings(): Promise<Readonly<Record<Named, WeightNaming>>> {
  const loaded = await Promise.all(Object.entries(NAMINGS).map(async ([name, load]) => [name, await load()] as const));
  return Object.fromEntries(loaded) as Record<Named, WeightNaming>;
}
