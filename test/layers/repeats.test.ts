/** `ops.repeat` with a number for each element: what a file asks for is bounded before it is made. */
import { expect, it } from "vitest";
import { load } from "../../src/node.ts";

function repeating(repeats: readonly number[]): Uint8Array {
  const tensor = {
    class_name: "__keras_tensor__",
    config: { shape: [null, 3], dtype: "float32", keras_history: ["x", 0, 0] },
  };
  const input = { batch_shape: [null, 3], dtype: "float32", name: "x" };
  const layers = [
    { module: "keras.layers", class_name: "InputLayer", config: input, registered_name: null, name: "x", inbound_nodes: [] }, // prettier-ignore
    {
      module: "keras.src.ops.numpy",
      class_name: "Repeat",
      config: { name: "r", repeats, axis: 1 },
      registered_name: "Repeat",
      name: "r",
      inbound_nodes: [{ args: [tensor], kwargs: {} }],
    },
  ];
  const config = { name: "f", trainable: true, layers, input_layers: [["x", 0, 0]], output_layers: [["r", 0, 0]] };
  const model = {
    module: "keras.src.models.functional",
    class_name: "Functional",
    config,
    registered_name: "Functional",
  };
  return new TextEncoder().encode(JSON.stringify(model));
}

it("repeats each element by its own number", async () => {
  const model = await load(repeating([1, 2, 0]));
  expect([
    ...(await model.predict({ dtype: "float32", shape: [1, 3], data: new Float32Array([1, 2, 3]) }))[0]!.data,
  ]).toEqual([1, 2, 2]);
});

it.each([
  [[1e9, 1e9, 1e9], "limit/size"],
  [[-1, 2, 3], "malformed/config"],
  [[1, 2], "mismatch/shape"],
])("%j is refused", async (repeats, code) => {
  await expect(load(repeating(repeats))).rejects.toMatchObject({ code });
});
