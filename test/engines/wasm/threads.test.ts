/** Threads share work and change no bit of the results; they leave nothing behind. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { usePlatformThreads } from "../../../src/core/threads.ts";
import { GraphBuilder } from "../../../src/graph/builder.ts";
import { layers, load, save, Sequential, setRandomSeed, tensor } from "../../../src/node.ts";
import type { Graph } from "../../../src/ops/types.ts";
import { compile } from "../../../src/engines/wasm/compile.ts";
import { FixedMemory, Linker } from "../../../src/engines/wasm/link.ts";
import { withRules } from "../../../src/engines/wasm/rules/later.ts";
import { kernelName } from "../../../src/engines/wasm/kernels/types.ts";
import { wasm } from "../../../src/engines/wasm/backend.ts";
import { distance, random } from "./ops.ts";
import { useThreads } from "../../support/threads.ts";

const { alive, start } = useThreads();

const small = fc.integer({ min: 1, max: 9 });
const format = fc.constantFrom("channels_last" as const, "channels_first" as const);
const padding = fc.constantFrom("same" as const, "valid" as const);

/** A layer with the shape of its input. */
const KINDS = {
  dense: fc.record({ rows: fc.integer({ min: 1, max: 70 }), depth: small, units: fc.integer({ min: 1, max: 40 }) }).map(
    ({ rows, depth, units }) => ({ shape: [rows, depth], layer: () => layers.dense({ units, activation: "relu", inputShape: [depth] }) }), // prettier-ignore
  ),
  fewRows: fc.record({ rows: fc.integer({ min: 1, max: 4 }), depth: small, units: fc.integer({ min: 30, max: 90 }), useBias: fc.boolean() }).map(
    ({ rows, depth, ...options }) => ({ shape: [rows, depth], layer: () => layers.dense({ ...options, activation: "sigmoid", inputShape: [depth] }) }), // prettier-ignore
  ),
  line: fc.record({ length: fc.integer({ min: 5, max: 60 }), channels: small, filters: small, padding, kernelSize: fc.integer({ min: 2, max: 5 }), strides: fc.integer({ min: 1, max: 2 }) }).map(
    ({ length, channels, ...options }) => ({ shape: [1, length, channels], layer: () => layers.conv1d({ ...options, activation: "relu", inputShape: [length, channels] }) }), // prettier-ignore
  ),
  conv: fc.record({ batch: small, height: fc.integer({ min: 3, max: 12 }), width: fc.integer({ min: 3, max: 12 }), channels: small, filters: small, dataFormat: format, padding, strides: fc.integer({ min: 1, max: 2 }) }).map(
    ({ batch, height, width, channels, dataFormat, ...options }) => {
      const inputShape = dataFormat === "channels_last" ? [height, width, channels] : [channels, height, width];
      return { shape: [batch, ...inputShape], layer: () => layers.conv2d({ ...options, dataFormat, kernelSize: 3, inputShape }) }; // prettier-ignore
    },
  ),
  depthwise: fc.record({ batch: small, side: fc.integer({ min: 3, max: 12 }), channels: small, padding }).map(
    ({ batch, side, channels, padding }) => {
      const inputShape = [side, side, channels];
      return { shape: [batch, ...inputShape], layer: () => layers.depthwiseConv2d({ kernelSize: 3, padding, inputShape }) }; // prettier-ignore
    },
  ),
  pool: fc.record({ batch: small, side: fc.integer({ min: 3, max: 12 }), channels: small }).map(
    ({ batch, side, channels }) => {
      const inputShape = [side, side, channels];
      return { shape: [batch, ...inputShape], layer: () => layers.maxPooling2d({ poolSize: 2, inputShape }) };
    },
  ),
  recurrent: fc.record({ rows: fc.integer({ min: 1, max: 30 }), steps: small, depth: small, units: fc.integer({ min: 1, max: 20 }), goBackwards: fc.boolean(), returnSequences: fc.boolean(), cell: fc.constantFrom("lstm" as const, "gru" as const, "simpleRNN" as const), both: fc.boolean() }).map(
    ({ rows, steps, depth, cell, both, ...options }) => ({
      shape: [rows, steps, depth],
      layer() {
        const inputShape = [steps, depth];
        return both
          ? layers.bidirectional({ layer: layers[cell](options), inputShape })
          : layers[cell]({ ...options, inputShape });
      },
    }),
  ),
  convLstm: fc.record({ batch: fc.integer({ min: 1, max: 9 }), steps: fc.integer({ min: 1, max: 4 }), side: fc.integer({ min: 3, max: 6 }), rank: fc.constantFrom(1, 2, 3), filters: small, dataFormat: format, padding, returnSequences: fc.boolean(), goBackwards: fc.boolean() }).map(
    ({ batch, steps, side, rank, ...options }) => {
      const space = Array.from({ length: rank }, () => side);
      const inputShape = options.dataFormat === "channels_last" ? [steps, ...space, 2] : [steps, 2, ...space];
      const make = [layers.convLstm1d, layers.convLstm2d, layers.convLstm3d][rank - 1]!;
      return { shape: [batch, ...inputShape], layer: () => make({ ...options, kernelSize: 3, inputShape }) };
    },
  ),
} as const; // prettier-ignore

