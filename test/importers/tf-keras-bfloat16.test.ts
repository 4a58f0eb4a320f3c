/** Weights of bfloat16 in a `.keras` file of tf-keras 2.21: opaque values of two bytes, without the mark that Keras 3 puts on them. */
import { expect, it } from "vitest";
import { layers, load, save, Sequential, tensor } from "../../src/index.ts";

it.each([
  ["keras2", false],
  ["keras3", true],
] as const)("%s marks them: %s", async (dialect, marked) => {
  const model = new Sequential();
  model.add(layers.dense({ units: 2, dtype: "bfloat16", inputShape: [3] }));
  const bits = [0xbf4e, 0xbf7e, 0x3e9c, 0x3f1e, 0xbefe, 0xbf6c];
  await model.setWeights([
    { dtype: "bfloat16", shape: [3, 2], data: Uint16Array.from(bits) },
    { dtype: "bfloat16", shape: [2], data: Uint16Array.of(0, 0) },
  ]);
  const [file] = [...(await save(model, { format: "keras-v3", dialect })).values()];
  expect(Buffer.from(file!).toString("latin1").includes("dtype\0")).toBe(marked);
  const again = await load(file!);
  const [kernel] = await again.getWeights();
  expect([kernel!.dtype, ...kernel!.data]).toEqual(["bfloat16", ...bits]);
  // As tf-keras computes it: -1.6875, -2.53125.
  const [y] = await again.predict(tensor([1, 2, 3], [1, 3]));
  expect([...y!.data]).toEqual([0xbfd8, 0xc022]);
});
