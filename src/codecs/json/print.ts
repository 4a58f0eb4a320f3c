/** Writes JSON as Python's `json.dumps` does. Spec: Lib/json/encoder.py of CPython. */
import { type JsonNode, JsonNumber, type JsonStyle } from "./node.ts";

/** `json.dumps` without arguments. */
export const PYTHON_STYLE: JsonStyle = { indent: null, itemSeparator: ", ", keySeparator: ": ", ensureAscii: true };

const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\f", "\\f"],
  ["\b", "\\b"],
]);

const NOT_ASCII = /["\\\u0000-\u001f\u007f-\uffff]/g;
/** Without ensure_ascii, Python writes lone surrogates raw and then cannot encode them; they stay escapes here. */
const MUST_ESCAPE = /["\\\u0000-\u001f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function quote(text: string, ensureAscii: boolean): string {
  const escaped = text.replace(
    ensureAscii ? NOT_ASCII : MUST_ESCAPE,
    (c) => SHORT_ESCAPES.get(c) ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `"${escaped}"`;
}

interface OpenContainer {
  readonly items: Iterator<JsonNode> | Iterator<[string, JsonNode]>;
  readonly keyed: boolean;
  first: boolean;
}

/** The text of a value. An untouched document printed in its own style gives the text it was parsed from. */
export function printJson(root: JsonNode, style: JsonStyle = PYTHON_STYLE): string {
  const out: string[] = [];
  const open: OpenContainer[] = [];
  const newline = (depth: number): string => (style.indent === null ? "" : `\n${" ".repeat(style.indent * depth)}`);
  const put = (node: JsonNode): void => {
    if (node instanceof Map) {
      out.push(node.size === 0 ? "{}" : "{");
      if (node.size > 0) open.push({ items: node.entries(), keyed: true, first: true });
    } else if (Array.isArray(node)) {
      out.push(node.length === 0 ? "[]" : "[");
      if (node.length > 0) open.push({ items: node.values(), keyed: false, first: true });
    } else if (node instanceof JsonNumber) out.push(node.text);
    else out.push(typeof node === "string" ? quote(node, style.ensureAscii) : String(node));
  };
  put(root);
  while (open.length > 0) {
    const container = open.at(-1)!;
    const next = container.items.next();
    if (next.done) {
      open.pop();
      out.push(newline(open.length), container.keyed ? "}" : "]");
      continue;
    }
    if (!container.first) out.push(style.itemSeparator);
    container.first = false;
    out.push(newline(open.length));
    if (container.keyed) {
      const [key, value] = next.value as [string, JsonNode];
      out.push(quote(key, style.ensureAscii), style.keySeparator);
      put(value);
    } else put(next.value as JsonNode);
  }
  return out.join("") + (style.end ?? "");
}
