/** Sessions of the WASM backend: states, changing shapes, refusals. */
import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../../src/core/limits.ts";
import { tensor } from "../../../src/core/tensor.ts";
import { GraphBuilder } from "../../../src/graph/builder.ts";
import { reference } from "../../../src/engines/reference/backend.ts";
import { wasm } from "../../../src/engines/wasm/backend.ts";
import { distance, random } from "./ops.ts";
import { lstm, weight } from "../../graph/build.ts";

function masked(init: boolean) {
  const b = new GraphBuilder();
  const x = b.input([null, null, 5], "float32");
  const mask = b.input([null, null], "bool");
  const states = init ? [b.input([null, 6], "float32"), b.input([null, 6], "float32")] : undefined;
  const { sequence, last, states: made } = lstm(b, x, 6, states, mask);
  return b.finish([sequence, last, ...made]);
}

describe("recurrent layers", () => {
  test("masks, initial states and any batch and length agree with the reference", async () => {
    const graph = masked(true);
    const [fast, exact] = [await wasm.open(graph), await reference.open(graph)];
    for (const [rows, steps] of [
      [1, 7],
      [2, 4],
      [5, 3],
      [1, 1],
    ] as const) {
      const x = [random([rows, steps, 5]), random([rows, steps], "bool", 3), random([rows, 6]), random([rows, 6], "float32", 9)]; // prettier-ignore
      const [a, b] = [await fast.run(x), await exact.run(x, { precision: "float64" })];
      a.forEach((t, i) => expect(distance(t, b[i]!), `${rows} x ${steps}: output ${i}`).toBeLessThan(4e-7));
    }
  });

  test("a sequence without steps is refused", async () => {
    const session = await wasm.open(masked(false));
    const run = session.run([random([3, 0, 5]), random([3, 0], "bool")]);
    await expect(run).rejects.toThrow(expect.objectContaining({ code: "mismatch/shape" }));
  });

  test("state lives from run to run, whatever the length, until it is reset", async () => {
    const b = new GraphBuilder();
    const x = b.input([2, null, 3], "float32");
    const [h, c] = ["h", "c"].map((name) => b.state(name, [2, 5], "float32")) as [ReturnType<typeof b.state>, ReturnType<typeof b.state>]; // prettier-ignore
    const { last, states } = lstm(b, x, 5, [h.get(), c.get()]);
    h.set(states[0]!);
    c.set(states[1]!);
    const graph = b.finish([last]);
    const [fast, exact] = [await wasm.open(graph), await reference.open(graph)];
    const first: number[] = [];
    for (const steps of [1, 4, 1, 2]) {
      const input = [random([2, steps, 3], "float32", steps)];
      const [found, wanted] = [(await fast.run(input))[0]!, (await exact.run(input, { precision: "float64" }))[0]!];
      expect(distance(found, wanted)).toBeLessThan(4e-7);
      first.push(Number(found.data[0]));
    }
    fast.resetStates();
    expect(Number((await fast.run([random([2, 1, 3], "float32", 1)]))[0]!.data[0])).toBe(first[0]);
  });
});

describe("sessions", () => {
  const dense = () => {
    const b = new GraphBuilder();
    return b.finish([b.op.tanh(b.op.matmul(b.input([null, 3], "float32"), weight(b, "w", [3, 1000])))]);
  };

  test("runs asked for at once do not disturb one another", async () => {
    const session = await wasm.open(dense());
    const inputs = [1, 2, 3, 4, 5, 6].map((n) => [random([n, 3], "float32", n)]);
    const alone = [];
    for (const x of inputs) alone.push(await session.run(x));
    expect(await Promise.all(inputs.map((x) => session.run(x)))).toEqual(alone);
  });

  test("strict results are the same again", async () => {
    const [a, b] = [await wasm.open(dense(), { strict: true }), await wasm.open(dense(), { strict: true })];
    const x = [random([7, 3])];
    expect(await a.run(x)).toEqual(await b.run(x));
  });

  test("an index outside a table is refused, and the session goes on", async () => {
    const b = new GraphBuilder();
    const graph = b.finish([b.op.gather(weight(b, "table", [4, 2]), b.input([null], "int64"), 0)]);
    const session = await wasm.open(graph);
    await expect(session.run([tensor([0, 4], [2], "int64")])).rejects.toThrow(
      expect.objectContaining({ code: "mismatch/range", expected: "an index from 0 to 3", found: "4" }),
    );
    await expect(session.run([tensor([-1], [1], "int64")])).rejects.toThrow(
      expect.objectContaining({ code: "mismatch/range" }),
    );
    expect((await session.run([tensor([3], [1], "int64")]))[0]!.shape).toEqual([1, 2]);
  });

  test("inputs that do not fit, more memory than allowed", async () => {
    const session = await wasm.open(dense(), { limits: { ...DEFAULT_LIMITS, runBytes: 100_000 } });
    await expect(session.run([])).rejects.toThrow(expect.objectContaining({ code: "mismatch/inputs" }));
    await expect(session.run([random([2, 4])])).rejects.toThrow(expect.objectContaining({ code: "mismatch/shape" }));
    await expect(session.run([random([2, 3], "int32")])).rejects.toThrow(
      expect.objectContaining({ code: "mismatch/dtype" }),
    );
    await expect(session.run([random([100, 3])])).rejects.toThrow(expect.objectContaining({ code: "limit/run-bytes" }));
    expect((await session.run([random([2, 3])]))[0]!.shape).toEqual([2, 1000]);
  });

  test("a signal stops a long run", async () => {
    const b = new GraphBuilder();
    let y = b.input([400, 400], "float32");
    for (let i = 0; i < 300; i++) y = b.op.reverse(b.op.sin(y), [0]);
    const session = await wasm.open(b.finish([y]));
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("enough")), 20);
    await expect(session.run([random([400, 400])], { signal: stop.signal })).rejects.toThrow("enough");
  });

  test("outputs may be inputs, weights, constants, and come twice", async () => {
    const b = new GraphBuilder();
    const x = b.input([2], "float32");
    const session = await wasm.open(
      b.finish([x, x, weight(b, "w", [1]), b.op.constant(3, "int32"), b.op.reshape(x, [2, 1])]),
    );
    const out = await session.run([tensor([1, 2])]);
    expect(out.map((t) => [t.dtype, ...t.shape])).toEqual([["float32", 2], ["float32", 2], ["float32", 1], ["int32"], ["float32", 2, 1]]); // prettier-ignore
    expect(Array.from(out[4]!.data, Number)).toEqual([1, 2]);
  });
});
