/** Finds the declaration of a class by the name and module that a file gives. */
import type { AnyDef } from "./define.ts";
import { LAYERS } from "./index.ts";

const layers = new Map<string, AnyDef>();
const operations = new Map<string, AnyDef>();
for (const def of LAYERS) {
  const table = def.kind === "operation" ? operations : layers;
  for (const name of [def.class, ...(def.names ?? [])]) table.set(name, def);
}

/** Caller-supplied declarations by class name win over built-in ones. */
export type CustomLayers = ReadonlyMap<string, AnyDef>;

/** Whether a module of a file holds operations (`keras.src.ops.numpy`) rather than layers. */
const isOperationModule = (module: string | null): boolean => module !== null && /(^|\.)ops(\.|$)/.test(module);

/** The declaration of a class; null when nobody here knows it. A `registered_name` of somebody's own package is never a built-in. */
export function findLayer(
  className: string,
  module: string | null,
  registeredName: string | null,
  custom?: CustomLayers,
): AnyDef | null {
  const own = custom?.get(registeredName ?? className) ?? custom?.get(className);
  if (own !== undefined) return own;
  if (registeredName !== null && registeredName.includes(">")) return null;
  return (isOperationModule(module) ? operations : layers).get(className) ?? null;
}
