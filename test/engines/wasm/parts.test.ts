/** Parts that threads take from a list: each once, whoever does it, and what happens when one stops. */
import { expect, test } from "vitest";
import { i32, trap } from "../../../src/engines/wasm/emit/instructions.ts";
import { CONTROL, parallel, STOP } from "../../../src/engines/wasm/kernels/parallel.ts";
import { arg } from "../../../src/engines/wasm/kernels/storage.ts";
import type { Kernel } from "../../../src/engines/wasm/kernels/types.ts";
import { Linker, RUN } from "../../../src/engines/wasm/link.ts";
import { link } from "../../../src/core/thread-work.ts";
import { Team } from "../../../src/engines/wasm/team.ts";
import { WasmMemory } from "../../../src/engines/wasm/memory.ts";
import { useThreads } from "../../support/threads.ts";

useThreads();

/** Arguments: the address of a word, which it adds one to. */
const count: Kernel = {
  key: "count",
  emit: (f) => i32.store(arg(f, 0), i32.add(i32.load(arg(f, 0)), i32.const(1))),
};
const stops: Kernel = { key: "stops", emit: () => trap };

const [PLAN, WORDS] = [4096, 16384];

async function setup(threads: number) {
  const memory = new WasmMemory(true);
  const linker = new Linker({ relaxed: false, shared: true });
  const [adds, fails, shares] = [count, stops, parallel].map((kernel) => linker.index(kernel)) as [number, number, number]; // prettier-ignore
  const { bytes, first, count: made } = linker.emit()!;
  const module = { module: new WebAssembly.Module(bytes), first, count: made };
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 0 });
  const exports = link(memory.memory, table, module);
  const team = new Team(memory, threads);
  team.add(module);
  team.start();
  await team.ready;
  memory.setWord(CONTROL.isShared, 1);
  /** One instruction: the parts, of which some stop. */
  const plan = (parts: number, failing: readonly number[]): void => {
    const list = Array.from({ length: parts }, (_, i) => [
      failing.includes(i) ? fails : adds,
      PLAN + 64 + 4 * i,
    ]).flat();
    const args = Array.from({ length: parts }, (_, i) => WORDS + 4 * i);
    const at = PLAN + 64 + 4 * parts + 4 * (parts % 2);
    memory.words(PLAN, 4).set([shares, PLAN + 16, 0, 0]);
    memory.words(PLAN + 16, 2).set([parts, at]);
    memory.words(PLAN + 64, parts).set(args);
    memory.words(at, 2 * parts).set(list);
    memory.clear(WORDS, 4 * parts);
  };
  const run = (): void => exports[RUN]!(PLAN, PLAN + 8);
  return { memory, plan, run, stop: exports[STOP]!, end: () => team.end() };
}

test.each([2, 4])("every part is done once, %i threads", async (threads) => {
  const { memory, plan, run, end } = await setup(threads);
  for (const parts of [1, 2, 3, 8, 50]) {
    plan(parts, []);
    for (let i = 0; i < 2000; i++) run();
    expect(new Set(memory.words(WORDS, parts))).toEqual(new Set([2000]));
  }
  end();
});

test("a part that stops, in whatever thread, stops the run and nothing after it", async () => {
  const { memory, plan, run, stop, end } = await setup(3);
  for (let i = 0; i < 300; i++) {
    plan(8, i % 3 === 0 ? [0, 3, 7] : [i % 8]);
    expect(run).toThrow(WebAssembly.RuntimeError);
    stop();
    plan(8, []);
    run();
    expect([...memory.words(WORDS, 8)]).toEqual(Array.from({ length: 8 }, () => 1));
  }
  end();
});
