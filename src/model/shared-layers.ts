/**
 * Layers that a file says are one and the same object. Keras gives a `shared_object_id` from the second appearance on, so
 * the first is found by its class, name and config.
 */
import { JsonNumber, jsonEqual, type JsonNode, type JsonObject } from "../codecs/json.ts";
import { fail } from "../core/error.ts";
import type { LayerNode } from "../layers/define.ts";

const idOf = (raw: JsonObject): number | null => {
  const id = raw.get("shared_object_id");
  return id instanceof JsonNumber ? id.value : null;
};

/** What `.h5` leaves out in some appearances of an object, and ids, which differ between them. */
const STORING: ReadonlySet<string> = new Set(["shared_object_id", "module", "registered_name", "build_config", "compile_config"]); // prettier-ignore

function withoutStoring(node: JsonNode): JsonNode {
  if (Array.isArray(node)) return node.map(withoutStoring);
  if (!(node instanceof Map)) return node;
  return new Map([...node].filter(([key]) => !STORING.has(key)).map(([key, value]) => [key, withoutStoring(value)]));
}

/** The config by which an object is known again. */
const identity = (raw: JsonObject | null): JsonNode => withoutStoring(raw?.get("config") ?? null);

/** The layers read so far, found again by their id or by what they say. */
export class SharedLayers {
  /** Whether a first appearance that has no id is looked for; Keras itself looks for none. */
  readonly #looks: boolean;
  /** Whether one was found. */
  isFound = false;
  readonly #byId = new Map<number, LayerNode>();
  readonly #first = new Map<string, { raw: JsonObject; node: LayerNode }[]>();

  constructor(looks = true) {
    this.#looks = looks;
  }

  #key(raw: JsonObject): string {
    const config = raw.get("config");
    return `${String(raw.get("class_name"))}/${config instanceof Map ? String(config.get("name")) : ""}`;
  }

  /**
   * The layer that this is another appearance of; `open` are those that it stands inside of. Throws `malformed/cycle` for
   * one of them, `malformed/config` for an id that two different ones have.
   */
  find(raw: JsonObject, open: ReadonlySet<LayerNode>): LayerNode | undefined {
    const id = idOf(raw);
    if (id === null) return undefined;
    const config = identity(raw);
    const known = this.#byId.get(id);
    if (known !== undefined) {
      if (open.has(known)) fail("malformed/cycle", { path: known.path, message: "a layer is inside itself" });
      if (known.class === raw.get("class_name") && jsonEqual(identity(known.raw), config)) return known;
      return fail("malformed/config", {
        path: known.path,
        expected: "one layer, with one class and config, under a shared_object_id",
        found: `another under ${id}: ${this.#key(raw)}`,
      });
    }
    if (!this.#looks) return undefined;
    const alike = (this.#first.get(this.#key(raw)) ?? []).filter((other) => jsonEqual(identity(other.raw), config));
    // Of several the file does not tell which: Keras makes another layer, whose weights the file has where it stands.
    const first = alike.length === 1 ? alike[0] : undefined;
    if (first === undefined) return undefined;
    this.#byId.set(id, first.node);
    this.isFound = true;
    return first.node;
  }

  add(raw: JsonObject, node: LayerNode): void {
    const id = idOf(raw);
    if (id !== null) {
      this.#byId.set(id, node);
      return;
    }
    const key = this.#key(raw);
    this.#first.set(key, [...(this.#first.get(key) ?? []), { raw, node }]);
  }
}
