import { describe, expect, test } from "vitest";
import type { DType } from "../../src/core/dtype.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { tensor } from "../../src/core/tensor.ts";
import { GraphBuilder } from "../../src/graph/builder.ts";
import type { Sym } from "../../src/ops/types.ts";
import { reference } from "../../src/engines/reference/backend.ts";
import { lstm, weight, weightOf } from "../graph/build.ts";

const values = (t: { data: ArrayLike<unknown> }) => Array.from(t.data, Number);

async function apply(dtype: DType, x: number[], f: (b: GraphBuilder, x: Sym) => Sym) {
  const b = new GraphBuilder();
  const input = b.input([null], dtype);
  const session = await reference.open(b.finish([f(b, input)]));
  return (await session.run([tensor(x, [x.length], dtype)]))[0]!;
}

describe("numbers", () => {
  test("float32 is rounded once, at the end", async () => {
    const third = await apply("float32", [1], (b, x) => b.op.multiply(b.op.divide(x, 3), 3));
    expect([third.dtype, ...values(third)]).toEqual(["float32", 1]);
    const b = new GraphBuilder();
    const session = await reference.open(b.finish([b.op.divide(b.input([1], "float32"), 3)]));
    const wide = (await session.run([tensor([1])], { precision: "float64" }))[0]!;
    expect([wide.dtype, ...values(wide)]).toEqual(["float64", 1 / 3]);
  });

  test("half precision is rounded at every node", async () => {
    const y = await apply("float16", [1], (b, x) => b.op.subtract(b.op.add(b.op.cast(x, "float16"), 2048), 2048));
    expect([y.dtype, ...values(y)]).toEqual(["float16", 0]);
    const tenth = await apply("float16", [1], (b, x) => b.op.cast(b.op.multiply(x, 0.1), "float32"));
    expect(values(tenth)).toEqual([0.0999755859375]);
    const z = await apply("float32", [1.01], (b, x) => b.op.cast(b.op.cast(x, "bfloat16"), "float32"));
    expect(values(z)).toEqual([1.0078125]);
  });

  test("integers wrap, truncate and stay whole", async () => {
    expect(values(await apply("int8", [127, -128], (b, x) => b.op.add(x, 1)))).toEqual([-128, -127]);
    expect(values(await apply("float32", [-1.9, 300.7], (b, x) => b.op.cast(x, "uint8")))).toEqual([255, 44]);
    expect(values(await apply("int64", [5, -5], (b, x) => b.op.floorDivide(x, 2)))).toEqual([2, -3]);
    const b = await apply("float32", [0, 0.5, -2], (g, x) => g.op.cast(x, "bool"));
    expect([b.dtype, ...values(b)]).toEqual(["bool", 0, 1, 1]);
  });

  test.each(["float16", "bfloat16", "float64", "int8", "int64", "uint32", "bool"] as const)(
    "%s weights",
    async (dtype) => {
      const b = new GraphBuilder();
      const stored = {
        ...weightOf("w", [2], dtype),
        read: async () => tensor(dtype === "bool" ? [1, 0] : dtype.startsWith("u") ? [1, 7] : [1, -2], [2], dtype),
      };
      const session = await reference.open(
        b.finish([b.op.add(b.input([], "float64"), b.op.cast(b.weight(stored, [2], dtype), "float64"))]),
      );
      const [y] = await session.run([tensor([10], [], "float64")]);
      expect(values(y!)).toEqual(dtype === "bool" ? [11, 10] : dtype.startsWith("u") ? [11, 17] : [11, 8]);
    },
  );
});

