/** Operations of infinities, NaN and the largest numbers, on both backends: what Keras 3.15.1 gives. */
import { expect, it } from "vitest";
import { type DType, fromBfloat16 } from "../../src/core/dtype.ts";
import { toBfloat16 } from "../../src/core/half.ts";
import type { Tensor } from "../../src/core/tensor.ts";
import { tensor } from "../../src/node.ts";
import { tableModel, tableOf } from "../support/tables.ts";

const CONFIGS = tableOf<{ readonly config: unknown }>("dtypes/keras3_operations.json.gz");

async function given(name: string, dtype: DType, values: readonly number[]): Promise<number[][]> {
  const x: Tensor =
    dtype === "bfloat16"
      ? { dtype, shape: [1, 4], data: Uint16Array.from(values, toBfloat16) }
      : tensor([...values], [1, 4], dtype);
  const backends = ["reference", "wasm"] as const;
  return Promise.all(
    backends.map(async (backend) => {
      const model = tableModel(CONFIGS[name]!.config, "keras3", (options, className) => {
        if (className === "InputLayer") options.set("dtype", dtype);
      });
      const [y] = await model.predict(
        model.inputs.map(() => x),
        { backend },
      );
      return Array.from(y!.data as ArrayLike<number>, (v) => (dtype === "bfloat16" ? fromBfloat16(v) : v));
    }),
  );
}

it.each([
  ["i0(x)", "float32", [3e38, -3e38, Infinity, NaN], [Infinity, Infinity, NaN, NaN]],
  ["i0(x)", "int32", [2 ** 31 - 1, -(2 ** 31), 700, -700], [Infinity, Infinity, Infinity, Infinity]],
  ["i0(x)", "float64", [1e308, -1e308, Infinity, -Infinity], [Infinity, Infinity, NaN, NaN]],
  ["logsumexp(x,axis=-1,keepdims=True)", "float32", [0, -0, Infinity, -Infinity], [Infinity]],
  ["logsumexp(x,axis=-1,keepdims=True)", "float32", [-Infinity, -Infinity, -Infinity, -Infinity], [-Infinity]],
  ["nan_to_num", "bfloat16", [Infinity, -Infinity, NaN, 1], [3.3895313892515355e38, -3.3895313892515355e38, 0, 1]],
] as const)("%s of %s %j", async (name, dtype, values, expected) => {
  for (const found of await given(name, dtype, values)) expect(found).toEqual([...expected]);
});

it.each(["reference", "wasm"] as const)("a mean of integers in tf-keras does not overflow: %s", async (backend) => {
  const layer = (class_name: string, config: object) => ({ class_name, config });
  const input = layer("InputLayer", { name: "x", batch_input_shape: [null, 3, 1], dtype: "int32" });
  const layers = [input, layer("GlobalAveragePooling1D", { name: "y", dtype: "float32" })];
  const model = tableModel(layer("Sequential", { name: "s", layers }), "tf-keras", () => undefined);
  const most = 2 ** 31 - 1;
  const [y] = await model.predict(tensor([most, most, 5, -most - 1, -7, -3], [2, 3, 1], "int32"), { backend });
  expect([y!.dtype, ...(y!.data as Iterable<number>)]).toEqual(["int32", 1431655766, -715827886]);
});
