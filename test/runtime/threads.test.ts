/** Threads share work and change no bit of the results. */
import { expect, test } from "vitest";
import { GraphBuilder } from "../../src/graph/builder.ts";
import { wasm } from "../../src/runtime/wasm.ts";
import { random } from "../compile/ops.ts";
import { useThreads } from "../support/threads.ts";

const alive = useThreads();

test("a product of many rows", async () => {
  const b = new GraphBuilder();
  const [x, y] = [b.input([67, 40], "float32"), b.input([40, 33], "float32")];
  const graph = b.finish([b.emit("matmul", [x, y], {})[0]!]);
  const inputs = [random([67, 40]), random([40, 33], "float32", 2)];
  const [one, two] = [await wasm.open(graph), await wasm.open(graph, { threads: 3, threadWork: 0 })];
  const wanted = await one.run(inputs);
  await two.prepare(
    inputs.map((x) => x.shape),
    0,
  );
  for (let i = 0; i < 200; i++) expect(two.runSync(inputs)).toEqual(wanted);
  two.dispose();
  await new Promise((go) => setTimeout(go, 50));
  expect(alive()).toBe(0);
});
