/** JSON nodes to and from plain values, and comparison by value. None of it recurses. */
import { fail } from "../../core/error.ts";
import { type JsonNode, JsonNumber, type JsonObject } from "./node.ts";

/** Numbers become JavaScript numbers, objects become records without a prototype. */
export function toPlain(node: JsonNode): unknown {
  const open: { node: JsonNode[] | JsonObject; into: unknown[] | Record<string, unknown> }[] = [];
  const shell = (value: JsonNode): unknown => {
    if (value instanceof JsonNumber) return value.value;
    if (typeof value !== "object" || value === null) return value;
    const into = Array.isArray(value) ? [] : (Object.create(null) as Record<string, unknown>);
    open.push({ node: value, into });
    return into;
  };
  const result = shell(node);
  for (let job = open.pop(); job !== undefined; job = open.pop()) {
    if (Array.isArray(job.node)) for (const item of job.node) (job.into as unknown[]).push(shell(item));
    else for (const [key, value] of job.node) (job.into as Record<string, unknown>)[key] = shell(value);
  }
  return result;
}

/**
 * Integers become `1`, other numbers Python's repr; bigints, Maps and nodes are taken too. Undefined is dropped from
 * objects and null in arrays. Throws `mismatch/json-value` for anything else and for a cycle.
 */
export function fromPlain(value: unknown): JsonNode {
  const open: { value: object; into: JsonNode[] | JsonObject; ancestors: Ancestors }[] = [];
  const shell = (item: unknown, ancestors: Ancestors): JsonNode => {
    if (item === null || item === undefined) return null;
    if (typeof item === "boolean" || typeof item === "string" || item instanceof JsonNumber) return item;
    if (typeof item === "number") return JsonNumber.of(item);
    if (typeof item === "bigint") return new JsonNumber(item.toString());
    if (!isContainer(item)) fail("mismatch/json-value", { found: typeof item });
    for (let up = ancestors; up !== undefined; up = up.up) {
      if (up.value === item) fail("mismatch/json-value", { message: "a value contains itself" });
    }
    const into: JsonNode[] | JsonObject = Array.isArray(item) ? [] : new Map<string, JsonNode>();
    open.push({ value: item, into, ancestors: { value: item, up: ancestors } });
    return into;
  };
  const result = shell(value, undefined);
  for (let job = open.pop(); job !== undefined; job = open.pop()) {
    if (Array.isArray(job.into)) {
      for (const item of job.value as unknown[]) job.into.push(shell(item, job.ancestors));
      continue;
    }
    for (const [key, item] of job.value instanceof Map ? job.value : Object.entries(job.value)) {
      if (item !== undefined) job.into.set(String(key), shell(item, job.ancestors));
    }
  }
  return result;
}

type Ancestors = { readonly value: object; readonly up: Ancestors } | undefined;

function isContainer(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value) || value instanceof Map) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** By value: `1` is not `1.0` but `1e0` is; NaN equals NaN; the order of keys does not matter. */
export function jsonEqual(a: JsonNode, b: JsonNode): boolean {
  const open: [JsonNode, JsonNode][] = [[a, b]];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [left, right] = pair;
    if (left === right) continue;
    if (left instanceof JsonNumber && right instanceof JsonNumber) {
      if (!sameNumber(left, right)) return false;
    } else if (Array.isArray(left) && Array.isArray(right)) {
      if (left.length !== right.length) return false;
      for (let i = 0; i < left.length; i++) open.push([left[i]!, right[i]!]);
    } else if (left instanceof Map && right instanceof Map) {
      if (left.size !== right.size) return false;
      for (const [key, value] of left) {
        const other = right.get(key);
        if (other === undefined) return false;
        open.push([value, other]);
      }
    } else return false;
  }
  return true;
}

function sameNumber(a: JsonNumber, b: JsonNumber): boolean {
  if (a.text === b.text) return true;
  if (a.isInteger !== b.isInteger) return false;
  return a.isInteger ? BigInt(a.text) === BigInt(b.text) : Object.is(a.value, b.value);
}
