/** Options and calls of layers as text that is equal when they mean the same, whatever generation wrote them. */
import { JsonNumber, type JsonNode, type JsonObject } from "../codecs/json.ts";
import { speltKey } from "../layers/call-args.ts";
import type { Call, CallArg, LayerNode } from "../layers/define.ts";
import type { Field } from "../layers/fields.ts";
import { builtShape } from "../layers/common/model-inputs.ts";
import { CallNumbers } from "../layers/models/shared/call-order.ts";
import { places } from "../layers/models/shared/places.ts";

const ID = "shared_object_id";

/** Sorted keys, numbers by value, no nulls in objects, no ids: which layers are one is seen in their calls. Depth is that of a config, which the importers have bounded. */
export function canonical(value: unknown): string {
  if (value === undefined || value === null) return "null";
  if (value instanceof JsonNumber) return String(value.value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(", ")}]`;
  // NumPy's arrays, which `.h5` files hold as lists.
  const config =
    value instanceof Map && value.get("class_name") === "__numpy__" ? (value.get("config") as unknown) : null;
  if (config instanceof Map) return canonical(config.get("value"));
  if (value instanceof Map || typeof value === "object") {
    const entries = value instanceof Map ? [...value] : Object.entries(value);
    const kept = (entries as [string, unknown][]).filter(([key, entry]) => (entry ?? null) !== null && key !== ID);
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

/** Compared otherwise: the ends of a functional model as calls, shapes as those of the model's inputs. */
const ELSEWHERE: ReadonlySet<string> = new Set(["input_layers", "output_layers", "build_input_shape"]);

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
    if (field.kind === "layer" || field.kind === "layers" || node.children.has(key) || ELSEWHERE.has(key)) continue;
    const value = node.config[key];
    const isObject = field.kind === "initializer" || field.kind === "regularizer" || field.kind === "constraint";
    found.set(key, isObject ? nestedObject((value ?? null) as JsonNode) : canonical(value));
  }
  return found;
}

/** The class of a layer; of an unknown one the name that somebody registered, which `.h5` has in the class's place. */
export function classOf({ def, class: name, raw }: LayerNode): string {
  const registered = raw?.get("registered_name");
  return def?.class ?? (typeof registered === "string" && registered.includes(">") ? registered : name);
}

type Ref = Extract<CallArg, { kind: "ref" }>;

function argument(arg: CallArg, call: (ref: Ref) => number): string {
  const inner = (value: CallArg): string => argument(value, call);
  switch (arg.kind) {
    case "ref":
      return `${arg.layer}:${call(arg)}:${arg.tensor}`;
    case "json":
      return canonical(arg.value);
    case "constant":
      return `constant ${canonical(arg.shape)} ${canonical(arg.values)}`;
    case "slice":
      return `${inner(arg.start)}:${inner(arg.stop)}:${inner(arg.step)}`;
    case "ellipsis":
      return "...";
    case "list":
      return `[${arg.items.map(inner).join(", ")}]`;
    case "record":
      return `{${arg.entries.map(([key, value]) => `${key}: ${inner(value)}`).join(", ")}}`;
  }
}

/** Arguments that say nothing: what every call without them means. */
const SILENT: ReadonlySet<string> = new Set(["null", "{}", "[]"]);

/** Lists of one argument are that argument: generations differ in how they write a single one. */
function bare(arg: CallArg): CallArg {
  return arg.kind === "list" && arg.items.length === 1 ? bare(arg.items[0]!) : arg;
}

/** A call whose index is spelt out, as `.h5` of Keras 3 has it, and `.keras` of tf-keras of a layer that says what it was built on. */
function spelt({ args, kwargs }: Call, layer: LayerNode | undefined): Call {
  const [x, key] = args;
  const shape = x?.kind === "ref" ? (x.shape ?? (layer === undefined ? null : builtShape(layer))) : null;
  if (x === undefined || shape === null) return { args, kwargs };
  const named = kwargs.map(([name, value]): Call["kwargs"][number] =>
    name === "slice_spec" ? [name, speltKey(value, shape.length)] : [name, value],
  );
  return { args: key === undefined || args.length > 2 ? args : [x, speltKey(key, shape.length)], kwargs: named };
}

function callLine(stored: Call, layer: LayerNode | undefined, call: (ref: Ref) => number): string {
  const { args, kwargs } = spelt(stored, layer);
  const named = kwargs
    .map(([key, value]) => [key, argument(value, call)] as const)
    .filter(([, value]) => !SILENT.has(value));
  return [...args.map((arg) => argument(bare(arg), call)), ...named.map(([key, value]) => `${key}=${value}`)].join(
    ", ",
  );
}

/** How a functional model joins its layers: one line for each call of a layer, then what leaves the model. */
export function callsOf(model: LayerNode): ReadonlyMap<string, readonly string[]> {
  if (!model.options.has("output_layers")) return new Map();
  const layers = new Map(model.children.get("layers")?.map((child) => [child.name, child]));
  const outputs = places(model.options.get("output_layers"));
  // Generations count the calls of a layer from different numbers.
  const numbers = new CallNumbers(model, layers, outputs);
  const lines = new Map<string, readonly string[]>();
  for (const [name, calls] of model.innerCalls) {
    const made = calls.map((call) => callLine(call, layers.get(name), (ref) => numbers.ofArgument(ref)));
    lines.set(name, made);
  }
  const ends = outputs.map((place) => `${place.layer}:${numbers.ofOutput(place)}:${place.tensor}`);
  return lines.set("(outputs)", ends);
}
