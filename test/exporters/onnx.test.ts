/** ONNX files, judged by ONNX Runtime: every fixture that runs here computes there what Keras computes. */
import type { FormatError } from "../../src/core/error.ts";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../../src/core/source.ts";
import { sizeOf, type Tensor } from "../../src/core/tensor.ts";
import { collectFiles } from "../../src/api/save.ts";
import { exportOnnx } from "../../src/exporters/onnx/index.ts";
import { exporterOf } from "../../src/exporters/index.ts";
import type { ExportedGraph, GraphExporter } from "../../src/exporters/types.ts";
import { reference } from "../../src/engines/reference/backend.ts";
import { GraphBuilder } from "../../src/graph/builder.ts";
import type { Sym } from "../../src/ops/types.ts";
import { withDType } from "../../src/core/cast.ts";
import { layers, type Model, save, Sequential, setRandomSeed } from "../../src/node.ts";
import { difference, type Fixture, fixtures, loadFixture, valuesOf } from "../support/fixtures.ts";
import { runOnnx } from "../support/onnxruntime.ts";

/** Of the largest number of an output. */
const ALLOWED = 1e-5;

/** Outputs that are nothing but what rounding leaves of zeros: sines of whole numbers of half turns. */
const ROUNDING = /^layers\/ops\/rare_integers(, another batch)?: sinc$/;

interface Written extends ExportedGraph {
  readonly bytes: Uint8Array;
}

async function written(model: Model, opset?: number): Promise<Written> {
  const exporter = await (exporterOf("onnx") as GraphExporter).load();
  const names = (all: Model["inputs"]): string[] => all.map(({ name }) => name);
  const { name, graph, inputs, outputs } = model;
  const exported = await exporter(
    { name, graph, inputs: names(inputs), outputs: names(outputs) },
    opset === undefined ? {} : { opset },
    "model.onnx",
  );
  const parts: Uint8Array[] = [];
  for await (const part of exported.files[0]!.chunks()) parts.push(part.slice());
  return { ...exported, bytes: Buffer.concat(parts) };
}

const fileOf = (bytes: Uint8Array) => new Map([["model.onnx", bytesSource(bytes)]]);

/** Zeros for the states of a model, which has its batch from an input. */
function statesOf(model: Model, batch: number): Map<string, Tensor> {
  return new Map(
    model.graph.states.map(({ path, shape, dtype }) => {
      const lengths = shape.map((length) => (typeof length === "number" ? length : batch));
      return [
        `state_in_${path}`,
        withDType({ dtype: "float32", shape: lengths, data: new Float32Array(sizeOf(lengths)) }, dtype),
      ];
    }),
  );
}

function expectEqual(found: Tensor, expected: Tensor, what: string): void {
  expect([what, found.dtype, ...found.shape]).toEqual([what, expected.dtype, ...expected.shape]);
  const { error, magnitude } = difference(found, expected);
  expect(error, what).toBeLessThanOrEqual(ROUNDING.test(what) ? 1e-7 : ALLOWED * Math.max(magnitude, Number.MIN_VALUE));
}

/** Runs a model there and here. */
async function compare(model: Model, bytes: Uint8Array, inputs: readonly Tensor[], what: string): Promise<void> {
  const feeds = new Map(model.inputs.map(({ name }, i) => [name, inputs[i]!] as const));
  for (const [name, zeros] of statesOf(model, inputs[0]!.shape[0]!)) feeds.set(name, zeros);
  const found = await runOnnx(bytes, feeds);
  const expected = await model.predict(inputs, { backend: "reference" });
  const names = [...found.keys()].filter((name) => !name.startsWith("state_out_"));
  expect(names).toHaveLength(expected.length);
  expected.forEach((tensor, i) => expectEqual(found.get(names[i]!)!, tensor, `${what}: ${names[i]!}`));
}

async function inputsOf(model: Model, fixture: Fixture): Promise<readonly Tensor[]> {
  const values = await valuesOf(fixture);
  return model.inputs.map(({ name, dtype }, i) =>
    withDType((values.get(`inputs/${i}`) ?? values.get(`inputs/${name}`))!, dtype),
  );
}