describe("session", () => {
  test("other lengths need no other session", async () => {
    const b = new GraphBuilder();
    const x = b.input([null, null, 3], "float32");
    const session = await reference.open(b.finish([lstm(b, x, 2).sequence]));
    const long = Array.from({ length: 7 }, (_, t) => [t, 1, -t / 2]);
    const [whole] = await session.run([tensor([long])]);
    for (const n of [1, 2, 5, 6, 7]) {
      const [y] = await session.run([tensor([long.slice(0, n)])]);
      expect([y!.shape, values(y!)]).toEqual([[1, n, 2], values(whole!).slice(0, 2 * n)]);
    }
  });

  test("state goes on from run to run, whatever their lengths, until it is reset", async () => {
    const b = new GraphBuilder();
    const x = b.input([1, null, 3], "float32");
    const [h, c] = [b.state("lstm/h", [1, 2], "float32"), b.state("lstm/c", [1, 2], "float32")];
    const { sequence, states } = lstm(b, x, 2, [h.get(), c.get()]);
    h.set(states[0]!);
    c.set(states[1]!);
    const session = await reference.open(b.finish([sequence]));
    const steps = Array.from({ length: 6 }, (_, t) => [t, 1, -t / 2]);
    const [whole] = await session.run([tensor([steps])]);
    session.resetStates();
    const parts = [];
    for (const [from, to] of [[0, 1], [1, 4], [4, 6]]) parts.push(...values((await session.run([tensor([steps.slice(from, to)])]))[0]!)); // prettier-ignore
    expect(parts).toEqual(values(whole!));
    const [again] = await session.run([tensor([steps.slice(0, 1)])]);
    expect(values(again!)).not.toEqual(parts.slice(0, 2));
  });

  test("state in a loop, and no change by a run that fails", async () => {
    const b = new GraphBuilder();
    const x = b.input([1, null], "int32");
    const table = weight(b, "table", [3, 1]);
    const { ys } = b.scan([], [x], (_, [xt]) => {
      const slot = b.state("count", [1], "float32");
      slot.set(b.op.add(slot.get(), 1));
      return { carry: [], ys: [b.op.add(slot.get(), b.op.multiply(b.op.squeeze(b.op.gather(table, xt!, 0), [1]), 0))] };
    });
    const session = await reference.open(b.finish(ys));
    const run = async (indices: number[]) => values((await session.run([tensor([indices], undefined, "int32")]))[0]!);
    expect(await run([0, 1, 2])).toEqual([1, 2, 3]);
    await expect(run([0, 3])).rejects.toThrow(expect.objectContaining({ code: "mismatch/range" }));
    expect(await run([1])).toEqual([4]);
  });

  test("a stateful batch stays the same", async () => {
    const b = new GraphBuilder();
    const x = b.input([null, 2], "float32");
    const slot = b.state("s", [b.size(x, 0), 2], "float32");
    slot.set(b.op.add(slot.get(), x));
    const session = await reference.open(b.finish([slot.get()]));
    await session.run([tensor([[1, 2]])]);
    await expect(session.run([tensor([[1, 2], [3, 4]])])).rejects.toThrow(expect.objectContaining({ code: "mismatch/shape", path: "s" })); // prettier-ignore
  });

  test("a loop without steps gives its first carries and nothing else", async () => {
    const b = new GraphBuilder();
    const x = b.input([2, null, 3], "float32");
    const init = b.op.full([2, 3], 5, "float32");
    const { carry, ys } = b.scan([init], [x], ([c], [xt]) => ({ carry: [b.op.add(c!, xt!)], ys: [b.op.exp(xt!)] }));
    const session = await reference.open(b.finish([...carry, ...ys]));
    const out = await session.run([tensor([], [2, 0, 3])]);
    expect(out.map((y) => [y.shape, values(y)])).toEqual([
      [
        [2, 3],
        [5, 5, 5, 5, 5, 5],
      ],
      [[2, 0, 3], []],
    ]);
  });

  test("carries that change places, and stay as they are", async () => {
    const b = new GraphBuilder();
    const x = b.input([1, null], "float32");
    const [p, q] = [b.op.full([1], 1, "float32"), b.op.full([1], 2, "float32")];
    const { carry, ys } = b.scan([p, q], [x], ([c, d], [xt]) => ({ carry: [d!, c!], ys: [c!, xt!] }));
    const session = await reference.open(b.finish([...carry, ...ys, p]));
    const out = await session.run([tensor([[7, 8, 9]])]);
    expect(out.map(values)).toEqual([[2], [1], [1, 2, 1], [7, 8, 9], [1]]);
  });

  test("watched values follow the outputs", async () => {
    const b = new GraphBuilder();
    const x = b.input([null, null, 3], "float32");
    const { sequence, last, states } = lstm(b, x, 2);
    const y = b.op.activation(sequence, { fn: "elu" });
    const unused = b.op.add(x, 1);
    const session = await reference.open(b.finish([b.op.sum(y)]));
    const input = tensor([[[1, 2, 3], [4, 5, 6]]]); // prettier-ignore
    const out = await session.run([input], { watch: [y.id, last.id, states[0]!.id, unused.id, x.id] });
    expect(out.map((t) => t.shape)).toEqual([[], [1, 2, 2], [1, 2], [1, 2], [1, 2, 3], [1, 2, 3]]);
    expect(values(out[2]!)).toEqual(values(out[3]!));
    expect(values(out[4]!)).toEqual([2, 3, 4, 5, 6, 7]);
    expect(await session.run([input])).toEqual(out.slice(0, 1));
  });

  test("values inside a loop cannot be watched", async () => {
    const b = new GraphBuilder();
    const x = b.input([2, 3], "float32");
    const inside: Sym[] = [];
    const { ys } = b.scan([], [x], (_, [xt]) => {
      inside.push(b.op.exp(xt!));
      return { carry: [], ys: inside.slice(-1) };
    });
    const session = await reference.open(b.finish(ys));
    const run = session.run([tensor(new Float32Array(6), [2, 3])], { watch: [inside[0]!.id] });
    await expect(run).rejects.toThrow(expect.objectContaining({ code: "unsupported/watch" }));
  });

  test("an output may be an input, a weight or a constant, and come twice", async () => {
    const b = new GraphBuilder();
    const x = b.input([2], "float32");
    const w = weight(b, "w", [1]);
    const session = await reference.open(b.finish([x, x, w, b.op.constant(3, "int32")]));
    const out = await session.run([tensor([1, 2])]);
    expect(out.map((t) => [t.dtype, values(t).length])).toEqual([["float32", 2], ["float32", 2], ["float32", 1], ["int32", 1]]); // prettier-ignore
  });
});

