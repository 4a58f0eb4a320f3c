/** What could act on a terminal or be there unseen is escaped everywhere, by Unicode's categories. */
import { expect, it } from "vitest";
import { escapeUnseen, formatProblem, printable } from "../../src/core/error.ts";
import { escapeHtml } from "../../src/verify/escape.ts";
import { Input, layers, Model } from "../../src/index.ts";

const CASES = [
  0x00, 0x07, 0x0a, 0x0d, 0x1b, 0x7f, 0x85, 0x9b, 0xad, 0x061c, 0x115f, 0x180e, 0x200b, 0x200f, 0x2028, 0x2029, 0x202e,
  0x2060, 0x2064, 0x2069, 0x3164, 0xd800, 0xdfff, 0xfe0f, 0xfeff, 0xfff9, 0xfffb, 0xe000, 0xe0001, 0xe007f, 0x1d173,
]; // prettier-ignore

it.each(CASES)("U+%i", (point) => {
  const text = `a${point >= 0xd800 && point <= 0xdfff ? String.fromCharCode(point) : String.fromCodePoint(point)}b`;
  const ascii = /^a\\u(\{?)[0-9a-f]+\}?b$/;
  expect(printable(text)).toMatch(ascii);
  expect(escapeHtml(text)).toMatch(ascii);
  expect(formatProblem({ code: "malformed/config", path: text })).toMatch(/^error\[malformed\/config\] a\\u[^\s]+b: $/);
  expect(JSON.parse(escapeUnseen(JSON.stringify(text), true))).toBe(text);
  const x = Input({ shape: [2], name: `x${text}` });
  const model = new Model({ inputs: x, outputs: layers.dense({ units: 1, name: text }).apply(x), name: text });
  expect(escapeUnseen(model.summary().replaceAll("\n", ""))).toBe(model.summary().replaceAll("\n", ""));
  expect(model.summary().split("\n")).toHaveLength(10);
});

it("what can be seen stays", () => {
  const text = "dense_1/κernel – 重み 🙂 é";
  expect(printable(text)).toBe(text);
});
