/**
 * Reads JSON strictly and without recursion. Beyond RFC 8259 it takes what Python writes: `NaN`, `Infinity`,
 * `-Infinity`; a byte order mark is skipped. Errors never quote the text, only say where it is.
 *
 * Specs: RFC 8259; Lib/json/decoder.py of CPython.
 */
import { atMost, fail } from "../../core/error.ts";
import type { Limits } from "../../core/limits.ts";
import { decodeJsonText } from "./encoding.ts";
import type { JsonDocument, JsonNode, JsonObject } from "./node.ts";
import { Scanner } from "./scanner.ts";
import { StyleDetector } from "./style.ts";

/** V8 cannot hold more entries in one Map. */
const MAX_KEYS = 2 ** 24 - 1;

interface OpenContainer {
  readonly node: JsonNode[] | JsonObject;
  key: string;
}

/** Text, or its bytes in UTF-8, UTF-16 or UTF-32, to nodes. Throws `malformed/json`, `limit/json-bytes`, `limit/json-depth` or `limit/json-containers`. */
export function parseJson(text: string | Uint8Array, limits: Limits, file?: string): JsonDocument {
  atMost("limit/json-bytes", text.length, limits.jsonBytes, "bytes", { file });
  const open: OpenContainer[] = [];
  const scan = new Scanner(typeof text === "string" ? text : decode(text, file), file, () => pathOf(open));
  const style = new StyleDetector();
  let containers = 0;

  const container = (node: JsonNode[] | JsonObject): void => {
    if (open.length >= limits.jsonDepth) {
      scan.fail("limit/json-depth", { expected: `at most ${limits.jsonDepth} levels of nesting` });
    }
    if (++containers > limits.jsonContainers) {
      scan.fail("limit/json-containers", { expected: `at most ${limits.jsonContainers} objects and arrays` });
    }
    open.push({ node, key: "" });
  };
  const readKey = (top: OpenContainer): void => {
    if (scan.peek() !== '"') scan.unexpected("a key in quotes");
    top.key = scan.string();
    const object = top.node as JsonObject;
    if (object.has(top.key)) scan.fail("malformed/json", { message: "the same key twice in one object" });
    if (object.size >= MAX_KEYS) scan.fail("limit/json-containers", { expected: `at most ${MAX_KEYS} keys` });
    const before = scan.space();
    if (!scan.take(":")) scan.unexpected("a colon");
    style.sawKeySeparator(before, scan.space());
  };
  /** Steps into a value: a scalar comes back whole, a non-empty container is opened and `undefined` comes back. */
  const readValue = (): JsonNode | undefined => {
    const c = scan.peek();
    if (c === '"') return scan.string();
    if (c !== "{" && c !== "[") return scan.literal();
    container(c === "{" ? new Map() : []);
    scan.take(c);
    const inside = scan.space();
    if (scan.take(c === "{" ? "}" : "]")) return open.pop()!.node;
    style.sawOpening(inside, open.length);
    if (c === "{") readKey(open.at(-1)!);
    return undefined;
  };

  scan.space();
  let root: JsonNode | undefined;
  for (;;) {
    let value = readValue();
    while (value !== undefined) {
      const top = open.at(-1);
      if (top === undefined) {
        root = value;
        break;
      }
      if (Array.isArray(top.node)) top.node.push(value);
      else top.node.set(top.key, value);
      const before = scan.space();
      if (scan.take(",")) {
        style.sawItemSeparator(before, scan.space());
        if (!Array.isArray(top.node)) readKey(top);
        break;
      }
      if (!scan.take(Array.isArray(top.node) ? "]" : "}")) scan.unexpected("a comma or the end of the container");
      value = open.pop()!.node;
    }
    if (root !== undefined) break;
  }
  const end = scan.space();
  if (!scan.atEnd()) scan.unexpected("the end of the text");
  return { root, style: style.result(scan, end) };
}

function decode(bytes: Uint8Array, file: string | undefined): string {
  return decodeJsonText(bytes) ?? fail("malformed/json", { file, message: "the text is not valid Unicode" });
}

/** Where the parser stands: `config.layers[3].name`. */
function pathOf(open: readonly OpenContainer[]): string {
  let path = "";
  for (const { node, key } of open) {
    if (Array.isArray(node)) path += `[${node.length}]`;
    else if (/^[\w$-]{1,100}$/.test(key)) path += path === "" ? key : `.${key}`;
    else path += `[${JSON.stringify(key.slice(0, 100))}]`;
  }
  return path;
}