/** A dense layer over many rows: its graph and an input. */
function rows(count: number) {
  const b = new GraphBuilder();
  const [x, y] = [b.input([null, 40], "float32"), b.input([40, 33], "float32")];
  const graph: Graph = b.finish([b.op.matmul(x, y)]);
  return { graph, inputs: [random([count, 40]), random([40, 33], "float32", 2)] };
}

const all = { threads: 3, threadWork: 0 };
const shapesOf = (inputs: readonly { readonly shape: readonly number[] }[]) => inputs.map((x) => x.shape);
const turn = (ms = 0) => new Promise((go) => setTimeout(go, ms));

describe("the results are those of one thread", () => {
  test.each(Object.keys(KINDS) as (keyof typeof KINDS)[])("%s", { timeout: 60_000 }, async (kind) => {
    await fc.assert(
      fc.asyncProperty(KINDS[kind] as fc.Arbitrary<{ shape: number[]; layer: () => ReturnType<typeof layers.dense> }>, async ({ shape, layer }) => {
        setRandomSeed(3);
        const model = new Sequential({ layers: [layer()] });
        const input = [random(shape)];
        await model.predict(input, { backend: "reference" });
        const [one, several] = [await wasm.open(model.graph), await wasm.open(model.graph, all)];
        const wanted = await one.run(input);
        await several.prepare([shape], 0);
        for (let i = 0; i < 6; i++) expect(several.runSync(input)).toEqual(wanted);
        one.dispose();
        several.dispose();
      }), // prettier-ignore
      { numRuns: 12 },
    );
  });

  const CELLS = [["lstm", {}], ["gru", {}], ["gru", { resetAfter: false }], ["simpleRNN", {}]] as const; // prettier-ignore
  test.each(CELLS.flatMap(([cell, kind]) => [1, 3].map((rows) => [cell, kind, rows] as const)))(
    "halves of the units of %s %o, %d rows, masked and not",
    async (cell, kind, rows) => {
      for (const [i, units] of [32, 50, 77].entries()) {
        const steps = 37 - i;
        const x = random([rows, steps, 6]);
        const inputShape = [steps, 6];
        const options = { ...kind, units, returnSequences: i === 1, goBackwards: i === 2 };
        for (const isMasked of [false, true]) {
          // Of each row other steps, and the last ones of all.
          if (isMasked) (x.data as Float32Array).forEach((_, k, all) => (Math.floor(k / 6) % 3 === 0 || Math.floor(k / 6) % steps > 30 ? (all[k] = 0) : 0)); // prettier-ignore
          const layer = layers[cell](isMasked ? options : { ...options, inputShape });
          const model = new Sequential({ layers: isMasked ? [layers.masking({ inputShape }), layer] : [layer] });
          const [one, two] = [await wasm.open(model.graph), await wasm.open(model.graph, { ...all, threads: 2 })];
          const wanted = await one.run([x]);
          await two.prepare([x.shape], 0);
          const linker = new Linker({ relaxed: false, shared: true });
          const plan = await withRules(() => compile(model.graph, [x.shape], linker, new FixedMemory(), { parallel: { threads: 2, work: 0 } })); // prettier-ignore
          expect(plan.kernels.map(({ kernel }) => kernelName(kernel))).toContain("recurrent shared");
          for (let run = 0; run < 12; run++) expect(two.runSync([x])).toEqual(wanted);
          one.dispose();
          two.dispose();
        }
      }
    },
  );

  test("two panels at a time of many weights", async () => {
    for (const columns of [1024, 1045, 1056]) {
      const b = new GraphBuilder();
      const depth = 1030;
      const [x, w] = [b.input([1, depth], "float32"), b.input([depth, columns], "float32")];
      const graph = b.finish([b.op.matmul(x, w)]);
      const inputs = [random([1, depth]), random([depth, columns], "float32", 2)];
      const [one, several] = [await wasm.open(graph), await wasm.open(graph, all)];
      const wanted = await one.run(inputs);
      const [row, matrix] = inputs.map(({ data }) => data as Float32Array);
      (wanted[0]!.data as Float32Array).forEach((found, n) => {
        let sum = 0;
        for (let k = 0; k < depth; k++) sum += row![k]! * matrix![k * columns + n]!;
        expect(Math.abs(found - sum)).toBeLessThan(1e-4);
      });
      await several.prepare(shapesOf(inputs), 0);
      for (let run = 0; run < 6; run++) expect(several.runSync(inputs)).toEqual(wanted);
      one.dispose();
      several.dispose();
    }
  });

  test("two panels at a time of an LSTM's many weights", async () => {
    for (const units of [632, 637]) {
      const x = random([1, 3, 5]);
      setRandomSeed(2);
      const recurrentInitializer = "glorotUniform";
      const model = new Sequential({ layers: [layers.lstm({ units, recurrentInitializer, inputShape: [3, 5] })] });
      const [exact] = await model.predict([x], { backend: "reference" });
      const [one, two] = [await wasm.open(model.graph), await wasm.open(model.graph, { ...all, threads: 2 })];
      const wanted = await one.run([x]);
      expect(distance(wanted[0]!, exact!)).toBeLessThanOrEqual(1e-6);
      await two.prepare([x.shape], 0);
      for (let run = 0; run < 6; run++) expect(two.runSync([x])).toEqual(wanted);
      one.dispose();
      two.dispose();
    }
  });

  test("lines of a convolutional LSTM's steps, carried states among them", async () => {
    const inputShape = [3, 7, 6, 2];
    const model = new Sequential({ layers: [layers.convLstm2d({ filters: 5, kernelSize: 3, padding: "same", stateful: true, returnSequences: true, batchInputShape: [1, ...inputShape] })] }); // prettier-ignore
    const x = random([1, ...inputShape]);
    const [one, two] = [await wasm.open(model.graph), await wasm.open(model.graph, { ...all, threads: 2 })];
    const linker = new Linker({ relaxed: false, shared: true });
    const parallel = { threads: 2, work: 0 };
    const plan = await withRules(() => compile(model.graph, [x.shape], linker, new FixedMemory(), { parallel }));
    expect(plan.kernels.filter(({ kernel }) => kernelName(kernel) === "conv recurrent")).toHaveLength(3);
    await two.prepare([x.shape], 0);
    for (let run = 0; run < 6; run++) expect(two.runSync([x])).toEqual(await one.run([x]));
    one.dispose();
    two.dispose();
  });

  test("of run after run, of other shapes between them", async () => {
    const [many, few] = [rows(67), rows(31)];
    const session = await wasm.open(many.graph, all);
    const single = await wasm.open(many.graph);
    const [a, b] = [await single.run(many.inputs), await single.run(few.inputs)];
    for (let i = 0; i < 300; i++) {
      expect(await session.run(many.inputs)).toEqual(a);
      expect(await session.run(few.inputs)).toEqual(b);
      if (i % 10 === 0) await turn();
    }
    session.dispose();
  });

  test("through the API, and for runs that can be stopped", async () => {
    const model = new Sequential({ layers: [layers.dense({ units: 512, inputShape: [512] })] });
    const x = random([256, 512]);
    const wanted = await model.predict([x]);
    await model.prepare({ shapes: [[256, 512]], threads: 2 });
    expect(model.predictSync([x])).toEqual(wanted);
    const { signal } = new AbortController();
    expect(await model.predict([x], { threads: 2, signal })).toEqual(wanted);
    await expect(model.predict([x], { threads: 2, signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow("no");
    const loaded = await load(await save(model, { format: "keras-v3" }), { threads: 2 });
    expect(await loaded.predict([x])).toEqual(wanted);
    loaded.dispose();
    model.dispose();
  });
});

describe("threads", () => {
  test("start when there is work to share, and end with the session", { timeout: 60_000 }, async () => {
    const { graph, inputs } = rows(20);
    const idle = await wasm.open(graph, { threads: 2 });
    await idle.prepare(shapesOf(inputs), 1);
    expect(alive()).toBe(0);
    idle.dispose();
    for (let i = 0; i < 100; i++) {
      const session = await wasm.open(graph, { threads: 2, threadWork: 0 });
      if (i % 2 === 0) await session.prepare(shapesOf(inputs), 1);
      await session.run(inputs);
      expect(alive()).toBe(1);
      session.dispose();
      await turn();
      expect(alive()).toBe(0);
    }
    await expect.poll(() => process.getActiveResourcesInfo().filter((name) => name === "Worker")).toEqual([]);
  });

  test("views of before are refused, though shared memory keeps them alive", async () => {
    const [many, few] = [rows(67), rows(31)];
    const session = await wasm.open(many.graph, all);
    await session.prepare(shapesOf(many.inputs), 0);
    const old = session.views().inputs;
    session.runSync(old);
    session.runSync(few.inputs);
    expect(() => session.runSync(old)).toThrow(expect.objectContaining({ code: "mismatch/view" }));
    session.runSync(session.views().inputs);
    session.dispose();
  });

  test("are refused by name where they cannot be", async () => {
    const { graph } = rows(1);
    const refusal = expect.objectContaining({ code: "unsupported/threads" });
    for (const threads of [0, 1.5, 65, NaN]) await expect(wasm.open(graph, { threads })).rejects.toThrow(refusal);
    const model = new Sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })] });
    const x = tensor(new Float32Array(1), [1, 1]);
    await expect(model.predict([x], { threads: 2, backend: "reference" })).rejects.toThrow(refusal);
    Object.assign(globalThis, { crossOriginIsolated: false });
    await expect(wasm.open(graph, { threads: 2 })).rejects.toThrow(/cross-origin isolated/);
    await (await wasm.open(graph, { threads: 1 })).run(rows(1).inputs);
    Reflect.deleteProperty(globalThis, "crossOriginIsolated");
  });

  test("that cannot start are told of, not waited for", async () => {
    const { graph, inputs } = rows(20);
    usePlatformThreads(({ failed }) => {
      setTimeout(() => failed("no more threads"), 5);
      return { post: () => undefined, end: () => undefined };
    });
    const session = await wasm.open(graph, all);
    await session.run(inputs);
    await expect(session.prepare(shapesOf(inputs), 0)).rejects.toThrow(/a thread failed: no more threads/);
    await expect(session.run(inputs)).rejects.toThrow(expect.objectContaining({ code: "unsupported/threads" }));
    session.dispose();
    usePlatformThreads(start);
  });

  test("an index out of range is told of while threads wait", async () => {
    const b = new GraphBuilder();
    const [x, y] = [b.input([20, 40], "float32"), b.input([40, 33], "float32")];
    const index = b.input([2], "int32");
    const graph = b.finish([b.op.gather(b.op.matmul(x, y), index, 0)]);
    const { inputs } = rows(20);
    const [good, bad] = [tensor([1, 2], [2], "int32"), tensor([1, 99], [2], "int32")];
    const session = await wasm.open(graph, all);
    await session.prepare(shapesOf([...inputs, good]), 0);
    const wanted = session.runSync([...inputs, good]);
    expect(() => session.runSync([...inputs, bad])).toThrow(expect.objectContaining({ code: "mismatch/range" }));
    expect(session.runSync([...inputs, good])).toEqual(wanted);
    session.dispose();
  });
});
