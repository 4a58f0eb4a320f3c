/** `prepare`, `predictSync`, `views`: equal to `predict`, at once, in the caller's arrays. */
import { describe, expect, it } from "vitest";
import { Input, layers, Model, Sequential, tensor, type TensorLike } from "../../src/node.ts";

const ramp = (shape: readonly number[], phase = 0) =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i + phase)),
    shape,
  );

const code = (problem: string) => expect.objectContaining({ code: problem });

function dense(): Sequential {
  return new Sequential({ layers: [layers.dense({ units: 2, activation: "tanh", inputShape: [3] })] });
}

/** Two inputs, floats and indices; two outputs. */
function twoByTwo(): Model {
  const [a, b] = [Input({ shape: [4], name: "a" }), Input({ shape: [2], dtype: "int32", name: "b" })];
  const looked = layers.flatten().apply(layers.embedding({ inputDim: 5, outputDim: 3 }).apply(b));
  const joined = layers.concatenate().apply([layers.dense({ units: 3 }).apply(a), looked]);
  return new Model({ inputs: [a, b], outputs: [joined, layers.dense({ units: 1 }).apply(joined)] });
}

/** A stateful LSTM on one sample of any length. */
function streaming(): Sequential {
  return new Sequential({
    layers: [
      layers.lstm({ units: 5, stateful: true, returnSequences: true, batchInputShape: [1, null, 3] }),
      layers.dense({ units: 2 }),
    ],
  });
}

