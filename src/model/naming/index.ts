/** The namings of weights by their names in `Archive.naming`. A format picks one. */
import type { Naming } from "../../formats/archive.ts";
import { flat } from "./flat.ts";
import { names } from "./names.ts";
import { objects } from "./objects.ts";
import { paths } from "./paths.ts";
import { tree } from "./tree.ts";
import type { WeightNaming } from "./types.ts";

export const NAMINGS: Readonly<Record<Exclude<Naming, "none">, WeightNaming>> = { tree, flat, paths, names, objects };
