/**
 * Lossless JSON as Python's `json` module reads and writes it: number text, NaN and Infinity, key order and the writer's
 * separators are kept, so an untouched document prints as it was.
 *
 * Specs: RFC 8259; Lib/json/{decoder,encoder}.py of CPython.
 */
export { decodeJsonText } from "./json/encoding.ts";
export { type JsonDocument, JsonNumber, type JsonNode, type JsonObject, type JsonStyle } from "./json/node.ts";
export { parseJson } from "./json/parse.ts";
export { fromPlain, jsonEqual, toPlain } from "./json/plain.ts";
export { printJson, PYTHON_STYLE } from "./json/print.ts";
