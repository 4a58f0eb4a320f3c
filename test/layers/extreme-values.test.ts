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
