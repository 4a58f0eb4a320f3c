/**
 * The registry: finds the declaration of a class by the name and module that a file gives, once its family is loaded
 * (`loadLayers`) or code has asked for it (`register`).
 */
import type { JsonNode, JsonObject } from "../codecs/json.ts";
import { inputLayer } from "./core/input-layer.ts";
import type { Supplied } from "./custom.ts";
import type { AnyDef } from "./define.ts";
import { ALSO_OPERATIONS, FAMILIES } from "./families.ts";
import * as models from "./families/models.ts";

/** Whether a module of a file holds operations (`keras.src.ops.numpy`) rather than layers. */
const isOperationModule = (module: string | null): boolean => module !== null && /(^|\.)ops(\.|$)/.test(module);

const layers = new Map<string, AnyDef>();
const operations = new Map<string, AnyDef>();

/** Lets files name these classes. */
export function register(defs: readonly AnyDef[]): void {
  for (const def of defs) {
    const table = isOperationModule(def.module ?? null) ? operations : layers;
    for (const name of [def.class, ...(def.names ?? [])]) table.set(name, def);
  }
}

register(declarationsIn({ ...models, inputLayer }));

/** The declarations, and those in lists, that a module exports. */
export function declarationsIn(family: object): readonly AnyDef[] {
  return Object.values(family).flat() as unknown as readonly AnyDef[];
}

const familyOf = new Map(
  Object.entries(FAMILIES).flatMap(([family, { names }]) => names.split(" ").map((name) => [name, family] as const)),
);

/**
 * The families of the classes that a config names. `marksLayers`: whether the config of every layer says `trainable`, and
 * that of no operation.
 */
export function familiesIn(config: JsonNode, marksLayers: boolean): ReadonlySet<string> {
  const families = new Set<string>();
  const open: JsonNode[] = [config];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (Array.isArray(node)) for (const item of node) open.push(item);
    if (!(node instanceof Map)) continue;
    for (const item of node.values()) open.push(item);
    const [name, registered, module, inner] = ["class_name", "registered_name", "module", "config"].map((key) =>
      (node as JsonObject).get(key),
    );
    if (typeof name !== "string") continue;
    const family = [registered, name].flatMap((one) => (typeof one === "string" ? (familyOf.get(one) ?? []) : []));
    for (const one of family) families.add(one);
    const isOperation =
      typeof module === "string"
        ? isOperationModule(module)
        : marksLayers &&
          !(inner instanceof Map && inner.has("trainable")) &&
          (ALSO_OPERATIONS.has(name) || (family.length === 0 && !layers.has(name) && !name.startsWith("__")));
    if (isOperation) families.add("operations");
  }
  return families;
}

/** Loads what `familiesIn` finds: `findLayer` then knows every class of the config that anybody here knows. */
export async function loadLayers(config: JsonNode, marksLayers: boolean): Promise<void> {
  const found = [...familiesIn(config, marksLayers)].map((family) => FAMILIES[family]!.load());
  for (const family of await Promise.all(found)) register(declarationsIn(family));
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

/** An operation by its class. Of the family `operations`, which is loaded where a model has one of its layers. */
export const operationOf = (className: string): AnyDef => operations.get(className)!;