describe("predictSync", () => {
  it("gives what predict gives, for tensors, typed arrays and nested numbers", async () => {
    const model = await dense().prepare();
    const x = ramp([1, 3]);
    const wanted = await model.predict(x);
    expect(model.predictSync(x)).toEqual(wanted);
    expect(model.predictSync([x])).toEqual(wanted);
    expect(model.predictSync(x.data as Float32Array)).toEqual(wanted);
    expect(model.predictSync([Array.from(x.data as Float32Array)])).toEqual(wanted);
  });

  it("writes into out and gives it back: an array, a tensor, one for each output", async () => {
    const model = await dense().prepare();
    const x = ramp([1, 3]);
    const [wanted] = await model.predict(x);
    const out = new Float32Array(2);
    expect(model.predictSync(x, { out })).toBe(out);
    expect(out).toEqual(wanted!.data);
    const target: TensorLike = { dtype: "float32", shape: [1, 2], data: new Float32Array(2) };
    expect(model.predictSync(x.data as Float32Array, { out: [target] })[0]).toBe(target);
    expect(target).toEqual(wanted);
  });

  it("compiles for another shape in passing; typed arrays keep the prepared one", async () => {
    const model = await dense().prepare();
    const wanted = [await model.predict(ramp([1, 3])), await model.predict(ramp([7, 3]))];
    for (let i = 0; i < 3; i++) {
      expect(model.predictSync(ramp([7, 3]))).toEqual(wanted[1]);
      expect(model.predictSync(ramp([1, 3]).data as Float32Array)).toEqual(wanted[0]);
    }
  });

  it("takes several inputs and outputs, by order and by name, integers among them", async () => {
    const model = await twoByTwo().prepare({ shapes: { a: [2, 4], b: [2, 2] } });
    const [a, b] = [ramp([2, 4]), tensor(Int32Array.of(4, 0, 1, 3), [2, 2])];
    const wanted = await model.predict([a, b]);
    expect(model.predictSync([a, b])).toEqual(wanted);
    expect(model.predictSync([a.data as Float32Array, b.data as Int32Array])).toEqual(wanted);
    expect(model.predictSync({ b: b.data as Int32Array, a })).toEqual(wanted);
    const out = [new Float32Array(18), new Float32Array(2)];
    model.predictSync([a, b.data as Int32Array], { out });
    expect(out).toEqual(wanted.map(({ data }) => data));
  });

  it("step by step is one long sequence, until resetStates; predict goes on from there", async () => {
    const model = streaming();
    const long = await model.predict(ramp([1, 6, 3]));
    model.resetStates();
    await model.prepare({ shapes: [1, 1, 3], warmUp: 3 });
    const steps = ramp([1, 6, 3]).data as Float32Array;
    const out = new Float32Array(2);
    const run = (t: number): number[] => {
      model.predictSync(steps.subarray(3 * t, 3 * t + 3), { out });
      return [...out];
    };
    const wanted = (t: number): number[] => [...(long[0]!.data as Float32Array).subarray(2 * t, 2 * t + 2)];
    const close = (found: readonly number[], t: number): void =>
      found.forEach((y, i) => expect(y).toBeCloseTo(wanted(t)[i]!, 6));
    for (let t = 0; t < 4; t++) close(run(t), t);
    model.resetStates();
    for (let t = 0; t < 5; t++) close(run(t), t);
    const [last] = await model.predict(tensor(steps.slice(15), [1, 1, 3]));
    close([...(last!.data as Float32Array)], 5);
  });

  it("leaves states as they are when it fails", async () => {
    const x = Input({ batchShape: [1, null], dtype: "int32" });
    const looked = layers.embedding({ inputDim: 4, outputDim: 3 }).apply(x);
    const model = new Model({ inputs: x, outputs: layers.lstm({ units: 4, stateful: true }).apply(looked) });
    await model.prepare({ shapes: [1, 2] });
    const tokens = (...ids: number[]) => tensor(Int32Array.from(ids), [1, ids.length]);
    const first = model.predictSync(tokens(1, 2));
    const second = model.predictSync(tokens(3, 0));
    model.resetStates();
    expect(model.predictSync(tokens(1, 2))).toEqual(first);
    expect(() => model.predictSync(tokens(3, 9))).toThrow(code("mismatch/range"));
    await expect(model.predict(tokens(9, 1))).rejects.toThrow(code("mismatch/range"));
    expect(model.predictSync(tokens(3, 0))).toEqual(second);
  });

  it("refuses, and says how to go on", async () => {
    const model = dense();
    expect(() => model.predictSync(ramp([1, 3]))).toThrow(code("mismatch/not-prepared"));
    await expect(model.prepare({ shapes: [1, 4] })).rejects.toThrow(code("mismatch/shape"));
    await expect(model.prepare({ shapes: [[1, 3], [1, 3]] })).rejects.toThrow(code("mismatch/inputs")); // prettier-ignore
    await expect(model.prepare({ backend: "reference" })).rejects.toThrow(code("unsupported/backend"));
    await expect(streaming().prepare()).rejects.toThrow(code("mismatch/shape"));
    await model.prepare();
    const x = ramp([1, 3]);
    const wrong = (run: () => unknown, problem: string): void => expect(run, problem).toThrow(code(problem));
    wrong(() => model.predictSync(new Float32Array(4)), "mismatch/shape");
    wrong(() => model.predictSync(tensor(["a", "b", "c"], [1, 3])), "mismatch/dtype");
    wrong(() => model.predictSync(ramp([1, 4])), "mismatch/shape");
    wrong(() => model.predictSync(ramp([3])), "mismatch/shape");
    wrong(() => model.predictSync([x, x]), "mismatch/inputs");
    wrong(() => model.predictSync(x, { out: new Float32Array(3) }), "mismatch/shape");
    wrong(() => model.predictSync(x, { out: new Float64Array(2) }), "mismatch/dtype");
    wrong(() => model.predictSync(x, { out: ramp([2, 1]) }), "mismatch/shape");
    wrong(() => model.predictSync(x, { out: [] }), "mismatch/outputs");
    const running = model.predict(x, { signal: new AbortController().signal });
    wrong(() => model.predictSync(x), "mismatch/busy");
    await running;
    expect(model.predictSync(x)).toHaveLength(1);
    await model.setWeights(await model.getWeights());
    wrong(() => model.predictSync(x), "mismatch/not-prepared");
  });

  it("and everything else is refused after dispose", async () => {
    const model = await dense().prepare();
    const running = model.predict(ramp([5, 3]));
    model.dispose();
    expect((await running)[0]!.shape).toEqual([5, 2]);
    expect(() => model.predictSync(ramp([1, 3]))).toThrow(code("mismatch/disposed"));
    expect(() => model.views()).toThrow(code("mismatch/disposed"));
    await expect(model.predict(ramp([1, 3]))).rejects.toThrow(code("mismatch/disposed"));
    await expect(model.prepare()).rejects.toThrow(code("mismatch/disposed"));
  });
});

