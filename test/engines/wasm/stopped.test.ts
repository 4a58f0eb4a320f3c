/** What stops a run says where: the layer and the kernel; and long work is cut, so that it can be stopped at all. */
import { expect, it, vi } from "vitest";
import type * as Lookup from "../../../src/engines/wasm/kernels/lookup.ts";
import { trap } from "../../../src/engines/wasm/emit/instructions.ts";
import { typed } from "../../../src/core/error.ts";
import { inTurns } from "../../../src/core/turns.ts";
import { partsFor } from "../../../src/engines/wasm/parts.ts";
import { Input, layers, Sequential, tensor } from "../../../src/node.ts";
import { tableModel } from "../../support/tables.ts";

vi.mock("../../../src/engines/wasm/kernels/lookup.ts", async (original) => ({
  ...(await original<typeof Lookup>()),
  cumsum: () => ({ key: "cumsum float32 1", emit: () => trap }),
}));

const tensorOf = (name: string) => ({
  class_name: "__keras_tensor__",
  config: { shape: [null, 3], dtype: "float32", keras_history: [name, 0, 0] },
});

it("names the layer and the kernel of a trap", async () => {
  const config = {
    class_name: "Functional",
    config: {
      name: "model",
      layers: [
        { class_name: "InputLayer", name: "x", config: { batch_shape: [null, 3], name: "x" }, inbound_nodes: [] },
        {
          class_name: "ReLU",
          name: "r",
          config: { name: "r" },
          inbound_nodes: [{ args: [tensorOf("x")], kwargs: {} }],
        },
        {
          module: "keras.src.ops.numpy",
          class_name: "Cumsum",
          name: "sums",
          config: { name: "sums", axis: -1 },
          inbound_nodes: [{ args: [tensorOf("r")], kwargs: {} }],
        },
      ],
      input_layers: ["x", 0, 0],
      output_layers: ["sums", 0, 0],
    },
  };
  const model = tableModel(config, "keras3", () => undefined);
  const running = model.predict(tensor([1, 2, 3], [1, 3]), { backend: "wasm" });
  await expect(running).rejects.toThrow(/^error\[internal\/error\] cumsum: sums: .*unreachable/);
});

it("names the layer of an index out of range", async () => {
  const model = new Sequential();
  model.add(Input({ shape: [2], dtype: "int32" }));
  model.add(layers.embedding({ inputDim: 3, outputDim: 1, name: "words" }));
  await expect(model.predict(tensor(Int32Array.of(0, 9), [1, 2]), { backend: "wasm" })).rejects.toThrow(
    expect.objectContaining({ code: "mismatch/range", path: "words", found: "9" }),
  );
});

it.each([null, { threads: 2, work: 16e6 }])("cuts long work for %o", (parallel) => {
  const lists = partsFor({ lengths: [10_000, 7], work: 64e9 }, parallel);
  expect(lists.length).toBeGreaterThanOrEqual(parallel === null ? 100 : 16);
  const rows = lists.flat().reduce((sum, { lengths }) => sum + lengths[0]! * lengths[1]!, 0);
  expect(rows).toBe(70_000);
});

it("a run that is stopped on its way ends with the caller's own reason", async () => {
  const reason = new Error("enough");
  function* work(): Generator<void, void> {
    for (;;) yield;
  }
  const signal = { aborted: true, reason } as AbortSignal;
  await expect(inTurns(work(), signal)).rejects.toBe(reason);
  expect(typed(reason, "Model.predict")).toBe(reason);
});
