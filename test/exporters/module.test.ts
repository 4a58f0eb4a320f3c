/** Modules that were written run alone, and compute to the last bit what `predict` computes under `strict`. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sizeOf, type Tensor } from "../../src/core/tensor.ts";
import { hasTexts } from "../../src/engines/inputs.ts";
import { withDType } from "../../src/core/cast.ts";
import { convert, layers, type Model, save, type SaveOptions, Sequential, setRandomSeed } from "../../src/node.ts";
import { FIXTURES, type Fixture, fixtures, loadFixture, valuesOf } from "../support/fixtures.ts";
import { nodeModel } from "../support/node-model.ts";

interface Written {
  predict(x: unknown): Promise<readonly Tensor[] & { named: Record<string, Tensor> }>;
  predictSync(x: unknown, options?: { out: unknown }): readonly Tensor[];
  resetStates(): void;
  readonly inputs: readonly { name: string; shape: readonly (number | null)[]; dtype: string }[];
  readonly outputs: Written["inputs"];
}

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "keraport-module-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;

/** Writes a model as a module, alone in its folder, and imports it. */
async function written(model: Model, options: SaveOptions = {}, name = "model.mjs"): Promise<Written> {
  const own = join(folder, `${count++}`);
  mkdirSync(own);
  await save(model, join(own, name), options);
  return (await import(pathToFileURL(join(own, name)).href)) as Written;
}

/** The same, all in one file that lies in memory. */
async function inMemory(model: Model, options: SaveOptions): Promise<Written> {
  const files = await save(model, { ...options, format: "module", inline: true });
  const text = Buffer.from(files.get("model.mjs")!).toString("base64");
  return (await import(`data:text/javascript;base64,${text}`)) as Written;
}

const values = (tensors: readonly Tensor[]) =>
  [...tensors].map(({ dtype, shape, data }) => ({ dtype, shape: [...shape], data }));

async function callsOf(model: Model, fixture: Fixture): Promise<readonly (readonly Tensor[])[]> {
  const arrays = await valuesOf(fixture);
  const call = (step: number): readonly (Tensor | undefined)[] => {
    const mark = step === 0 ? "" : `@${step}`;
    return model.inputs.map(({ name, dtype }, i) => {
      const found = arrays.get(`inputs/${i}${mark}`) ?? arrays.get(`inputs/${name}${mark}`);
      return found && withDType(found, dtype);
    });
  };
  const calls: (readonly Tensor[])[] = [];
  for (let step = 0; ; step++) {
    const inputs = call(step);
    if (inputs.some((input) => input === undefined)) return calls;
    calls.push(inputs as readonly Tensor[]);
  }
}

it.each(["layers", "models"])("fixtures/%s", { timeout: 300_000 }, async (part) => {
  for (const fixture of fixtures(part)) {
    const model = await loadFixture(fixture);
    if (model.problems.length === 0) {
      if (model.inputs.every(({ shape }) => shape !== null) && hasTexts(model.graph)) {
        const shapes = model.inputs.map(({ shape }) => shape!.map((length) => length ?? 1));
        expect(await codeOf(() => save(model, { format: "module", shapes }))).toBe("unsupported/dtype");
        continue;
      }
      const calls = await callsOf(model, fixture);
      expect([fixture.name, calls.length > 0]).toEqual([fixture.name, true]);
      await model.predict(calls[0]!);
      model.resetStates();
      const sets = calls.map((inputs) => inputs.map(({ shape }) => shape));
      const module = await inMemory(model, {
        shapes: sets.filter((set, i) => sets.findIndex((x) => `${x}` === `${set}`) === i),
      });
      for (const x of calls) {
        const expected = values(await model.predict(x, { strict: true }));
        expect([fixture.name, values(await module.predict(x))]).toEqual([fixture.name, expected]);
      }
    }
    model.dispose();
  }
});

const STACKED = join(FIXTURES, "models/stacked_lstm/model.keras");

function stacked(): Model {
  setRandomSeed(1);
  return new Sequential({
    layers: [
      layers.lstm({ name: "steps", units: 64, returnSequences: true, inputShape: [10, 64] }),
      layers.lstm({ units: 32, returnSequences: true }),
      layers.lstm({ units: 10 }),
      layers.dense({ name: "classes", units: 10, activation: "softmax" }),
    ],
  });
}

const ramp = (shape: readonly number[]): Tensor => ({
  dtype: "float32",
  shape,
  data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i)),
});

