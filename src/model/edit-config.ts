/** Edits of a model's config as its file has it, whatever the generation: what is not named stays as it is. */
import { JsonNumber, type JsonNode, type JsonObject } from "../codecs/json.ts";
import { fail } from "../core/error.ts";
import type { LayerNode } from "../layers/define.ts";
import { inputsOf } from "./walk.ts";

/** References to layers (`[name, call, output, …]`) with other names, wherever they stand. */
function renamedPlaces(node: JsonNode, names: ReadonlyMap<string, string>): JsonNode {
  if (node instanceof Map) return new Map([...node].map(([key, value]) => [key, renamedPlaces(value, names)]));
  if (!Array.isArray(node)) return node;
  const [name, call, output] = node;
  const isPlace = typeof name === "string" && call instanceof JsonNumber && output instanceof JsonNumber;
  return node.map((item, i) => (isPlace && i === 0 ? (names.get(name) ?? name) : renamedPlaces(item, names)));
}

/** Keys of what a model was compiled with: losses and metrics by output. */
function renamedKeys(node: JsonNode, names: ReadonlyMap<string, string>): JsonNode {
  if (Array.isArray(node)) return node.map((item) => renamedKeys(item, names));
  if (!(node instanceof Map)) return node;
  return new Map([...node].map(([key, value]) => [names.get(key) ?? key, renamedKeys(value, names)]));
}

const withName = (raw: JsonObject, names: ReadonlyMap<string, string>): JsonObject => {
  const [outer, config] = [raw.get("name"), raw.get("config")];
  const inner = config instanceof Map ? config.get("name") : undefined;
  const to = names.get(String(outer ?? inner ?? ""));
  if (to === undefined) return raw;
  const form = new Map(raw);
  if (outer !== undefined) form.set("name", to);
  if (config instanceof Map && inner !== undefined) form.set("config", new Map(config).set("name", to));
  return form;
};

/** A serialised model whose own layers, or itself, have other names. */
export function renameLayers(raw: JsonObject, names: ReadonlyMap<string, string>): JsonObject {
  const config = raw.get("config");
  const layers = config instanceof Map ? config.get("layers") : config;
  if (!Array.isArray(layers)) return withName(raw, names);
  const forms = layers.map((layer): JsonNode => {
    if (!(layer instanceof Map)) return layer;
    const form = new Map(withName(layer, names));
    const calls = form.get("inbound_nodes");
    return calls === undefined ? form : form.set("inbound_nodes", renamedPlaces(calls, names));
  });
  if (!(config instanceof Map)) return new Map(raw).set("config", forms);
  const inside = new Map(config).set("layers", forms);
  for (const key of ["input_layers", "output_layers"])
    if (inside.has(key)) inside.set(key, renamedPlaces(inside.get(key)!, names));
  const whole = withName(
    new Map(raw).set("config", inside),
    new Map(
      [...names].filter(
        ([from]) =>
          !layers.some((l) => l instanceof Map && (l.get("config") as JsonObject | undefined)?.get?.("name") === from),
      ),
    ),
  );
  const compiled = whole.get("compile_config");
  return compiled === undefined ? whole : new Map(whole).set("compile_config", renamedKeys(compiled, names));
}

/** Options that hold shapes with a batch axis. */
const SHAPES: ReadonlySet<string> = new Set([
  "batch_shape",
  "batch_input_shape",
  "build_input_shape",
  "input_shape",
  "shape",
]);

const isShape = (node: JsonNode): node is JsonNode[] =>
  Array.isArray(node) && node.length > 0 && node.every((n) => n === null || n instanceof JsonNumber);

/** Every such shape that has the old batch size, wherever it stands. */
function replaced(node: JsonNode, old: ReadonlySet<number>, to: JsonNode): JsonNode {
  if (Array.isArray(node)) return node.map((item) => replaced(item, old, to));
  if (!(node instanceof Map)) return node;
  return new Map(
    [...node].map(([key, value]) => {
      const first = SHAPES.has(key) && isShape(value) ? value[0] : undefined;
      const isOld = first instanceof JsonNumber && old.has(first.value);
      return [key, isOld ? [to, ...(value as JsonNode[]).slice(1)] : replaced(value, old, to)];
    }),
  );
}

/** A serialised layer whose own input shape has another batch size; null where it says none. */
function openedTo(raw: JsonObject, to: JsonNode): JsonObject | null {
  const config = raw.get("config");
  if (!(config instanceof Map)) return null;
  const key = ["batch_shape", "batch_input_shape", "build_input_shape"].find((name) =>
    isShape(config.get(name) ?? null),
  );
  if (key === undefined) return null;
  return new Map(raw).set("config", new Map(config).set(key, [to, ...(config.get(key) as JsonNode[]).slice(1)]));
}

/** A serialised model that takes another batch size. Throws `mismatch/input-shape` where it says no shape. */
export function withBatch(raw: JsonObject, root: LayerNode, batch: number | null): JsonObject {
  const to: JsonNode = batch === null ? null : JsonNumber.of(batch, "int");
  const specs = inputsOf(root);
  const old = new Set(specs.flatMap(({ shape }) => (typeof shape?.[0] === "number" ? [shape[0]] : [])));
  const form = replaced(raw, old, to) as JsonObject;
  const config = form.get("config");
  const layers = config instanceof Map ? config.get("layers") : config;
  if (!Array.isArray(layers)) return fail("mismatch/input-shape", { path: root.name, message: "no layers" });
  const names = new Set(specs.map(({ name }) => name));
  let isDone = false;
  const forms = layers.map((layer, i): JsonNode => {
    const inner = layer instanceof Map ? layer.get("config") : null;
    const name = inner instanceof Map ? inner.get("name") : null;
    const isInput = root.options.has("input_layers") ? typeof name === "string" && names.has(name) : i === 0;
    const opened = isInput ? openedTo(layer as JsonObject, to) : null;
    isDone ||= opened !== null;
    return opened ?? layer;
  });
  if (!isDone)
    fail("mismatch/input-shape", {
      path: root.name,
      message: "the file says no shape of the input: nothing to change",
    });
  return new Map(form).set("config", config instanceof Map ? new Map(config).set("layers", forms) : forms);
}
