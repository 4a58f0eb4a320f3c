import { describe, expect, it } from "vitest";
import type { DType } from "../../src/core/dtype.ts";
import { FormatError } from "../../src/core/error.ts";
import { type NestedNumbers, tensor } from "../../src/core/tensor.ts";
import { castInput } from "../../src/verify/cast.ts";

const cast = (values: NestedNumbers, from: DType, to: DType) => {
  try {
    return [...castInput(tensor(values, undefined, from), to, "inputs/0").data];
  } catch (error) {
    return error instanceof FormatError ? error.message : String(error);
  }
};

describe("an input of another dtype", () => {
  it("keeps its values", () => {
    expect(cast([3n, 7n], "int64", "float32")).toEqual([3, 7]);
    expect(cast([3, 7], "float64", "int32")).toEqual([3, 7]);
    expect(cast([3, 7], "float32", "int64")).toEqual([3n, 7n]);
    expect(cast([true, false], "bool", "float32")).toEqual([1, 0]);
    expect(cast([1, 0], "float32", "bool")).toEqual([1, 0]);
  });

  it("is rounded from one float to another, as Keras does it", () => {
    expect(cast([0.1, NaN, Infinity], "float64", "float32")).toEqual([Math.fround(0.1), NaN, Infinity]);
    expect(cast([1.5], "float64", "float16")).toEqual([0x3e00]);
  });

  it.each([
    [[1.5], "float32", "int32"],
    [[NaN], "float32", "int32"],
    [[1.5], "float32", "int64"],
    [[300], "int32", "uint8"],
    [[-1], "int32", "uint64"],
    [[2n ** 53n + 1n], "int64", "float64"],
    [[16777217], "int32", "float32"],
    [[2], "int32", "bool"],
    [[4097], "int32", "float16"],
  ] as const)("is refused where a value cannot be kept: %s from %s to %s", (values, from, to) => {
    expect(cast([...values], from, to)).toContain(`error[mismatch/dtype] inputs/0: expected ${to}`);
  });

  it("is refused as text for numbers", () => expect(cast(["a"], "string", "float32")).toContain("mismatch/dtype"));
});