describe("views", () => {
  it("are read and written in place", async () => {
    const model = await twoByTwo().prepare();
    const { inputs, outputs } = model.views();
    const [a, b] = [ramp([1, 4]), tensor(Int32Array.of(4, 2), [1, 2])];
    const wanted = await model.predict([a, b]);
    for (let i = 0; i < 2; i++) {
      (inputs[0]!.data as Float32Array).set(a.data as Float32Array);
      (inputs[1]!.data as Int32Array).set(b.data as Int32Array);
      expect(model.predictSync(inputs, { out: outputs })).toBe(outputs);
      expect(outputs).toEqual(wanted);
    }
    expect(model.predictSync([a, b], { out: outputs })).toEqual(wanted);
    expect(model.predictSync([a, b.data as Int32Array], { out: [outputs[0]!.data as Float32Array, outputs[1]!] })[1]).toEqual(wanted[1]); // prettier-ignore
  });

  it("are refused when they are another input's, a part, or no longer valid", async () => {
    const model = await dense().prepare();
    const old = model.views();
    const data = old.inputs[0]!.data as Float32Array;
    expect(() => model.predictSync(data.subarray(0))).toThrow(code("mismatch/view"));
    expect(() => model.predictSync(ramp([1, 3]), { out: data.subarray(0, 2) })).toThrow(code("mismatch/view"));
    model.predictSync(ramp([4, 3]));
    expect(data.length).toBe(0);
    expect(() => model.predictSync(old.inputs)).toThrow(code("mismatch/view"));
    expect(() => model.predictSync(ramp([1, 3]), { out: old.outputs })).toThrow(code("mismatch/view"));
    const { inputs, outputs } = model.views();
    const [wanted] = await model.predict(ramp([1, 3]));
    (inputs[0]!.data as Float32Array).set(ramp([1, 3]).data as Float32Array);
    model.predictSync(inputs, { out: outputs });
    expect(outputs[0]).toEqual(wanted);
    model.predictSync(ramp([40_000, 3]));
    expect(() => model.predictSync(inputs)).toThrow(code("mismatch/view"));
    const last = model.views();
    model.dispose();
    await Promise.resolve();
    await new Promise((go) => setTimeout(go, 0));
    expect(last.inputs[0]!.data.length).toBe(0);
  });

  it("are there for dtypes that memory holds as arrays do", async () => {
    const x = Input({ shape: [2], dtype: "bool" });
    const model = await new Model({ inputs: x, outputs: layers.flatten().apply(x) }).prepare();
    expect(() => model.views()).toThrow(code("unsupported/view"));
    const out = new Uint8Array(2);
    model.predictSync(Uint8Array.of(1, 0), { out });
    expect([...out]).toEqual([1, 0]);
  });
});

describe("runtime options", () => {
  it("strict runs as told by the call or by the model, and only where it means something", async () => {
    const model = dense();
    const x = ramp([3, 3]);
    const strict = await model.predict(x, { strict: true });
    expect(await model.predict(x, { strict: true })).toEqual(strict);
    await model.prepare({ strict: true, shapes: [3, 3] });
    expect(model.predictSync(x)).toEqual(strict);
    await expect(model.predict(x, { strict: true, backend: "reference" })).rejects.toThrow(code("unsupported/strict"));
    const { data } = dense();
    const always = new Model(data, undefined, { strict: true });
    expect((await always.predict(x))[0]!.shape).toEqual([3, 2]);
    expect((await always.predict(x, { precision: "float64" }))[0]!.dtype).toBe("float64");
  });

  it("threads are the model's or the call's, and those of the wasm backend alone", async () => {
    const { data } = dense();
    const model = new Model(data, undefined, { threads: 2 });
    const x = ramp([3, 3]);
    const wanted = await model.predict(x, { threads: 1 });
    expect(await model.predict(x)).toEqual(wanted);
    expect((await model.predict(x, { backend: "reference" }))[0]!.shape).toEqual([3, 2]);
    await expect(model.predict(x, { threads: 0 })).rejects.toThrow(code("unsupported/threads"));
    await expect(model.predict(x, { threads: 2, backend: "reference" })).rejects.toThrow(code("unsupported/threads"));
  });

  it("float64 comes from the reference backend alone", async () => {
    const model = dense();
    expect((await model.predict(ramp([1, 3]), { precision: "float64" }))[0]!.dtype).toBe("float64");
    await expect(model.predict(ramp([1, 3]), { precision: "float64", backend: "wasm" })).rejects.toThrow(
      code("unsupported/precision"),
    );
  });
});
