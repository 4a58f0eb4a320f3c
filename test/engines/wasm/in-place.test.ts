/** States that are written where they lie: whatever else reads or shares them, runs give what the reference gives. */
import { expect, test } from "vitest";
import { layers, Sequential, tensor } from "../../../src/node.ts";
import { reference } from "../../../src/engines/reference/backend.ts";
import { wasm } from "../../../src/engines/wasm/backend.ts";
import { Linker, FixedMemory } from "../../../src/engines/wasm/link.ts";
import { compile } from "../../../src/engines/wasm/compile.ts";
import { GraphBuilder } from "../../../src/graph/builder.ts";
import type { Sym } from "../../../src/ops/types.ts";
import { random } from "./ops.ts";

type Slot = ReturnType<GraphBuilder["state"]>;
type Make = (b: GraphBuilder, x: Sym, s: Slot, t: Slot) => readonly Sym[];

/** Of states s[5, 3] and t[5, 3] and an input of their shape: what is told. The new values are no outputs themselves. */
const CASES: Record<string, Make> = {
  "a sum": ({ op }, x, s) => {
    s.set(op.add(op.multiply(s.get(), 0.5), x));
    return [op.sum(x)];
  },
  "one of another's new value": ({ op }, x, s, t) => {
    const next = op.add(s.get(), x);
    s.set(next);
    t.set(op.subtract(t.get(), op.multiply(next, 0.1)));
    return [op.sum(t.get(), [1])];
  },
  "the old value is told": ({ op }, x, s) => {
    const old = s.get();
    s.set(op.add(old, x));
    return [old];
  },
  "a part of the old value is told": ({ op }, x, s) => {
    const old = s.get();
    const part = op.slice(old, [{ axis: 0, start: 1, stop: 3, step: 1 }]);
    s.set(op.add(old, x));
    return [part];
  },
  "the old value in another shape is read later": ({ op }, x, s) => {
    const flat = op.reshape(s.get(), [15]);
    const next = op.add(s.get(), x);
    s.set(next);
    return [op.add(flat, op.sum(op.matmul(next, next, { transposeB: true })))];
  },
  "two change places": (_, x, s, t) => {
    const [a, b] = [s.get(), t.get()];
    s.set(b);
    t.set(a);
    return [x];
  },
  "two change places and one more is added": ({ op }, x, s, t) => {
    const [a, b] = [s.get(), t.get()];
    s.set(op.add(b, x));
    t.set(op.add(a, x));
    return [op.sum(a)];
  },
  "of its own first row": ({ op }, x, s) => {
    const old = s.get();
    s.set(op.add(op.add(old, op.take(old, 0, 0)), x));
    return [op.sum(x)];
  },
  "of its own first number": ({ op }, x, s) => {
    const first = op.slice(s.get(), [0, 1].map((axis) => ({ axis, start: 0, stop: 1, step: 1 }))); // prettier-ignore
    s.set(op.add(op.multiply(s.get(), first), x));
    return [op.sum(x)];
  },
  "turned around": ({ op }, x, s) => {
    s.set(op.add(op.reverse(s.get(), [0]), x));
    return [op.sum(x)];
  },
  "before a row is taken": ({ op }, x, s) => {
    const next = op.add(s.get(), x);
    s.set(next);
    return [op.gather(next, op.cast(op.minimum(op.sum(op.abs(x)), 4), "int32"), 0)];
  },
  "one value for both": ({ op }, x, s, t) => {
    const next = op.add(s.get(), x);
    s.set(next);
    t.set(next);
    return [op.sum(t.get())];
  },
};

test.each(Object.entries(CASES))("%s", async (_, make) => {
  const b = new GraphBuilder();
  const x = b.input([5, 3], "float32");
  const [s, t] = ["s", "t"].map((path) => b.state(path, [5, 3], "float32")) as [Slot, Slot];
  const graph = b.finish(make(b, x, s, t));
  const [fast, exact] = [await wasm.open(graph), await reference.open(graph)];
  for (let i = 0; i < 4; i++) {
    const values = [random([5, 3], "float32", i)];
    const [found, wanted] = [await fast.run(values), await exact.run(values)];
    const all = (result: typeof found, states: Awaited<ReturnType<typeof fast.readStates>>) => [...result, ...states.values()].flatMap(({ data }) => [...data].map(Number)); // prettier-ignore
    const ours = all(found, await fast.readStates());
    all(wanted, await exact.readStates()).forEach((v, k) => expect(ours[k]).toBeCloseTo(v, 5));
  }
});

test("states stay as they are when what is behind their new value fails", async () => {
  const b = new GraphBuilder();
  const x = b.input([5, 3], "float32");
  const [s, at] = [b.state("s", [5, 3], "float32"), b.input([1], "int32")];
  const next = b.op.add(s.get(), x);
  s.set(next);
  const session = await wasm.open(b.finish([b.op.gather(x, at, 0)]));
  const run = (place: number) => session.run([random([5, 3], "float32", 1), tensor(Int32Array.of(place), [1])]);
  await run(0);
  const [before] = [...(await session.readStates()).values()].map(({ data }) => Array.from(data as Float32Array));
  await expect(run(9)).rejects.toThrow(expect.objectContaining({ code: "mismatch/range" }));
  expect([...(await session.readStates()).values()].map(({ data }) => Array.from(data as Float32Array))).toEqual([
    before,
  ]);
});

test("what Adam's update keeps beside the states is less than another copy of them", () => {
  const b = new GraphBuilder();
  const [rows, columns] = [256, 64];
  const bytes = 4 * rows * columns;
  const x = b.input([rows, columns], "float32");
  const [w, m, v] = ["w", "m", "v"].map((path) => b.state(path, [rows, columns], "float32")) as [Slot, Slot, Slot];
  const { op } = b;
  const first = op.add(op.multiply(m.get(), 0.9), op.multiply(x, 0.1));
  const second = op.add(op.multiply(v.get(), 0.999), op.multiply(op.square(x), 0.001));
  m.set(first);
  v.set(second);
  w.set(op.subtract(w.get(), op.divide(first, op.add(op.sqrt(second), 1e-7))));
  const plan = compile(b.finish([op.sum(x)]), [[rows, columns]], new Linker({ relaxed: false }), new FixedMemory());
  expect(plan.arenaBytes).toBeLessThan(2 * bytes);
});

test("a trained MLP holds its weights, Adam's slots, gradients and what a step keeps", async () => {
  const Memory = WebAssembly.Memory;
  const memories: WebAssembly.Memory[] = [];
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      memories.push(this);
    }
  };
  try {
    const model = new Sequential({ layers: [layers.dense({ units: 256, activation: "relu", inputShape: [400] }), layers.dense({ units: 256, activation: "relu" }), layers.dense({ units: 10 })] }); // prettier-ignore
    model.compile({ optimizer: "adam", loss: "mse" });
    const [x, y] = [400, 10].map((n) => tensor(new Float32Array(8 * n).fill(0.5), [8, n])) as [never, never];
    await model.trainOnBatch(x, y);
    const weights = model.weights.reduce((sum, { shape }) => sum + 4 * shape!.reduce((n, length) => n * length, 1), 0);
    const most = Math.max(...memories.map(({ buffer }) => buffer.byteLength));
    const kept = 4 * 8 * (400 + 10 + 2 * (256 + 256 + 10));
    expect(most).toBeLessThan(1.1 * (4 * weights + kept) + 65536);
    model.dispose();
  } finally {
    WebAssembly.Memory = Memory;
  }
});
