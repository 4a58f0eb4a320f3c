/** Options and calls of layers as text that is equal when they mean the same, whatever generation wrote them. */
import { JsonNumber, type JsonNode, type JsonObject } from "../codecs/json.ts";
import type { Call, CallArg, LayerNode } from "../layers/define.ts";
import type { Field } from "../layers/fields.ts";

/** Sorted keys, numbers by value, no nulls in objects. Depth is that of a config, which the importers have bounded. */
export function canonical(value: unknown): string {
  if (value === undefined || value === null) return "null";
  if (value instanceof JsonNumber) return String(value.value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(", ")}]`;
  if (value instanceof Map || typeof value === "object") {
    const entries = value instanceof Map ? [...value] : Object.entries(value);
    const kept = (entries as [string, unknown][]).filter(([, entry]) => entry !== null && entry !== undefined);
    kept.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${kept.map(([key, entry]) => `${key}: ${canonical(entry)}`).join(", ")}}`;
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** What an initialiser, regulariser or constraint stores about its own storing. */
const ABOUT_ITSELF: ReadonlySet<string> = new Set(["dtype", "name", "module", "registered_name"]);

const plainName = (name: string): string => name.replace(/[^A-Za-z0-9]/g, "").toLowerCase();

/** `glorot_uniform`, `{class_name: GlorotUniform, …}` with and without a module are one. */
function nestedObject(node: JsonNode): string {
  if (typeof node === "string") return `${plainName(node)} {}`;
  if (!(node instanceof Map)) return canonical(node);
  const inner = node.get("config");
  const name = node.get("class_name") ?? node.get("name");
  const options = inner instanceof Map ? inner : node;
  const own: JsonObject = new Map([...options].filter(([key]) => !ABOUT_ITSELF.has(key) && key !== "class_name"));
  return `${typeof name === "string" ? plainName(name) : ""} ${canonical(own)}`;
}

/** Of a functional model: generations nest single inputs and outputs differently. */
const ENDS: ReadonlySet<string> = new Set(["input_layers", "output_layers"]);

/** The places in order, without the lists and records around them. */
function flatPlaces(node: JsonNode): JsonNode[] {
  if (node instanceof Map)
    return [...node.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, value]) => flatPlaces(value));
  return Array.isArray(node) ? node.flatMap(flatPlaces) : [node];
}

/** The options of a layer by name, children left out. Of an unknown layer: everything that the file says. */
export function optionsOf(node: LayerNode): ReadonlyMap<string, string> {
  const found = new Map<string, string>([
    ["name", canonical(node.name)],
    ["dtype", node.dtype],
  ]);
  if (node.def?.kind !== "cell" && node.raw !== null) found.set("trainable", String(node.trainable));
  if (node.def === null) {
    for (const [key, value] of node.options) found.set(key, canonical(value));
    return found;
  }
  for (const [key, field] of Object.entries(node.def.config) as [string, Field][]) {
    if (key === "build_input_shape") continue;
    if (ENDS.has(key)) {
      found.set(key, canonical(flatPlaces(node.config[key] as JsonNode)));
      continue;
    }
    if (field.kind === "layer" || field.kind === "layers" || node.children.has(key)) continue;
    const value = node.config[key];
    const isObject = field.kind === "initializer" || field.kind === "regularizer" || field.kind === "constraint";
    found.set(key, isObject ? nestedObject((value ?? null) as JsonNode) : canonical(value));
  }
  return found;
}

function argument(arg: CallArg): string {
  switch (arg.kind) {
    case "ref":
      return `${arg.layer}:${arg.node}:${arg.tensor}`;
    case "json":
      return canonical(arg.value);
    case "constant":
      return `constant ${canonical(arg.shape)} ${canonical(arg.values)}`;
    case "slice":
      return `${argument(arg.start)}:${argument(arg.stop)}:${argument(arg.step)}`;
    case "ellipsis":
      return "...";
    case "list":
      return `[${arg.items.map(argument).join(", ")}]`;
    case "record":
      return `{${arg.entries.map(([key, value]) => `${key}: ${argument(value)}`).join(", ")}}`;
  }
}

/** Arguments that say nothing: what every call without them means. */
const SILENT: ReadonlySet<string> = new Set(["null", "{}", "[]"]);

/** Lists of one argument are that argument: generations differ in how they write a single one. */
function bare(arg: CallArg): CallArg {
  return arg.kind === "list" && arg.items.length === 1 ? bare(arg.items[0]!) : arg;
}

/** One line for each call. */
export function callsOf(calls: readonly Call[]): readonly string[] {
  return calls.map(({ args, kwargs }) => {
    const named = kwargs
      .map(([key, value]) => [key, argument(value)] as const)
      .filter(([, value]) => !SILENT.has(value));
    return [...args.map((arg) => argument(bare(arg))), ...named.map(([key, value]) => `${key}=${value}`)].join(", ");
  });
}
