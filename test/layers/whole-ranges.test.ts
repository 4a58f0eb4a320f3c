/**
 * Numbers evenly apart in a dtype of whole ones, which lie between floats rounded down, and which dtype uint64 makes with others.
 * Keras 3.15.1 on TensorFlow 2.21: `ops.linspace(np.arange(1, 10).reshape(1, 3, 3).astype(of), 12, num, dtype=dtype, endpoint=endpoint)`,
 * `keras.src.backend.common.dtypes.result_type("uint64", dtype)`.
 */
import { expect, it } from "vitest";
import type { DType } from "../../src/core/dtype.ts";
import { load, tensor } from "../../src/node.ts";
import { promote } from "../../src/ops/promote.ts";

function calling(name: string, dtype: DType, args: (x: object) => readonly unknown[], options: object): Uint8Array {
  const shape = [null, 3, 3];
  const x = { class_name: "__keras_tensor__", config: { shape, dtype, keras_history: ["x", 0, 0] } };
  const layers = [
    { module: "keras.layers", class_name: "InputLayer", config: { batch_shape: shape, dtype, name: "x" }, registered_name: null, name: "x", inbound_nodes: [] }, // prettier-ignore
    { module: "keras.src.ops.numpy", class_name: name, config: { name: "r", ...options }, registered_name: name, name: "r", inbound_nodes: [{ args: args(x), kwargs: {} }] }, // prettier-ignore
  ];
  const config = { name: "f", trainable: true, layers, input_layers: [["x", 0, 0]], output_layers: [["r", 0, 0]] };
  const model = { module: "keras.src.models.functional", class_name: "Functional", config, registered_name: "Functional" }; // prettier-ignore
  return new TextEncoder().encode(JSON.stringify(model));
}

const linspace = (dtype: DType, stop: number, options: object): Uint8Array =>
  calling("Linspace", dtype, (x) => [x, stop], { retstep: false, axis: 0, ...options });

async function answers(file: Uint8Array, values: readonly number[], dtype: DType, wanted: readonly unknown[]) {
  const model = await load(file);
  expect(model.problems).toEqual([]);
  for (const backend of ["reference", "wasm"] as const) {
    const [y] = await model.predict(tensor(values, [1, 3, 3], dtype), { backend });
    expect([y!.dtype, Array.from(y!.data as ArrayLike<number>, Number)]).toEqual(wanted);
  }
}

const NINE = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const THIRDS = [...NINE, 4, 5, 6, 6, 7, 8, 8, 9, 10, 8, 8, 9, 9, 9, 10, 10, 10, 11];
const TWELVES = NINE.map(() => 12);
const each = (...values: readonly number[]): readonly number[] => values.flatMap((value) => NINE.map(() => value));

it.each([
  ["int32", "int32", 4, true, [...THIRDS, ...TWELVES]],
  ["int32", "int64", 3, false, THIRDS],
  ["float32", "int64", 2, true, [...NINE, ...TWELVES]],
  ["int32", "uint8", 2, true, [...NINE, ...TWELVES]],
  ["int32", "int16", 1, true, NINE],
] as const)("linspace of %s in %s, %i numbers, with the last one: %s", async (of, dtype, num, endpoint, wanted) => {
  await answers(linspace(of, 12, { num, endpoint, dtype }), NINE, of, [dtype, [...wanted]]);
});

// The same of np.full((1, 3, 3), value).
it.each([
  ["uint32", 1, 0, 4, true, [1, 1431655766, 2863311531, 0]],
  ["uint32", 4000000000, 100, 4, true, [4000000000, 4098322465, 4196644930, 100]],
  ["uint64", 4, 1, 4, true, [4, 6148914691236516864, 12297829382473033728, 1]],
  ["int32", -(2 ** 31), 2 ** 31 - 1, 5, true, [-2147483648, -2147483648, -2147483648, -2147483648, 2147483647]],
  ["int32", -(2 ** 31), 2 ** 31 - 1, 5, false, [-2147483648, -1073741825, -1, 1073741823, 2147483647]],
] as const)("linspace in %s from %i to %i, which wraps around", async (dtype, from, stop, num, endpoint, wanted) => {
  await answers(linspace(dtype, stop, { num, endpoint, dtype }), each(from), dtype, [dtype, [...each(...wanted)]]);
});

it.each([
  ["Linspace", "uint8", 300, true], ["Linspace", "int8", 5, true], ["Linspace", "uint16", 3, false], ["Linspace", "uint32", 4, false], ["Linspace", "uint64", 4, false],
  ["Logspace", "uint8", 2, true], ["Logspace", "uint32", 3, true], ["Geomspace", "int32", 3, true],
] as const)("%s in %s of %i numbers, with the last one: %s: refused", async (name, dtype, num, endpoint) => {
  const options = { num, endpoint, dtype, axis: 0, ...(name === "Linspace" && { retstep: false }), ...(name === "Logspace" && { base: 10 }) }; // prettier-ignore
  const model = await load(calling(name, "int32", (x) => [x, 4], options));
  expect(model.problems.map((problem) => [problem.code, problem.message])).toEqual([["unsupported/layer", `${name} cannot run (unsupported/dtype)`]]);
}); // prettier-ignore

it.each([
  [10, "int32", [10, 100, 1000, 10000]],
  [2.5, "int16", [2, 16]],
] as const)("logspace of base %d in %s", async (base, dtype, wanted) => {
  const file = calling("Logspace", "int32", (x) => [x, 4], {
    num: wanted.length,
    endpoint: true,
    base,
    dtype,
    axis: 0,
  });
  await answers(file, each(1), "int32", [dtype, [...each(...wanted)]]);
});

// `operation(x, 3)` of np.array([2**33 + 3, 7, 2], "uint64").
it.each([
  ["Add", "uint32", [6, 10, 5]],
  ["Subtract", "uint32", [0, 4, 4294967295]],
  ["Multiply", "uint32", [9, 21, 6]],
  ["FloorDivide", "uint32", [1, 2, 0]],
  ["Power", "uint32", [27, 343, 8]],
  ["Maximum", "uint32", [3, 7, 3]],
  ["Minimum", "uint32", [3, 3, 2]],
  ["Fmax", "uint32", [3, 7, 3]],
  ["Fmin", "uint32", [3, 3, 2]],
  ["Divide", "float32", [2863311616, Math.fround(7 / 3), Math.fround(2 / 3)]],
  ["Mod", "float32", [2, 1, 2]],
  ["Equal", "bool", [0, 0, 0]],
  ["Less", "bool", [0, 0, 1]],
  ["LogicalAnd", "bool", [1, 1, 1]],
  ["BitwiseRightShift", "uint64", [2 ** 30, 0, 0]],
] as const)("%s of uint64 and a whole number of Python", async (name, dtype, wanted) => {
  const values = [2 ** 33 + 3, 7, 2];
  const file = calling(name, "uint64", (x) => [x, 3], {});
  await answers(file, [...values, ...values, ...values], "uint64", [dtype, [...wanted, ...wanted, ...wanted]]);
});

it.each([
  ["bool", "uint32"], ["uint8", "uint32"], ["uint16", "uint32"], ["uint32", "uint32"], ["int8", "float32"], ["int64", "float32"], ["float16", "float16"], ["float64", "float64"],
] as const)("uint64 and %s make %s", (other, wanted) => {
  expect([promote("uint64", other), promote(other, "uint64")]).toEqual([wanted, wanted]);
}); // prettier-ignore
