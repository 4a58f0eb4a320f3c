/** The answers in fixtures/hdf5/*.json, and an opened file brought to the same form. */
import { createHash } from "node:crypto";
import type { Hdf5Attribute, Hdf5Dataset, Hdf5Group, Hdf5Type } from "../../../src/codecs/hdf5/types.ts";

export interface Value {
  type: unknown;
  shape: readonly number[] | null;
  hex?: string;
  sha256?: string;
  strings?: readonly string[];
}

/** Entries rather than records, so that order and names such as `__proto__` are compared too. */
export interface Node {
  attributes: [string, Value][];
  children?: [string, Node][];
  dataset?: Value;
}

const HEX_BYTES = 256;

function typeOf(type: Hdf5Type): unknown {
  return type.class === "other" ? { class: "other", size: type.size } : type;
}

function bytesValue(type: Hdf5Type, shape: readonly number[] | null, bytes: Uint8Array): Value {
  const value = { type: typeOf(type), shape };
  if (type.class === "other" && shape !== null) return value;
  const hex = Buffer.from(bytes).toString("hex");
  return bytes.length <= HEX_BYTES
    ? { ...value, hex }
    : { ...value, sha256: createHash("sha256").update(bytes).digest("hex") };
}

function attributeValue({ type, shape, raw, strings }: Hdf5Attribute): Value {
  return strings === undefined ? bytesValue(type, shape, raw) : { type: typeOf(type), shape, strings };
}

async function datasetValue(dataset: Hdf5Dataset): Promise<Value> {
  const { type, shape } = dataset;
  if (type.class === "string" || type.class === "vlen-string")
    return { type: typeOf(type), shape, strings: await dataset.readStrings() };
  return bytesValue(type, shape, type.class === "other" ? new Uint8Array() : await dataset.read());
}

/** Attributes sorted by name: their stored order is not compared. */
export async function nodeOf(object: Hdf5Group | Hdf5Dataset): Promise<Node> {
  const attributes = [...object.attributes].map(([name, attribute]): [string, Value] => [
    name,
    attributeValue(attribute),
  ]);
  attributes.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  if (object.kind === "dataset") return { attributes, dataset: await datasetValue(object) };
  const children: [string, Node][] = [];
  for (const [name, child] of object.children) children.push([name, await nodeOf(child)]);
  return { attributes, children };
}

/** JSON text to the same form; `JSON.parse` keeps `__proto__` as an own key. */
export function parseAnswer(text: string): Node {
  return toNode(JSON.parse(text) as { attributes: object; children?: object; dataset?: Value });
}

function toNode(json: { attributes: object; children?: object; dataset?: Value }): Node {
  const attributes = Object.entries(json.attributes) as [string, Value][];
  attributes.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  if (json.dataset !== undefined) return { attributes, dataset: json.dataset };
  const children = Object.entries(json.children ?? {}).map(([name, child]): [string, Node] => [
    name,
    toNode(child as Parameters<typeof toNode>[0]),
  ]);
  return { attributes, children };
}
