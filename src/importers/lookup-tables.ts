/**
 * The tables of a SavedModel's lookup layers: vocabularies that were learned (`adapt`) or came from a file are in no config.
 * A table's initialiser is a function; what is bound to it are constants of the graph, or a file among the assets. Sources:
 * tensorflow/core/protobuf/saved_object_graph.proto, tensorflow/core/framework/{graph,tensor}.proto,
 * tf_keras/layers/preprocessing/index_lookup.py (`lookup_table`).
 */
import { type JsonNode, JsonNumber } from "../codecs/json.ts";
import { fieldsOf, firstField, inside, textField, varint } from "../codecs/protobuf/fields.ts";
import type { LookupTable, ObjectNode } from "../formats/archive.ts";

const allOf = (bytes: Uint8Array, wanted: number): Uint8Array[] =>
  [...fieldsOf(bytes)].filter(({ number }) => number === wanted).map((field) => field.bytes);
const textIn = (bytes: Uint8Array, wanted: number): string => textField(inside(bytes, wanted));

/** A list of whole numbers, packed or one by one. */
function wholes(bytes: Uint8Array, wanted: number): number[] {
  const found: number[] = [];
  for (const field of fieldsOf(bytes)) {
    if (field.number !== wanted) continue;
    if (field.bytes.length === 0) found.push(field.value);
    for (let at = 0; at < field.bytes.length;) {
      const { value, end } = varint(field.bytes, at);
      found.push(value);
      at = end;
    }
  }
  return found;
}

const int = (value: number): JsonNode => JsonNumber.of(value, "int");

/** A TensorProto of texts or whole numbers of 64 bits; null of anything else, and of numbers beyond 2^53. */
function tensorItems(tensor: Uint8Array): readonly JsonNode[] | null {
  const dtype = firstField(tensor, 1)?.value;
  if (dtype === 7) return allOf(tensor, 8).map(textField);
  if (dtype !== 9) return null;
  const content = inside(tensor, 4);
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const packed = Array.from({ length: content.length >> 3 }, (_, i) => Number(view.getBigInt64(8 * i, true)));
  const all = [...packed, ...wholes(tensor, 10)];
  return all.every(Number.isSafeInteger) ? all.map(int) : null;
}

/** A table with a line for each token, in order. */
const ofLines = (text: string): LookupTable => {
  const lines = text.split(/\r\n|\r|\n/);
  while (lines.at(-1) === "") lines.pop();
  return { keys: lines, values: lines.map((_, i) => int(i)), isOfLines: true };
};

class SavedObjects {
  readonly #meta: Uint8Array;
  readonly #objects: readonly Uint8Array[];
  readonly #functions: ReadonlyMap<string, readonly number[]>;
  readonly #assets: readonly Uint8Array[];
  /** Once for however many tables. */
  #nodes: ReadonlyMap<string, Uint8Array> | null = null;
  readonly #constants = new Map<string, readonly JsonNode[] | null>();
  readonly #files = new Map<string, LookupTable | null>();

  constructor(meta: Uint8Array) {
    this.#meta = meta;
    const graph = inside(meta, 7);
    this.#objects = allOf(graph, 1);
    this.#assets = allOf(meta, 6);
    this.#functions = new Map(allOf(graph, 2).map((entry) => [textIn(entry, 1), wholes(inside(entry, 2), 2)]));
  }

  children(id: number): ReadonlyMap<string, number> {
    const own = allOf(this.#objects[id] ?? new Uint8Array(), 1);
    return new Map(own.map((child) => [textIn(child, 2), firstField(child, 1)?.value ?? 0]));
  }

  /** What a constant of the graph holds. */
  #constant(operation: string): readonly JsonNode[] | null {
    const known = this.#constants.get(operation);
    if (known !== undefined) return known;
    this.#nodes ??= new Map(allOf(inside(this.#meta, 2), 1).map((node) => [textIn(node, 1), node]));
    const node = this.#nodes.get(operation) ?? new Uint8Array();
    const value = allOf(node, 5).find((attr) => textIn(attr, 1) === "value");
    const items = value === undefined ? null : tensorItems(inside(inside(value, 2), 8));
    this.#constants.set(operation, items);
    return items;
  }

  /** `asset` reads a file beside the graph. */
  async table(id: number, asset: (file: string) => Promise<string | null>): Promise<LookupTable | null> {
    const initialiser = this.children(id).get("_initialize");
    const [name] = initialiser === undefined ? [] : allOf(inside(this.#objects[initialiser] ?? new Uint8Array(), 6), 1);
    const bound = (name && this.#functions.get(textField(name))) ?? [];
    const [first, second] = bound.filter((one) => one !== id).map((one) => this.#objects[one] ?? new Uint8Array());
    if (first === undefined) return null;
    if (second === undefined) {
      const file = firstField(first, 5);
      const entry = file && this.#assets[firstField(file.bytes, 1)?.value ?? 0];
      if (entry === undefined) return null;
      const path = textIn(entry, 2);
      if (!this.#files.has(path)) {
        const text = await asset(path);
        this.#files.set(path, text === null ? null : ofLines(text));
      }
      return this.#files.get(path)!;
    }
    const [keys, values] = [first, second].map((object) => this.#constant(textIn(inside(object, 9), 1)));
    return keys && values && keys.length === values.length ? { keys, values } : null;
  }
}

/** The objects of the checkpoint, with the tables that the graph has for them. Throws `malformed/protobuf`. */
export async function withTables(
  meta: Uint8Array,
  nodes: readonly ObjectNode[],
  asset: (file: string) => Promise<string | null>,
): Promise<readonly ObjectNode[]> {
  const saved = new SavedObjects(meta);
  const tables = new Map<number, LookupTable>();
  const seen = new Set([0]);
  const open = [{ id: 0, at: 0 }];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [own, other] = [saved.children(pair.id), nodes[pair.at]!.children];
    for (const [name, id] of own) {
      const at = other.get(name);
      if (at === undefined || seen.has(id)) continue;
      seen.add(id);
      open.push({ id, at });
      const table = name === "lookup_table" ? await saved.table(id, asset) : null;
      if (table !== null) tables.set(at, table);
    }
  }
  return nodes.map((node, i) => (tables.has(i) ? { ...node, table: tables.get(i)! } : node));
}