const codeOf = async (work: () => unknown): Promise<unknown> => {
  try {
    await work();
    return "done";
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
};

describe("a module", () => {
  it("of a stacked LSTM of 47 thousand parameters takes 10 kB", async () => {
    const files = await save(stacked(), { format: "module" });
    expect([...files.keys()]).toEqual(["model.mjs", "model.weights.bin", "model.d.mts", "model.d.ts"]);
    expect(files.get("model.mjs")!.length).toBeLessThanOrEqual(10_240);
  });

  it("takes and gives what the library does", async () => {
    const model = stacked();
    const module = await written(model);
    const x = ramp([1, 10, 64]);
    const [y] = await model.predict(x, { strict: true });
    const nested = Array.from({ length: 10 }, (_, t) => [...(x.data as Float32Array).subarray(64 * t, 64 * t + 64)]);
    const doubles = { ...x, dtype: "float64", data: Float64Array.from(x.data as Float32Array) };
    for (const given of [x, [x], x.data, [nested], { steps_input: x }, doubles, { ...x, shape: [1, 10, 64, 1] }]) {
      const made = await module.predict(given);
      expect(values(made)).toEqual(values([y!]));
      expect([made.named["classes"], (made[0] as typeof y)!.at(0, -1)]).toEqual([made[0], y!.at(0, -1)]);
      expect((made[0] as typeof y)!.toArray()).toEqual(y!.toArray());
    }
    const out = new Float32Array(10);
    expect(module.predictSync(x, { out })).toBe(out);
    expect(out).toEqual(y!.data);
    expect(module.inputs).toEqual([{ name: "steps_input", shape: [1, 10, 64], dtype: "float32" }]);
    expect(module.outputs).toEqual([{ name: "classes", shape: [1, 10], dtype: "float32" }]);
  });

  it("refuses what does not fit, by the library's codes", async () => {
    const module = await written(stacked());
    const x = ramp([1, 10, 64]);
    for (const [given, code, options] of [
      [ramp([2, 10, 64]), "mismatch/shape"],
      [[[1, 2]], "mismatch/shape"],
      [{ ...x, data: new Float32Array(3) }, "mismatch/shape"],
      [[[...Array.from({ length: 9 }, () => Array.from({ length: 64 }, () => 0)), [1]]], "mismatch/shape"],
      [[Array.from({ length: 10 }, () => Array.from({ length: 64 }, () => "a"))], "mismatch/dtype"],
      [{ ...x, dtype: "float16", data: new Uint16Array(640) }, "mismatch/dtype"],
      [{ other: x }, "mismatch/inputs"],
      [{ steps_input: x, other: x }, "mismatch/inputs"],
      [[x, x], "mismatch/inputs"],
      [x, "mismatch/dtype", { out: new Float64Array(10) }],
      [x, "mismatch/outputs", { out: [new Float32Array(10), new Float32Array(10)] }],
    ] as const)
      expect(await codeOf(() => module.predictSync(given, options as never))).toBe(code);
  });

  it("keeps states until they are reset", async () => {
    setRandomSeed(2);
    const model = new Sequential({ layers: [layers.gru({ units: 3, stateful: true, batchInputShape: [1, 2, 4] })] });
    const module = await written(model);
    for (const step of [0, 1, 2]) {
      if (step === 2) for (const one of [model, module]) one.resetStates();
      const x = ramp([1, 2, 4]);
      expect(values(await module.predict(x))).toEqual(values(await model.predict(x, { strict: true })));
    }
  });

  it.each(["float16", "int8"] as const)("stores weights as %s", async (quantize) => {
    const model = stacked();
    const [full, small] = [await save(model, { format: "module" }), await save(model, { format: "module", quantize })];
    const sizes = [full, small].map((files) => files.get("model.weights.bin")!.length);
    expect(sizes[1]! / sizes[0]!).toBeLessThan(quantize === "int8" ? 0.27 : 0.52);
    const x = ramp([1, 10, 64]);
    const [[y], [exact]] = [await (await written(model, { quantize })).predict(x), await model.predict(x)];
    y!.data.forEach((value, i) => expect(Number(value)).toBeCloseTo(Number(exact!.data[i]), 2));
  });

  it("refuses the weights of another", async () => {
    const own = join(folder, "mixed");
    mkdirSync(own);
    await save(stacked(), join(own, "a.mjs"));
    const weights = readFileSync(join(own, "a.weights.bin"));
    weights[1000] = weights[1000]! ^ 1;
    writeFileSync(join(own, "a.weights.bin"), weights);
    expect(await codeOf(() => import(pathToFileURL(join(own, "a.mjs")).href))).toBe("mismatch/weights");
  });

  it("is run before it gets its name, wherever its parts are", async () => {
    for (const options of [{}, { inline: true }, { wasm: "file" }, { quantize: "int8" }] as const) {
      const own = join(folder, `${count++}`);
      mkdirSync(own);
      const { verified, checks } = await convert(STACKED, join(own, "m.mjs"), options);
      expect([verified, checks.at(-1)]).toEqual(["outputs", "outputs on seeded inputs (bit by bit)"]);
      expect(readdirSync(own).sort()).toEqual(
        [
          "m.d.mts",
          "m.d.ts",
          "m.mjs",
          ...("wasm" in options ? ["m.wasm"] : []),
          ...("inline" in options || "wasm" in options ? [] : ["m.weights.bin"]),
        ].sort(),
      );
    }
  });

  it("has declarations that TypeScript takes", async () => {
    const own = join(folder, "types");
    mkdirSync(own);
    await save(stacked(), join(own, "model.mjs"));
    const use = `import { inputs, predict, predictSync, resetStates } from "./model.mjs";
const shape: readonly [1, 10, 64] = inputs[0].shape;
const made = await predict(new Float32Array(640));
const y: Float32Array = made[0].data;
const same: Float32Array = made.named.classes.data;
const out: Float32Array = predictSync({ steps_input: [[[1]]] }, { out: y });
resetStates();
// @ts-expect-error: there is no such input
predictSync({ other: y });
// @ts-expect-error: the output is of float32
predictSync(y, { out: new Float64Array(10) });
export { out, same, shape };
`;
    writeFileSync(join(own, "use.mts"), use);
    const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom"];
    const { stdout } = spawnSync(process.execPath, [tsc, ...options, join(own, "use.mts")], {
      encoding: "utf8",
      cwd: own,
    });
    expect(stdout).toBe("");
  });

  it("has options that other formats refuse by name", async () => {
    const model = stacked();
    for (const options of [{ inline: true }, { wasm: "file" }, { quantize: "int8" }, { shapes: [1, 10, 64] }] as const)
      for (const format of ["keras-v3", "onnx"] as const)
        expect(await codeOf(() => save(model, { format, ...options }))).toBe("mismatch/option");
    for (const options of [{ opset: 18 }, { wasm: "beside" as never }, { quantize: "int4" as never }])
      expect(await codeOf(() => save(model, { format: "module", ...options }))).toBe("mismatch/option");
    expect(await codeOf(() => save(model, { format: "module", shapes: [1, 9, 64] }))).toBe("mismatch/shape");
  });
});

describe("a conversion", () => {
  it("runs each module anew, whatever states an equal one has", async () => {
    const model = new Sequential({ layers: [layers.gru({ units: 3, stateful: true, batchInputShape: [1, 2, 4] })] });
    const [file] = [...(await save(model, { format: "keras-v3" })).values()];
    for (const name of ["a.html", "b.html", "a.mjs", "b.mjs"]) {
      const options = { format: name.endsWith("html") ? "html" : "module", ...(name.endsWith("mjs") && { inline: true }) } as const; // prettier-ignore
      expect((await convert(file!, join(folder, `states-${name}`), options)).verified).toBe("outputs");
    }
  });

  const CHOOSE = [
    { module: "keras.src.ops.math", class: "SegmentSum", config: { num_segments: 2, sorted: false }, inputs: { x: [3], i: [] }, batches: { x: 5, i: 5 } }, // prettier-ignore
    { module: "keras.src.ops.numpy", class: "Take", config: { axis: 0 }, inputs: { x: [3], i: [2] } },
  ] as const;

  it.each(CHOOSE)("$class is run on indices in range", async (given) => {
    const path = join(folder, `${given.class}.mjs`);
    const { verified } = await convert(nodeModel({ ...given, dtypes: { i: "int32" } }), path);
    expect(verified).toBe("outputs");
    const module = (await import(pathToFileURL(path).href)) as Written;
    const [x, i] = module.inputs.map(({ shape }) => new Float32Array(shape.reduce<number>((n, m) => n * m!, 1)));
    expect(await codeOf(() => module.predict([x, new Int32Array(i!.length).fill(9)]))).toBe("mismatch/range");
  });
});

describe("a page", () => {
  it("is run before it gets its name, and asks for nothing", async () => {
    const path = join(folder, "page.html");
    const { verified } = await convert(STACKED, path, { quantize: "float16" });
    expect(verified).toBe("outputs");
    const text = readFileSync(path, "utf8");
    expect(text).toContain("default-src 'none'");
    expect(text.replace("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:|\bimport\b|\bfetch\b|\bsrc=/);
  });

  it("holds names from a file as strings alone", async () => {
    const name = "</script><img src=x onerror=alert(1)>\u2028";
    const model = new Sequential({ name, layers: [layers.dense({ name: "a<b", units: 1, inputShape: [2] })] });
    for (const format of ["html", "module"] as const) {
      const [file] = [...(await save(model, { format })).values()];
      const text = new TextDecoder().decode(file);
      expect([text.includes("<img"), text.includes("a<b"), text.includes("\u2028")]).toEqual([false, false, false]);
      expect(text.split("</script>")).toHaveLength(format === "html" ? 2 : 1);
    }
  });
});
