/** The registry: finds the declaration of a class by the name and module that a file gives. */
import type { JsonObject } from "../codecs/json.ts";
import type { Supplied } from "./custom.ts";
import type { AnyDef } from "./define.ts";
import * as declared from "./index.ts";

/** Every class that keraport knows: layers, cells and then operations, by name. */
export const LAYERS: readonly AnyDef[] = (Object.values(declared).flat() as unknown as AnyDef[]).sort(
  (a, b) => Number(a.kind === "operation") - Number(b.kind === "operation") || (a.class < b.class ? -1 : 1),
);

/** Whether a module of a file holds operations (`keras.src.ops.numpy`) rather than layers. */
const isOperationModule = (module: string | null): boolean => module !== null && /(^|\.)ops(\.|$)/.test(module);

const layers = new Map<string, AnyDef>();
const operations = new Map<string, AnyDef>();
for (const def of LAYERS) {
  const table = isOperationModule(def.module ?? null) ? operations : layers;
  for (const name of [def.class, ...(def.names ?? [])]) table.set(name, def);
}

/** A class as a file names it, with what tells whose it is. */
export interface ClassInFile {
  readonly className: string;
  readonly module: string | null;
  readonly registeredName: string | null;
  /** Whether its config says `trainable`, as those of all layers do. */
  readonly trainable: boolean;
  readonly config: JsonObject;
}

/** Whether a class is part of one of Keras's own networks: `keras.layers` does not have it. */
export const isOfApplication = ({ module }: AnyDef): boolean => module?.startsWith("keras.src.applications.") ?? false;

/** Others give layers of their own such a name: Keras's have just these options, and lie where Keras's lie. */
function isKerasOwn(def: AnyDef, { module, config }: ClassInFile): boolean {
  const inPlace = module === null || /(^|\.)applications\./.test(module);
  return inPlace && Object.keys(def.config).every((option) => config.has(option));
}

/**
 * The declaration of a class; null when nobody here knows it. A `registered_name` of somebody's own package is never a
 * built-in. Legacy files give no module: there a `Multiply` without `trainable` in its config is the operation.
 */
export function findLayer(found: ClassInFile, supplied?: Supplied): AnyDef | null {
  const { className, module, registeredName, trainable } = found;
  const custom = supplied?.layers;
  const own = custom?.get(registeredName ?? className) ?? custom?.get(className.slice(className.lastIndexOf(">") + 1));
  if (own !== undefined) return own;
  const named = layers.get(registeredName ?? className) ?? layers.get(className) ?? null;
  const layer = named !== null && isOfApplication(named) && !isKerasOwn(named, found) ? null : named;
  if (registeredName !== null && registeredName.includes(">"))
    return layer?.names?.includes(registeredName) ? layer : null;
  const operation = operations.get(className) ?? null;
  if (module !== null) return isOperationModule(module) ? operation : layer;
  return operation !== null && !trainable ? operation : layer;
}
