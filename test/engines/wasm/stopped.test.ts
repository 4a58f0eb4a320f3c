/** What stops a run says where: the layer and the kernel; and long work is cut, so that it can be stopped at all. */
import { expect, it, vi } from "vitest";
import type * as Lookup from "../../../src/engines/wasm/kernels/lookup.ts";
import { trap } from "../../../src/engines/wasm/emit/instructions.ts";
import { typed } from "../../../src/core/error.ts";
import { GraphBuilder } from "../../../src/graph/builder.ts";
import { wasm } from "../../../src/engines/wasm/backend.ts";
import { inTurns } from "../../../src/core/turns.ts";
import type * as Parts from "../../../src/engines/wasm/parts.ts";
import { partsFor } from "../../../src/engines/wasm/parts.ts";
import { Input, layers, Sequential, tensor } from "../../../src/node.ts";
import { tableModel } from "../../support/tables.ts";
import { type Case, random } from "./ops.ts";

/** How much longer work is taken to be, in how many turns the last was done, and whether running sums trap. */
const mocked = vi.hoisted(() => ({ times: 1, turns: [] as number[], traps: false }));

vi.mock("../../../src/engines/wasm/kernels/lookup.ts", async (original) => {
  const real = await original<typeof Lookup>();
  const cumsum: typeof Lookup.cumsum = (...args) =>
    mocked.traps ? { key: "cumsum float32 1", emit: () => trap } : real.cumsum(...args);
  return { ...real, cumsum };
});

vi.mock("../../../src/engines/wasm/parts.ts", async (original) => {
  const real = await original<typeof Parts>();
  const cutting: typeof Parts.partsFor = (cut, parallel) => {
    const lists = real.partsFor({ ...cut, work: cut.work * mocked.times }, parallel);
    mocked.turns.push(lists.length);
    return lists;
  };
  return { ...real, partsFor: cutting };
});

const [SMALL, INDICES] = [random([5, 7, 6]), tensor(Int32Array.of(4, 0, 4, 3, 1), [5])];
const build = (make: Case["build"], inputs: Case["inputs"] = [SMALL]): Case => ({ inputs, build: make });

/** Kinds of work that take long for long arrays. */
const LONG: Readonly<Record<string, Case>> = {
  "sort rows": build((b, [x]) => [b.op.sort(x!, 2)]),
  "sort columns": build((b, [x]) => [b.op.sort(x!, 1, true)]),
  cumsum: build((b, [x]) => [b.op.cumsum(x!, 0)]),
  "sum of rows": build((b, [x]) => [b.op.sum(x!, [2])]),
  "sum of columns": build((b, [x]) => [b.op.sum(x!, [1])]),
  "max of columns": build((b, [x]) => [b.op.max(x!, [0])]),
  prod: build((b, [x]) => [b.op.prod(x!, [0, 2])]),
  argmax: build((b, [x]) => [b.op.argmax(x!, 1)]),
  transpose: build((b, [x]) => [b.op.transpose(x!, [2, 0, 1])]),
  repeat: build((b, [x]) => [b.op.repeat(x!, 1, 3)]),
  tile: build((b, [x]) => [b.op.tile(x!, [2, 1, 3])]),
  concat: build((b, [x]) => [b.op.concat([x!, x!], 1)]),
  gather: build((b, [x, i]) => [b.op.gather(x!, i!, 0)], [SMALL, INDICES]),
  "gather from each": build((b, [x, i]) => [b.op.gather(x!, i!, 2)], [SMALL, INDICES]),
  "one step": build((b, [x]) => [b.op.sin(x!)]),
  "steps four at a time": build((b, [x]) => [b.op.abs(b.op.multiply(x!, x!))]),
  "steps that broadcast": build((b, [x, y]) => [b.op.add(x!, y!)], [SMALL, random([7, 1])]),
};

it.each(Object.entries(LONG))("%s: long work is done in turns, bit by bit the same", async (_, { inputs, build }) => {
  const run = async (times: number) => {
    mocked.times = times;
    mocked.turns.length = 0;
    const b = new GraphBuilder();
    const x = inputs.map(({ shape, dtype }) => b.input(shape, dtype));
    const session = await wasm.open(b.finish(build(b, x)));
    const found = await session.run(inputs);
    mocked.times = 1;
    return { found, turns: Math.max(...mocked.turns) };
  };
  const whole = await run(1);
  expect(whole.turns).toBe(1);
  for (const times of [3e5, 1.2e6, 1e7, 1e9]) {
    const { found, turns } = await run(times);
    expect(turns).toBeGreaterThan(times < 1e6 ? 0 : 1);
    expect(found).toEqual(whole.found);
  }
});

it("parts that share their scratch are not shared by threads", () => {
  const lists = partsFor({ lengths: [9, 4], work: 64e9, isAlone: true }, { threads: 2, work: 16e6 });
  expect(lists.map((list) => list.length)).toEqual(Array.from(lists, () => 1));
  expect(lists.length).toBe(36);
});

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
  mocked.traps = true;
  const running = model.predict(tensor([1, 2, 3], [1, 3]), { backend: "wasm" });
  await expect(running).rejects.toThrow(/^error\[internal\/error\] cumsum: sums: .*unreachable/);
  mocked.traps = false;
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
