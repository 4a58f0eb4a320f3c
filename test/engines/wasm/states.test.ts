/** States of the WASM backend: changed by runs that succeed, and by those alone. */
import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../../../src/graph/builder.ts";
import { reference } from "../../../src/engines/reference/backend.ts";
import { wasm } from "../../../src/engines/wasm/backend.ts";
import { tensor } from "../../../src/core/tensor.ts";
import { random } from "./ops.ts";
import { lstm, weight } from "../../graph/build.ts";

/** Adds its input to a state, and gives the sum through a weight. */
function adder(batch: number | null) {
  const b = new GraphBuilder();
  const x = b.input([batch, 3], "float32");
  const sum = b.state("sum", [b.size(x, 0), 3], "float32");
  const next = b.op.add(sum.get(), x);
  sum.set(next);
  return b.finish([next, b.op.matmul(next, weight(b, "w", [3, 20]))]);
}

describe("states", () => {
  test("of another batch after a reset alone, and zeros then, wherever they lie", async () => {
    const graph = adder(null);
    const [fast, exact] = [await wasm.open(graph), await reference.open(graph)];
    const both = async (rows: number) => {
      const x = [random([rows, 3], "float32", rows)];
      const [found, wanted] = [await fast.run(x), await exact.run(x)];
      expect(found[0]).toEqual(wanted[0]);
    };
    for (const rows of [2, 5, 1, 9, 2]) {
      for (let i = 0; i < 3; i++) await both(rows);
      await expect(fast.run([random([rows + 1, 3])])).rejects.toThrow(
        expect.objectContaining({ code: "mismatch/shape" }),
      );
      await both(rows);
      fast.resetStates();
      exact.resetStates();
    }
  });

  test("resets take no memory", async () => {
    const session = await wasm.open(adder(1));
    await session.prepare([[1, 3]], 0);
    const { buffer } = session.views().inputs[0]!.data as Float32Array;
    for (let i = 0; i < 5000; i++) {
      session.resetStates();
      expect(session.runSync(tensor([[1, 2, 3]]))[0]!.data).toEqual(Float32Array.of(1, 2, 3));
    }
    expect(session.views().inputs[0]!.data).toMatchObject({ buffer });
  });

  test.each([1, 3])("of a layer over %i rows stay as they are when what comes after it fails", async (rows) => {
    const b = new GraphBuilder();
    const x = b.input([rows, null, 3], "float32");
    const index = b.input([1], "int32");
    const [h, c] = ["h", "c"].map((name) => b.state(name, [rows, 5], "float32"));
    const { last, states } = lstm(b, x, 5, [h!.get(), c!.get()]);
    h!.set(states[0]!);
    c!.set(states[1]!);
    const session = await wasm.open(b.finish([last, b.op.gather(last, index, 1)]));
    const run = (seed: number, at: number) =>
      session.run([random([rows, 4, 3], "float32", seed), tensor(Int32Array.of(at), [1])]);
    const wanted = [await run(1, 0), await run(2, 4)];
    session.resetStates();
    await expect(run(3, 5)).rejects.toThrow(expect.objectContaining({ code: "mismatch/range" }));
    expect(await run(1, 0)).toEqual(wanted[0]);
    await expect(run(4, -1)).rejects.toThrow(expect.objectContaining({ code: "mismatch/range" }));
    expect(await run(2, 4)).toEqual(wanted[1]);
  });

  test("stay as they are when a run is stopped, and while it warms up", async () => {
    const b = new GraphBuilder();
    const x = b.input([400, 400], "float32");
    const sum = b.state("sum", [400, 400], "float32");
    const next = b.op.add(sum.get(), x);
    sum.set(next);
    let y = next;
    for (let i = 0; i < 300; i++) y = b.op.reverse(b.op.sin(y), [0]);
    const session = await wasm.open(b.finish([next, y]));
    const ones = tensor(new Float32Array(160_000).fill(1), [400, 400]);
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("enough")), 20);
    await expect(session.run([ones], { signal: stop.signal })).rejects.toThrow("enough");
    await session.prepare([[400, 400]], 1);
    expect((await session.run([ones]))[0]!.data[7]).toBe(1);
    expect((await session.run([ones]))[0]!.data[7]).toBe(2);
  });
});
