/**
 * Looks up every name in a written config in what the target's Keras knows (names/*.ts, made from the real packages):
 * classes, their options, initialisers, regularisers, constraints, activations.
 */
import type { JsonNode, JsonObject } from "../codecs/json.ts";
import type { Dialect } from "../formats/archive.ts";
import { LANGUAGES } from "../formats/languages.ts";

type Table = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;

/** What Keras does not know. */
export interface Unknown {
  readonly kind: "class" | "option" | "initializer" | "regularizer" | "constraint" | "activation";
  readonly name: string;
  /** Names of the layers down to it, joined by `/`; the option after a dot. */
  readonly path: string;
}

/** `# kind`, then a line for classes of the same options: names joined by commas, options; `*` stands for the first line's. */
function parse(text: string): Table {
  const [first, ...lines] = text.trim().split("\n");
  const common = first!.split(" ").slice(1);
  const table = new Map<string, Map<string, ReadonlySet<string>>>();
  let kind = new Map<string, ReadonlySet<string>>();
  let isFunctions = false;
  for (const line of lines) {
    const [head, ...options] = line.split(" ");
    if (head === "#") {
      kind = new Map();
      table.set(options[0]!, kind);
      isFunctions = options[0] === "activations";
    } else if (isFunctions) for (const name of [head!, ...options]) kind.set(name, new Set());
    else {
      const all = new Set(options.flatMap((option) => (option === "*" ? common : [option])));
      for (const name of head!.split(",")) kind.set(name, all);
    }
  }
  return table;
}

const MODELS: ReadonlySet<string> = new Set(["Sequential", "Functional", "Model"]);
const OBJECTS = ["initializer", "regularizer", "constraint"] as const;

class Look {
  readonly found: Unknown[] = [];
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  #add(kind: Unknown["kind"], name: string, path: string): void {
    this.found.push({ kind, name, path });
  }

  /** A layer, an operation or a model, and everything in it. */
  layer(object: JsonObject, above: string): void {
    const [name, config, module] = [String(object.get("class_name")), object.get("config"), object.get("module")];
    const own = config instanceof Map ? config.get("name") : undefined;
    const path = [above, typeof own === "string" ? own : name].filter((part) => part !== "").join("/");
    const registered = object.get("registered_name");
    const full = typeof registered === "string" && registered.includes(">") ? registered : name;
    const section = typeof module === "string" && this.#table.has(module) ? module : "layers";
    const options = this.#table.get(section)?.get(full);
    if (options === undefined) return this.#add("class", full, path);
    if (!(config instanceof Map)) return;
    for (const [key, value] of config) {
      if (!MODELS.has(name) && !options.has(key)) this.#add("option", key, `${path}.${key}`);
      this.#value(key, value, path);
    }
  }

  #value(key: string, value: JsonNode, path: string): void {
    const kind = OBJECTS.find((end) => key === end || key.endsWith(`_${end}`));
    if (kind !== undefined) this.#object(kind, value, `${path}.${key}`);
    else if (/(^|_)activation$/.test(key)) this.#activation(value, `${path}.${key}`);
    else if (Array.isArray(value)) for (const item of value) this.#nested(item, path);
    else this.#nested(value, path);
  }

  #nested(value: JsonNode, path: string): void {
    const isPolicy =
      value instanceof Map &&
      /(Policy(Map)?|QuantizationConfig|(GPTQ|AWQ)Config)$/.test(String(value.get("class_name")));
    if (value instanceof Map && value.get("config") instanceof Map && value.has("class_name") && !isPolicy)
      if (!String(value.get("class_name")).startsWith("__")) this.layer(value, path);
  }

  #object(kind: (typeof OBJECTS)[number], value: JsonNode, path: string): void {
    const name = value instanceof Map ? value.get("class_name") : value;
    const config = value instanceof Map ? value.get("config") : null;
    if (typeof name !== "string") {
      if (value !== null) this.#add(kind, "null", path);
      return;
    }
    const options = this.#table.get(`${kind}s`)?.get(name);
    if (options === undefined) this.#add(kind, typeof config === "string" ? config : name, path);
    else if (config instanceof Map)
      for (const key of config.keys()) if (!options.has(key)) this.#add("option", key, `${path}.${key}`);
  }

  #activation(value: JsonNode, path: string): void {
    if (value instanceof Map && value.get("config") instanceof Map) return this.layer(value, path);
    const name = value instanceof Map ? (value.get("config") ?? value.get("class_name")) : value;
    const known = (section: string): boolean => this.#table.get(section)?.has(String(name)) ?? false;
    if (name !== null && name !== undefined && !known("activations") && !known("layers"))
      this.#add("activation", String(name), path);
  }
}

const TABLES = { keras2: () => import("./names/keras2.ts"), keras3: () => import("./names/keras3.ts") } as const;

async function tableOf(dialect: Dialect): Promise<Table | null> {
  const { names } = LANGUAGES[dialect];
  return names === null ? null : parse((await TABLES[names]()).TABLE);
}

/** Those of the names that a generation has: what is missed elsewhere is no custom object. */
export async function ownNames(found: readonly Unknown[], dialect: Dialect): Promise<ReadonlySet<Unknown>> {
  const table = found.length === 0 ? null : await tableOf(dialect);
  return new Set(found.filter(({ kind, name }) => table?.get(`${kind}s`)?.has(name)));
}

/** What of a written config the Keras of its dialect does not know, in the order of the config. Keras 1 is not asked. */
export async function unknownNames(root: JsonNode, dialect: Dialect): Promise<readonly Unknown[]> {
  const table = await tableOf(dialect);
  if (table === null || !(root instanceof Map)) return [];
  const look = new Look(table);
  look.layer(root, "");
  return look.found;
}
