/** Callers' functions (Lambdas, custom layers) call operations: what is no operand is refused as theirs, by name. */
import { expect, it } from "vitest";
import { GraphBuilder } from "../../src/graph/builder.ts";

/** Those that make values of none. */
const MAKERS = ["constant", "array", "full", "iota"];

const { op } = new GraphBuilder();
const known = op.constant(1, "float32");
const all = op as unknown as Record<string, (...args: unknown[]) => unknown>;
const CALLS: [string, (...args: unknown[]) => unknown][] = [];
for (const name in all) if (!MAKERS.includes(name)) CALLS.push([name, all[name]!]);

it("there is a function for every operation that layers call", () => {
  expect(CALLS.length).toBeGreaterThan(95);
});

it.each(CALLS)("%s", (name, call) => {
  for (const wrong of ["text", undefined, [3], {}, true, () => known]) {
    const of = { code: "mismatch/argument", problems: [expect.objectContaining({ source: name })] };
    expect(() => call(wrong, known, known, known, known, known)).toThrow(expect.objectContaining(of));
  }
});

it.each(["where", "matmul", "gather", "conv", "gruCell", "add"])("the second of %s", (name) => {
  const call = CALLS.find(([one]) => one === name)![1];
  expect(() => call(known, "text", known, known, known)).toThrow(
    expect.objectContaining({ code: "mismatch/argument" }),
  );
});
