/** The namings of weights by their names in `Archive.naming`. A format picks one. */
import type { Naming } from "../../formats/archive.ts";
import { flatNaming } from "./flat.ts";
import { namesNaming } from "./names.ts";
import { objectsNaming } from "./objects.ts";
import { pathsNaming } from "./paths.ts";
import { treeNaming } from "./tree.ts";
import type { WeightNaming } from "./types.ts";

export const NAMINGS: Readonly<Record<Exclude<Naming, "none">, WeightNaming>> = {
  tree: treeNaming,
  flat: flatNaming,
  paths: pathsNaming,
  names: namesNaming,
  objects: objectsNaming,
};
