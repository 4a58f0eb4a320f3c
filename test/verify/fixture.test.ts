import { describe, expect, it } from "vitest";
import type { FormatError } from "../../src/core/error.ts";
import { type Tensor, tensor } from "../../src/core/tensor.ts";
import { readFixture } from "../../src/verify/fixture.ts";

const INPUTS = [
  { name: "words", dtype: "float32" as const },
  { name: "lengths", dtype: "int32" as const },
];
const OUTPUTS = [{ name: "kind" }];
const one = tensor([1]);

const read = (entries: Record<string, Tensor>) => readFixture(new Map(Object.entries(entries)), INPUTS, OUTPUTS);
const problems = (entries: Record<string, Tensor>): string[] => {
  try {
    read(entries);
    return [];
  } catch (error) {
    return (error as FormatError).problems.map(({ code, path }) => `${code} ${path}`);
  }
};

describe("a fixture", () => {
  it("names inputs and outputs by position or by name", () => {
    const [call] = read({ "inputs/0": one, "inputs/lengths": tensor([2n]), "outputs/kind": one, "truth/0": one });
    expect(call!.inputs.map(({ dtype, data }) => [dtype, Number(data[0])])).toEqual([
      ["float32", 1],
      ["int32", 2],
    ]);
    expect(call!.truth).toHaveLength(1);
  });

  it("holds calls in a row; a call without inputs of its own gets the first one's", () => {
    const two = tensor([2]);
    const calls = read({
      "inputs/0": one,
      "inputs/1": one,
      "outputs/0": one,
      "outputs/0@1": two,
      "outputs/0@2": one,
      "inputs/0@2": two,
      "inputs/1@2": one,
      "layers/lstm": one,
      "layers/lstm@1": two,
    });
    expect(calls.map(({ inputs }) => inputs[0]!.data[0])).toEqual([1, 1, 2]);
    expect(calls.map(({ layers }) => layers.get("lstm")?.data[0])).toEqual([1, 2, undefined]);
  });

  it("ignores groups that it does not know", () => {
    expect(read({ "inputs/0": one, "inputs/1": one, "outputs/0": one, "meta/seed": one })).toHaveLength(1);
  });

  it("is refused with everything that is missing or too much", () => {
    expect(problems({ "inputs/0": one, "inputs/size": one, "outputs/1": one })).toEqual([
      "mismatch/fixture inputs/size",
      "mismatch/fixture outputs/1",
      "mismatch/fixture inputs/1",
      "mismatch/fixture outputs/0",
    ]);
    expect(problems({})).toContain("mismatch/fixture outputs/0");
    expect(problems({ "inputs/0": one, "inputs/1": one, "outputs/0": one, "outputs/0@9": one })).toEqual([
      "mismatch/fixture undefined",
    ]);
  });

  it("is refused where an input's values do not fit its dtype", () => {
    expect(problems({ "inputs/0": one, "inputs/1": tensor([1.5]), "outputs/0": one })).toEqual([
      "mismatch/dtype inputs/1[0]",
    ]);
  });
});