describe("refusals", () => {
  const simple = async (limits = DEFAULT_LIMITS) => {
    const b = new GraphBuilder();
    const x = b.input([null, 3], "float32");
    return reference.open(b.finish([b.op.matmul(x, weight(b, "w", [3, 1000]))]), { limits });
  };

  test("inputs: count, dtype, shape", async () => {
    const session = await simple();
    await expect(session.run([])).rejects.toThrow(expect.objectContaining({ code: "mismatch/inputs" }));
    await expect(session.run([tensor([[1, 2]])])).rejects.toThrow(
      expect.objectContaining({ code: "mismatch/shape", path: "inputs/0" }),
    );
    await expect(session.run([tensor([[1, 2, 3]], undefined, "int32")])).rejects.toThrow(
      expect.objectContaining({ code: "mismatch/dtype" }),
    );
  });

  test("a call with a problem", async () => {
    const b = new GraphBuilder();
    b.calls.push({
      path: "x",
      class: "Strange",
      index: 0,
      outputs: [],
      problems: [{ code: "unsupported/layer", path: "x" }],
    });
    await expect(reference.open(b.finish([b.input([1], "float32")]))).rejects.toThrow(
      expect.objectContaining({ code: "unsupported/layer" }),
    );
  });

  test("a weight whose values have another shape", async () => {
    const b = new GraphBuilder();
    const wrong = { ...weightOf("dense/kernel", [2, 3]), read: async () => tensor([1, 2, 3]) };
    const graph = b.finish([b.op.add(b.input([3], "float32"), b.weight(wrong, [2, 3], "float32"))]);
    await expect(reference.open(graph)).rejects.toThrow(
      expect.objectContaining({ code: "mismatch/shape", path: "dense/kernel" }),
    );
  });

  test("more bytes than allowed, before they are taken", async () => {
    const session = await simple({ ...DEFAULT_LIMITS, runBytes: 8 * 1000 * 4 });
    expect((await session.run([tensor(new Float32Array(12), [4, 3])]))[0]!.shape).toEqual([4, 1000]);
    await expect(session.run([tensor(new Float32Array(15), [5, 3])])).rejects.toThrow(
      expect.objectContaining({ code: "limit/run-bytes" }),
    );
    expect((await session.run([tensor(new Float32Array(12), [4, 3])]))[0]!.shape).toEqual([4, 1000]);
  });

  test("values are let go after their last use, in loops too", async () => {
    const b = new GraphBuilder();
    const x = b.input([100, 50], "float32");
    let y = x;
    for (let i = 0; i < 50; i++) y = b.op.tanh(y);
    const { carry } = b.scan([b.op.full([100], 0, "float32")], [x], ([c], [xt]) => ({
      carry: [b.op.tanh(b.op.add(c!, b.op.exp(xt!)))],
      ys: [],
    }));
    const graph = b.finish([y, ...carry]);
    const session = await reference.open(graph, { limits: { ...DEFAULT_LIMITS, runBytes: 8 * 5000 * 3 } });
    for (let i = 0; i < 3; i++) expect((await session.run([tensor(new Float32Array(5000), [100, 50])])).length).toBe(2);
  });

  test("a signal stops a long run", async () => {
    const b = new GraphBuilder();
    let y = b.input([400, 400], "float32");
    for (let i = 0; i < 2000; i++) y = b.op.sin(y);
    const session = await reference.open(b.finish([y]));
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("enough")), 20);
    await expect(session.run([tensor(new Float32Array(160_000), [400, 400])], { signal: stop.signal })).rejects.toThrow(
      "enough",
    );
  });
});
