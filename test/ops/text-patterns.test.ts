/** Patterns mean what they mean to RE2 (text-patterns.json, which text_patterns.py wrote), and nothing done with texts is slow. */
import { describe, expect, it } from "vitest";
import type { TextFunction, TextOptions } from "../../src/ops/attributes.ts";
import { ofTexts } from "../../src/ops/text/functions.ts";
import table from "./text-patterns.json" with { type: "json" };

const ROOM = 2 ** 33;
const made = (fn: TextFunction, data: readonly string[], options: TextOptions): unknown[] => [
  ...ofTexts(fn, [{ dtype: "string", shape: [data.length], data: [...data] }], options, ROOM).data,
];

it.each(table.rows as [string, string[] | null, boolean[]][])("%s", (pattern, replaced, whole) => {
  const replace = () => made("replace", table.texts, { pattern, rewrite: "#", first: false });
  if (replaced === null) expect(replace).toThrow(/unsupported\/argument/);
  else expect(replace()).toEqual(replaced);
  expect(made("matches", table.texts, { pattern }).map(Boolean)).toEqual(whole);
});

describe("patterns that are refused", () => {
  it.each([
    ["each optional one doubles the ways", `${"a?".repeat(40)}[^!a]`],
    ["in the last alternative", `b|${"[ab]?".repeat(40)}c`],
    ["three repetitions", "a*b*c*d"],
    ["a repeated border", "\\b*a"],
    ["a set that there is not", "[[:all:]]"],
    ["a group", "(a*)*b"],
    ["a class without an end", "[a-"],
    ["an end before its start", "[z-a]"],
    ["a range to a set", "[a-\\d]"],
    ["what RE2 does not know", "\\_"],
    ["longer than any", "ab|".repeat(500_000) + "c"],
  ])("%s", (_, pattern) => {
    const text = "a".repeat(40) + "!";
    for (const run of [
      () => made("replace", [text], { pattern, rewrite: "", first: false }),
      () => made("matches", [text], { pattern }),
    ])
      // prettier-ignore
      expect(run).toThrow(/unsupported\/argument/);
  });
});

it("refuses long texts that are no numbers at once", () => {
  const digits = "1".repeat(1_000_000);
  for (const to of ["float32", "float64", "int32", "int64"])
    expect(() => made("numbers", [`${digits}x`], { to })).toThrow(/mismatch\/range/);
  expect(() => made("numbers", [digits], { to: "int64" })).toThrow(/mismatch\/range/);
  expect(made("numbers", [`-${"0".repeat(50)}7`], { to: "int64" })).toEqual([-7n]);
});

it("refuses texts that grow beyond what JavaScript has", () => {
  const long = "a".repeat(2 ** 20);
  const many = Array.from({ length: 300 }, () => 0);
  expect(() => made("join", [long], { parts: many, separator: "" })).toThrow(/limit\/run-bytes/);
  expect(() => made("joinAlong", many.map(() => long), { separator: "" })).toThrow(/limit\/run-bytes/); // prettier-ignore
  expect(() => made("replace", [long], { pattern: "a", rewrite: "b".repeat(300), first: false })).toThrow(/limit\/run-bytes/); // prettier-ignore
});