/** All entries once more: another batch. */
function doubled({ dtype, shape, data }: Tensor): Tensor {
  const all = new (data.constructor as Float32ArrayConstructor)(data.length * 2);
  all.set(data as Float32Array);
  all.set(data as Float32Array, data.length);
  return { dtype, shape: [shape[0]! * 2, ...shape.slice(1)], data: all };
}

const taken = [
  () => true,
  (error: unknown) => {
    expect(error).toMatchObject({ code: "mismatch/shape" });
    return false;
  },
] as const;

const parts = ["layers", "models"];

/** The fixtures that hold what has no ONNX form (texts, bits as another dtype, resizing to lengths that only a run tells): they are refused by name. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  layers: [
    "layers/ops/view",
    "layers/oracle/options",
    "layers/oracle/values",
    "layers/preprocessing/sizes_free",
    "layers/preprocessing/tfk_images",
    "layers/text/features",
    "layers/text/features_joined",
    "layers/text/features_model",
    "layers/text/hashes",
    "layers/text/learned",
    "layers/text/lookups",
    "layers/text/tfk_all",
    "layers/text/tfk_feature_columns",
    "layers/text/tfk_features",
    "layers/text/tfk_moved",
    "layers/text/vectors",
  ],
  models: [],
};

it.each(parts)("fixtures/%s", { timeout: 300_000 }, async (part) => {
  const refused: string[] = [];
  for (const fixture of fixtures(part)) {
    const model = await loadFixture(fixture);
    if (model.problems.length === 0) {
      const inputs = await inputsOf(model, fixture);
      const file = await written(model).catch((error: FormatError) => {
        expect(error.code, fixture.name).toMatch(/^unsupported\//);
        return null;
      });
      if (file === null) {
        refused.push(fixture.name);
        continue;
      }
      expect(await file.check(fileOf(file.bytes))).toHaveLength(2);
      await compare(model, file.bytes, inputs, fixture.name);
      const isFree = model.inputs.every(({ shape }) => shape?.[0] === null) && inputs.every((x) => x.shape[0]! > 0);
      const others = inputs.map(doubled);
      // Some models say their batch in an option of a layer.
      const fits = isFree && (await model.predict(others, { backend: "reference" }).then(...taken));
      if (fits) await compare(model, file.bytes, others, `${fixture.name}, another batch`);
    }
    model.dispose();
  }
  expect(refused).toEqual(REFUSED[part]);
});

function stacked(stateful: boolean): Model {
  setRandomSeed(5);
  return new Sequential({
    layers: [
      layers.masking({ maskValue: 0, ...(stateful ? { batchInputShape: [2, null, 3] } : { inputShape: [null, 3] }) }),
      layers.bidirectional({ layer: layers.lstm({ units: 4, returnSequences: true }) }),
      layers.gru({ units: 3, stateful }),
    ],
  } as never);
}

const ramp = (shape: readonly number[]): Tensor => ({
  dtype: "float32",
  shape,
  data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => (i % 11 < 3 ? 0 : Math.sin(i))),
});

describe("a file", () => {
  it.each([17, 18, 19, 20, 21, 22])("of operators of version %i runs", async (opset) => {
    const model = stacked(false);
    await compare(model, (await written(model, opset)).bytes, [ramp([2, 5, 3])], `version ${opset}`);
  });

  it.each([
    [17, "float32"],
    [22, "float16"],
  ] as const)("of version %i in %s pools what is padded, its padding with it", async (opset, dtype) => {
    for (const rank of [1, 2, 3]) {
      const builder = new GraphBuilder();
      const { op } = builder;
      const shape = [2, ...[5, 6, 7].slice(0, rank), 2];
      const x = builder.input([null, ...shape.slice(1)], dtype);
      const each = <T>(value: T): T[] => Array.from({ length: rank }, () => value);
      const outputs: Sym[] = [];
      for (const layout of ["last", "first"] as const) {
        const axes = [0, rank + 1, ...each(0).map((_, i) => i + 1)];
        const given = layout === "last" ? x : op.transpose(x, axes);
        const kernel = op.full([...each(1), 2, 2], 0.5, dtype);
        const unit = { layout, strides: each(1), dilation: each(1), padding: "valid", groups: 1 } as const;
        const filtered = op.conv(given, kernel, null, unit);
        for (const from of [given, filtered])
          for (const value of [0, 3])
            for (const fn of ["max", "average"] as const)
              for (const padding of ["valid", "same"] as const) {
                const amounts = each([1, 2] as const);
                const none = [0, 0] as const;
                const all = layout === "last" ? [none, ...amounts, none] : [none, none, ...amounts];
                const attrs = { fn, layout, padding, size: each(3), strides: each(2) };
                outputs.push(op.pool(op.pad(from, all, value), attrs));
                outputs.push(op.pool(op.multiply(op.pad(from, all, value), 1), attrs));
              }
      }
      const graph = builder.finish(outputs);
      const traced = { name: "pools", graph, inputs: ["x"], outputs: outputs.map((_, i) => `y${i}`) };
      const { files } = await exportOnnx(traced, { opset });
      const [bytes] = (await collectFiles(files, "m.onnx")).values();
      const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => -2.5 - 2 * Math.sin(i * 1.7));
      const given = withDType({ dtype: "float32", shape, data }, dtype);
      const found = [...(await runOnnx(bytes!, new Map([["x", given]]))).values()];
      const expected = await (await reference.open(graph)).run([given]);
      expected.forEach((y, i) => {
        const { error, magnitude } = difference(found[i]!, y);
        expect(error, `rank ${rank}, output ${i}`).toBeLessThanOrEqual(
          (dtype === "float16" ? 2 ** -8 : ALLOWED) * magnitude,
        );
      });
    }
  });

  // `tf.math.erfc` of TensorFlow 2.21.
  it.each(["float32", "float64"] as const)("of %s keeps what erfc leaves far out", async (dtype) => {
    const builder = new GraphBuilder();
    const graph = builder.finish([builder.op.erfc(builder.input([null], dtype))]);
    const { files } = await exportOnnx({ name: "left", graph, inputs: ["x"], outputs: ["y"] }, {});
    const [bytes] = (await collectFiles(files, "m.onnx")).values();
    const table: readonly (readonly [number, number])[] = [
      [-30, 2], [-5, 1.9999999999984626], [-1, 1.8427007929497148], [0, 1], [0.25, 0.7236736098317631], [0.5, 0.47950012218695337], [0.75, 0.2888443663464848],
      [1, 0.15729920705028522], [1.5, 0.03389485352468927], [2, 0.004677734981047266], [3, 2.209049699858544e-5], [5, 1.5374597944280347e-12],
      [8, 1.1224297172982926e-29], [9, 4.137031746513811e-37], [30, 0], [Infinity, 0], [-Infinity, 2], [NaN, NaN],
    ]; // prettier-ignore
    const data = Float64Array.from(table, ([x]) => x);
    const given = withDType({ dtype: "float64", shape: [data.length], data }, dtype);
    const [y] = [...(await runOnnx(bytes!, new Map([["x", given]]))).values()];
    table.forEach(([x, wanted], i) => {
      const found = y!.data[i] as number;
      if (wanted === 0 || Number.isNaN(wanted)) expect(found, `erfc(${x})`).toBe(wanted);
      else expect(Math.abs(found / wanted - 1), `erfc(${x})`).toBeLessThan(1e-6);
    });
  });

  it("takes any number of steps", async () => {
    const model = stacked(false);
    const { bytes } = await written(model);
    for (const steps of [1, 4, 9]) await compare(model, bytes, [ramp([3, steps, 3])], `${steps} steps`);
  });

  it("gives states back, to be given again", async () => {
    const model = stacked(true);
    const { bytes } = await written(model);
    let states = statesOf(model, 2);
    for (const steps of [3, 2]) {
      const x = ramp([2, steps, 3]);
      const found = await runOnnx(bytes, new Map([[model.inputs[0]!.name, x], ...states]));
      expectEqual(found.get(model.outputs[0]!.name)!, (await model.predict(x))[0]!, `${steps} steps`);
      states = new Map([...states].map(([name]) => [name, found.get(name.replace("state_in_", "state_out_"))!]));
    }
  });

  it.each(["float64", "float16", "mixed_bfloat16"] as const)("of policy %s runs", async (dtype) => {
    setRandomSeed(6);
    const own = { dtype } as const;
    const model = new Sequential({
      layers: [
        layers.conv2d({
          ...own,
          filters: 3,
          kernelSize: 2,
          padding: "same",
          activation: "gelu",
          inputShape: [6, 6, 2],
        }),
        layers.averagePooling2d({ ...own }),
        layers.conv2dTranspose({ ...own, filters: 2, kernelSize: 2, strides: 2 }),
        layers.upSampling2d({ ...own, interpolation: "bilinear" }),
        layers.layerNormalization({ ...own }),
        layers.dense({ units: 2, dtype: "float32" }),
      ],
    });
    const { bytes, changed } = await written(model);
    expect(changed.some((line) => line.includes("float64 to float32"))).toBe(dtype === "float64");
    const x = withDType(ramp([2, 6, 6, 2]), model.inputs[0]!.dtype);
    const [found] = [...(await runOnnx(bytes, new Map([[model.inputs[0]!.name, x]]))).values()];
    const [expected] = await model.predict(x, { backend: "reference" });
    const { error, magnitude } = difference(found!, expected!);
    const steps = { float64: 1e-5, float16: 2 ** -8, mixed_bfloat16: 2 ** -5 };
    expect(error).toBeLessThanOrEqual(steps[dtype] * magnitude);
  });

  it("that differs from what was meant is told", async () => {
    const model = stacked(false);
    const { bytes, check } = await written(model);
    const kernel = bytes.length - 400;
    const changed = Uint8Array.from(bytes, (byte, i) => (i === kernel ? byte ^ 1 : byte));
    await expect(check(fileOf(changed))).rejects.toThrow(/mismatch\/verification|malformed\/protobuf/);
    await expect(check(fileOf(bytes.subarray(0, -1)))).rejects.toMatchObject({ code: "malformed/protobuf" });
  });

  it("that would be too long has its weights in one beside it", async () => {
    setRandomSeed(7);
    const model = new Sequential({
      layers: [
        layers.dense({ units: 70, inputShape: [40] }),
        layers.dense({ units: 50, activation: "tanh" }),
        layers.dense({ units: 3 }),
      ],
    });
    const { name, graph, inputs, outputs } = model;
    const names = (all: Model["inputs"]): string[] => all.map((one) => one.name);
    const traced = { name, graph, inputs: names(inputs), outputs: names(outputs) };
    const exported = await exportOnnx(traced, {}, "m.onnx", 10_000);
    const parts = await collectFiles(exported.files, "m.onnx");
    expect([...parts.keys()]).toEqual(["m.onnx", "m.onnx.data"]);
    expect(parts.get("m.onnx")!.length).toBeLessThan(4_000);
    const sources = new Map([...parts].map(([path, bytes]) => [path, bytesSource(bytes, path)]));
    expect((await exported.check(sources))[1]).toBe("6 weights and constants, byte by byte");
    const x = ramp([2, 40]);
    const found = await runOnnx(parts.get("m.onnx")!, new Map([[inputs[0]!.name, x]]), [
      { path: "m.onnx.data", data: parts.get("m.onnx.data")! },
    ]);
    expectEqual([...found.values()][0]!, (await model.predict(x))[0]!, "external data");
    parts.get("m.onnx.data")![5000]! ^= 1;
    await expect(exported.check(sources)).rejects.toMatchObject({ code: "mismatch/verification" });
  });

  it("of what ONNX has no form for is refused by name", async () => {
    const free = new Sequential({
      layers: [layers.upSampling2d({ interpolation: "bicubic", inputShape: [null, 4, 1] })],
    });
    await expect(save(free, { format: "onnx" })).rejects.toMatchObject({ code: "unsupported/onnx" });
    await expect(save(free, { format: "onnx", opset: 9 })).rejects.toMatchObject({ code: "mismatch/option" });
    await expect(save(free, { format: "keras-v3", opset: 18 })).rejects.toMatchObject({ code: "mismatch/option" });
    await expect(save(free, { format: "onnx", dialect: "keras2" })).rejects.toMatchObject({ code: "mismatch/option" });
  });
});
