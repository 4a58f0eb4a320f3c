/** Operations on bits, and on integers that overflow. Expected values are those of Keras 3.15.1 on TensorFlow: `ops.view`, `ops.nextafter`, `ops.psnr`. */
import { describe, expect, it } from "vitest";
import { tensor } from "../../src/index.ts";
import { load } from "../../src/node.ts";

type Numbers = readonly (number | bigint)[];

/** A model of one operation, on columns of `dtype`. */
function operation(
  className: string,
  dtype: string,
  count: number,
  config: object,
  module = "keras.src.ops.numpy",
): Uint8Array {
  const names = Array.from({ length: count }, (_, i) => `x${i}`);
  const inputs = names.map((name) => ({
    module: "keras.layers",
    class_name: "InputLayer",
    config: { batch_shape: [null, 1], dtype, name },
    registered_name: null,
    name,
    inbound_nodes: [],
  }));
  const args = names.map((name) => ({
    class_name: "__keras_tensor__",
    config: { shape: [null, 1], dtype, keras_history: [name, 0, 0] },
  }));
  const layer = {
    module,
    class_name: className,
    config: { name: "y", ...config },
    registered_name: className,
    name: "y",
    inbound_nodes: [{ args, kwargs: {} }],
  };
  const functional = {
    name: "f",
    trainable: true,
    layers: [...inputs, layer],
    input_layers: names.map((name) => [name, 0, 0]),
    output_layers: [["y", 0, 0]],
  };
  const root = { module: "keras.src.models.functional", class_name: "Functional", config: functional, registered_name: "Functional" }; // prettier-ignore
  return new TextEncoder().encode(JSON.stringify(root));
}

const WHOLE = [0n, 1n, -1n, 2n ** 31n, -(2n ** 31n), 2n ** 32n + 5n, -(2n ** 53n), 2n ** 53n - 1n];
// prettier-ignore
const VIEWS: readonly (readonly [string, Numbers])[] = [
  ["int8", [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, -128, 0, 0, 0, 0, 0, 0, 0, -128, -1, -1, -1, -1, 5, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, -32, -1, -1, -1, -1, -1, -1, -1, 31, 0]],
  ["uint16", [0, 0, 0, 0, 1, 0, 0, 0, 65535, 65535, 65535, 65535, 0, 32768, 0, 0, 0, 32768, 65535, 65535, 5, 0, 1, 0, 0, 0, 0, 65504, 65535, 65535, 65535, 31]],
  ["int32", [0, 0, 1, 0, -1, -1, -2147483648, 0, -2147483648, -1, 5, 1, 0, -2097152, -1, 2097151]],
  ["uint32", [0, 0, 1, 0, 4294967295, 4294967295, 2147483648, 0, 2147483648, 4294967295, 5, 1, 0, 4292870144, 4294967295, 2097151]],
  ["float32", [0, 0, 2 ** -149, 0, NaN, NaN, -0, 0, -0, NaN, 5 * 2 ** -149, 2 ** -149, 0, NaN, NaN, 2.9387344757572544e-39]],
  ["float64", [0, 5e-324, NaN, 1.0609978955e-314, NaN, 2.1219957934e-314, -8.98846567431158e307, 4.4501477170144023e-308]],
];

const MAX = Number.MAX_VALUE;
// prettier-ignore
const STEPS: readonly (readonly [from: number, towards: number, next: number])[] = [
  [0, 1, 5e-324], [0, -1, -5e-324], [-0, 0, 0], [1, 2, 1.0000000000000002], [1, 0, 0.9999999999999999], [-1, -2, -1.0000000000000002],
  [5e-324, 0, 0], [-5e-324, 1, -0], [Infinity, 0, MAX], [-Infinity, Infinity, -MAX], [NaN, 1, NaN], [1, NaN, NaN], [MAX, Infinity, Infinity],
  [2, 2, 2], [0.1, Infinity, 0.10000000000000002], [1.0000000000000002, 0, 1], [-4294967296, 0, -4294967295.9999995],
];

describe.each(["reference", "wasm"] as const)("%s", (backend) => {
  it.each(VIEWS)("int64 viewed as %s", async (dtype, expected) => {
    const model = await load(operation("View", "int64", 1, { dtype }));
    const x = tensor(new BigInt64Array(WHOLE), [WHOLE.length, 1], "int64");
    const [y] = await model.predict(x, { backend });
    expect([...(y!.data as Iterable<number>)]).toEqual(expected);
  });

  it.each(["int8", "int16", "uint8", "uint16", "uint32", "int32", "int64"])("PSNR of %s", async (dtype) => {
    const side = (values: readonly number[]) => tensor(values.map((v) => [v]), [4, 1], dtype as "int32"); // prettier-ignore
    for (const [max_val, expected] of [
      [2, -10.314085006713867],
      [2.5, -10.314085006713867],
      [0.5, -Infinity],
    ] as const) {
      // prettier-ignore
      const model = await load(operation("PSNR", dtype, 2, { max_val }, "keras.src.ops.nn"));
      const [y] = await model.predict([side([1, 2, 100, 7]), side([3, 2, 87, 8])], { backend });
      expect(y!.dtype).toBe("float32");
      if (dtype === "int8")
        expect(y!.data[0]).toBeNaN(); // squares overflow
      else expect(y!.data[0]).toBeCloseTo(expected, 5);
    }
  });

  it("the next number of 64 bits", async () => {
    const model = await load(operation("Nextafter", "float64", 2, {}));
    const side = (i: 0 | 1) => tensor(new Float64Array(STEPS.map((row) => row[i])), [STEPS.length, 1], "float64");
    const [y] = await model.predict([side(0), side(1)], { backend });
    expect([...(y!.data as Iterable<number>)]).toEqual(STEPS.map((row) => row[2]));
  });
});
