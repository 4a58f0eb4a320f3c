/** Nothing is left behind by models that were disposed of. */
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { load, tensor } from "../../src/node.ts";
import { giveMemory, takeMemory } from "../../src/engines/wasm/memory-pool.ts";

const bytes = new Uint8Array(readFileSync(new URL("../../fixtures/layers/lstm/basic/model.keras", import.meta.url)));

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** What the process holds when everything that nobody holds is gone. */
function resident(): number {
  collect();
  return process.memoryUsage().rss;
}

async function cycle(): Promise<void> {
  const model = await load(bytes);
  const shapes = model.inputs.map(({ shape }) => shape!.map((n) => n ?? 2));
  const x = shapes.map((shape) => tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5), shape));
  await model.predict(x);
  await model.prepare({ shapes });
  model.predictSync(x);
  model.dispose();
}

test("loading, running and disposing again and again holds on to no memory and no handles", async () => {
  for (let i = 0; i < 100; i++) await cycle();
  const before = resident();
  for (let i = 0; i < 300; i++) await cycle();
  const growth = resident() - before;
  // A WebAssembly page alone for each would be 19 MiB; the heap breathes by more than that, collected or not.
  expect(growth).toBeLessThan(64 * 2 ** 20);
  const memories = Array.from({ length: 9 }, () => takeMemory());
  expect(new Set(memories).size).toBe(9);
  memories.forEach(giveMemory);
});

test("a memory that is given back comes again, empty, and old arrays in it are dead", () => {
  const memory = takeMemory();
  memory.grow(1);
  const old = new Float32Array(memory.buffer);
  old.fill(7);
  giveMemory(memory);
  expect(old.length).toBe(0);
  const again = takeMemory();
  expect(again).toBe(memory);
  expect(new Float32Array(again.buffer).every((x) => x === 0)).toBe(true);
  giveMemory(again);
});

test("large memories are not kept", () => {
  const memory = takeMemory();
  memory.grow(300);
  giveMemory(memory);
  expect(takeMemory()).not.toBe(memory);
});
