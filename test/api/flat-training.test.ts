/** Steps of training leave nothing behind: no memory of WebAssembly, no arrays. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { layers, Sequential, tensor } from "../../src/node.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const memories: WebAssembly.Memory[] = [];
const Memory = WebAssembly.Memory;
WebAssembly.Memory = class extends Memory {
  constructor(descriptor: WebAssembly.MemoryDescriptor) {
    super(descriptor);
    memories.push(this);
  }
};

const MODELS = {
  "a stacked LSTM": [[5, 6], () => [
    layers.lstm({ units: 8, returnSequences: true, inputShape: [5, 6] }),
    layers.lstm({ units: 4 }),
  ]],
  "a CNN": [[8, 8, 1], () => [
    layers.conv2d({ filters: 4, kernelSize: 3, inputShape: [8, 8, 1] }),
    layers.batchNormalization(),
    layers.maxPooling2d(),
    layers.flatten(),
  ]],
} as const; // prettier-ignore

it.each(Object.entries(MODELS))("a thousand steps of %s", { timeout: 60_000 }, async (_, [shape, below]) => {
  const model = new Sequential({ layers: [...below(), layers.dense({ units: 3, activation: "softmax" })] });
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  const size = shape.reduce((n, length) => n * length, 4);
  const x = tensor(Float32Array.from({ length: size }, (__, i) => Math.sin(i)), [4, ...shape]); // prettier-ignore
  const y = Int32Array.of(0, 1, 2, 0);
  const used = (): number[] => {
    collect();
    collect();
    const { arrayBuffers } = process.memoryUsage();
    return [arrayBuffers, ...memories.map(({ buffer }) => buffer.byteLength)];
  };
  for (let step = 0; step < 20; step++) await model.trainOnBatch(x, y);
  const [arrays, ...before] = used() as [number, ...number[]];
  for (let step = 0; step < 1000; step++) await model.trainOnBatch(x, y);
  const [now, ...after] = used() as [number, ...number[]];
  expect(before.length).toBeGreaterThan(0);
  expect(after).toEqual(before);
  expect(now - arrays).toBeLessThan(32_768);
  model.dispose();
});
