/** Every class that keraport knows, loaded. */
import type { AnyDef } from "./define.ts";
import * as premade from "./families/models-premade.ts";
import * as features from "./families/preprocessing-features.ts";
import * as declared from "./index.ts";
import { declarationsIn, register } from "./registry.ts";

/** Layers, cells and then operations, by name. */
export const LAYERS: readonly AnyDef[] = [...declarationsIn({ ...declared, ...premade, ...features })].sort(
  (a, b) => Number(a.kind === "operation") - Number(b.kind === "operation") || (a.class < b.class ? -1 : 1),
);

register(LAYERS);
