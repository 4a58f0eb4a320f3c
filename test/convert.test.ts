/** Every model of the fixtures, and a sample of the layers, in every other format: what was written is the model. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { crc32 } from "../src/core/crc32.ts";
import { FormatError } from "../src/core/error.ts";
import { convert as convertInMemory } from "../src/index.ts";
import {
  convert,
  Input,
  type Layer,
  layers,
  load,
  Model,
  save,
  Sequential,
  setRandomSeed,
  tensor,
  verify,
} from "../src/node.ts";
import { importArchive } from "../src/importers/index.ts";
import { memory } from "./exporters/identity.ts";
import { filesOf, FIXTURES, type Fixture, fixtures, loadFixture } from "./support/fixtures.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "keraport-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One in so many of the layers, by a sum over the name: the same ones whatever others there are. */
const SAMPLE = 12;
const isSample = ({ name }: Fixture): boolean => crc32(new TextEncoder().encode(name)) % SAMPLE === 0;
const cases: readonly Fixture[] = [...fixtures("models"), ...fixtures("layers").filter(isSample)];

const textOf = (files: ReadonlyMap<string, Uint8Array>): string => new TextDecoder().decode([...files.values()][0]);
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const fileOf = async (model: Model, dialect: "keras2" | "keras3"): Promise<Uint8Array> =>
  [...(await save(model, { format: "keras-h5", dialect })).values()][0]!;

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: unknown) => (error instanceof FormatError ? error.code : String(error)),
  );

/** Converts; what another generation cannot say is refused by name, never written. */
async function converted(fixture: Fixture, target: string): Promise<boolean> {
  const { model, weights } = filesOf(fixture);
  const options = { force: true, ...(weights !== undefined && { weights }) };
  try {
    const result = await convert(model, target, options);
    // An architecture without weights cannot be run: whether it means the same is seen where the operations are the same.
    if (result.verified !== true) expect([target.endsWith(".json"), result.verified]).toEqual([true, "structure"]);
    expect(result.checks.length).toBeGreaterThan(0);
    return true;
  } catch (error) {
    if (!(error instanceof FormatError) || error.code !== "unsupported/translation") throw error;
    expect(error.path).toBeTruthy();
    expect(existsSync(target)).toBe(false);
    return false;
  }
}

it("ids of what is shared say nothing of their own", async () => {
  const model = new Uint8Array(readFileSync(join(FIXTURES, "layers/text/features/model.keras")));
  for (const format of ["keras-h5", "npz", "safetensors"] as const)
    expect((await convertInMemory(model, "model", { format })).verified).toBe(true);
});

/** It computes what Keras computed; what could not run before cannot for the same reasons. */
async function isTheModel(model: Model, fixture: Fixture): Promise<void> {
  if (model.problems.length === 0) {
    const report = await verify(model, join(fixture.folder, "io.npz"));
    expect(report.tensors.filter((tensor) => !tensor.ok)).toEqual([]);
    return;
  }
  const before = await loadFixture(fixture);
  const said = ({ problems }: Model): string[] => problems.map(({ code, path }) => `${code} ${path}`);
  expect(said(model)).toEqual(said(before));
}

/** What Keras 3 has no equal for, among those tried. */
const refused: string[] = [];

describe("converted models compute what Keras computed", () => {
  it.each(cases.map((fixture) => [fixture.name, fixture] as const))("%s", async (name, fixture) => {
    const base = join(folder, name.replaceAll("/", "-"));
    for (const ending of [".keras", ".h5"]) {
      if (!(await converted(fixture, base + ending))) {
        refused.push(name + ending);
        continue;
      }
      const model = await load(base + ending);
      await isTheModel(model, fixture);
      model.dispose();
    }
    for (const ending of [".json", ".weights.h5"]) await converted(fixture, base + ending);
    if (!existsSync(`${base}.json`) || !existsSync(`${base}.weights.h5`)) return;
    const apart = await load(`${base}.json`, { weights: `${base}.weights.h5` });
    await isTheModel(apart, fixture);
    apart.dispose();
  });

  it("are refused where Keras 3 has no equal, and nowhere else", () => {
    expect(refused.sort()).toEqual([
      // Rows that are masked whole are zeros there.
      "layers/attention/tfk_causal.keras",
      "layers/multi_head_attention/tfk_given.keras",
      "layers/ops/tfk_tf_direct.keras",
      "layers/preprocessing/tfk_images.keras",
    ]);
  });
});

const LSTM = join(FIXTURES, "models/stacked_lstm/model.keras");

describe("masks and embeddings between generations", () => {
  it("the lengths that a learned Normalization tells are those of its input: Keras 3 wants to know them", async () => {
    const file = new Uint8Array(readFileSync(join(FIXTURES, "layers/preprocessing/tfk_learned_first/model.keras")));
    expect((await load(file)).inputs[0]!.shape).toEqual([null, 3]);
    const { files } = await convertInMemory(file, "m.json", { dialect: "keras3" });
    expect(new TextDecoder().decode(files.get("m.json"))).toMatch(/"batch_shape": \[null, 3\]/);
  });

  it.each([
    ["layers/masking/list", "keras2"],
    ["layers/lstm/mask_options", "keras2"],
    ["layers/bidirectional/mask", "keras2"],
    ["layers/global_average_pooling1d/mask", "keras2"],
    ["layers/semantics/mask_passers", "keras2"],
    ["layers/semantics/layer_shared_masked_once", "keras2"],
    ["layers/lstm/tfk_embedding_mask", "keras3"],
    ["models/seq2seq", "keras2"],
    ["models/tfk_seq2seq", "keras3"],
    ["layers/semantics/tfk_initial_state_and_mask", "keras3"],
    ["layers/semantics/initial_state_and_mask_bidirectional", "keras2"],
    ["layers/semantics/tfk_initial_state_and_mask_bidirectional", "keras3"],
    ["layers/dot/vectors", "keras2"],
    ["layers/dot/tfk_axes", "keras3"],
    ["layers/unit_normalization/basic", "keras2"],
    ["layers/unit_normalization/tfk_basic", "keras3"],
    ["layers/global_max_pooling1d/basic", "keras2"],
    ["layers/global_max_pooling2d/basic", "keras2"],
    ["layers/max_pooling2d/tfk_all", "keras3"],
    ["layers/conv3d/tfk_options", "keras3"],
    ["layers/multi_head_attention/padded_rows", "keras2"],
    ["layers/multi_head_attention/tfk_padded_rows", "keras3"],
    ["layers/preprocessing/tfk_learned_first", "keras3"],
  ] as const)("%s to %s", async (name, dialect) => {
    const target = join(folder, `${name.replaceAll("/", "-")}.h5`);
    const { model } = filesOf({ name, folder: join(FIXTURES, name) });
    const result = await convert(model, target, { dialect, force: true });
    expect(result.verified).toBe(true);
    await isTheModel(await load(target), { name, folder: join(FIXTURES, name) });
  });

  it.each([
    ["layers/ops/operators", "keras3", /^Keras 3$/],
    ["layers/ops/h5", "keras3", /^no Keras: Keras 3 does not read \w+ \w+ from \.h5$/],
    ["layers/attention/options", "keras3", /^Keras 3$/],
    [
      "layers/bidirectional/tfk_backward_layer_keras",
      "keras2",
      /^no Keras: tf-keras, TensorFlow 2 does not read Bidirectional/,
    ],
    ["layers/ops/tfk_raw_arrays", "keras2", /^no Keras: tf-keras, TensorFlow 2 does not read TensorFlowOpLayer/],
    ["layers/masking/list", "keras2", /^tf-keras, TensorFlow 2$/],
  ] as const)("%s as .h5 of %s: which Keras opens it", async (name, dialect, says) => {
    const { model } = filesOf({ name, folder: join(FIXTURES, name) });
    expect((await convertInMemory(readFileSync(model), "m.h5", { dialect, verify: false })).opens).toMatch(says);
  });

  it.each([
    ["layers/ops/bits", "keras", "keras3", /BitwiseAnd/],
    ["layers/ops/rare", "h5", "keras3", /Heaviside/],
    ["layers/ops/windows", "keras", "keras3", /AdaptiveAveragePool/],
    ["layers/preprocessing/augmentation", "keras", "keras3", /RandomShear/],
    ["layers/text/learned", "h5", "keras3", /TextVectorization/],
    ["layers/text/lookups", "h5", "keras3", null],
    ["layers/text/lookups", "keras", "keras3", null],
    ["layers/unknown/quantised_h5", "h5", "keras3", /float8/],
    ["layers/masking/tensor", "h5", "keras2", /Masking/],
    ["layers/ops/tfk_lost", "h5", "keras2", /tf\.einsum/],
    ["layers/semantics/models_sharing_layers", "keras", "keras3", / h, shared/],
    ["layers/semantics/models_sharing_layers", "h5", "keras3", null],
    ["layers/semantics/direct_and_time_distributed", "keras", "keras3", null],
    ["layers/semantics/tfk_models_sharing_layers", "keras", "keras3", null],
    ["layers/semantics/tfk_models_sharing_layers", "keras", "keras2", / h, shared/],
    ["layers/semantics/tfk_direct_and_time_distributed_h5", "keras", "keras2", / dense, shared/],
    ["layers/semantics/tfk_model_twice", "keras", "keras2", null],
  ] as const)("%s as .%s of %s: what Keras does not take back, as tried with it", async (name, end, dialect, what) => {
    const { model } = filesOf({ name, folder: join(FIXTURES, name) });
    const { opens } = await convertInMemory(readFileSync(model), `m.${end}`, { dialect, verify: false });
    expect(opens).toMatch(what === null ? /^(Keras 3|tf-keras)/ : /^no Keras: /);
    if (what !== null) expect(opens).toMatch(what);
  });

  it("whether a call that Keras 3 writes is in training counts in Keras 2 alone: it is left out", async () => {
    const x = Input({ shape: [8, 8, 3] });
    const model = new Model({ inputs: x, outputs: layers.randomFlip({ mode: "horizontal" }).apply(x) });
    // As Keras 3 has it of layers whose signature says `training=True`.
    const text = textOf(await save(model, { format: "keras-json" })).replaceAll(
      '"kwargs": {}',
      '"kwargs": {"training": true}',
    );
    expect(text).toContain('{"training": true}');
    const written = textOf(await save(await load(bytesOf(text)), { format: "keras-json", dialect: "keras2" }));
    expect(written).not.toContain('"training"');
  });

  it("masks of one tensor that come along two ways are the mask, however the generations join them", async () => {
    const x = Input({ shape: [6], dtype: "int32" });
    const words = () => layers.embedding({ inputDim: 9, outputDim: 4, maskZero: true }).apply(x);
    const sum = layers.add().apply([words(), words()]);
    const model = new Model({ inputs: x, outputs: layers.gru({ units: 3 }).apply(sum) });
    for (const [from, dialect] of [["keras2", "keras3"], ["keras3", "keras2"]] as const)
      expect((await convertInMemory(await fileOf(model, from), "m.h5", { dialect })).verified).toBe(true); // prettier-ignore
  });

  it("layers get names that the generation takes, and calls name them so", async () => {
    const x = Input({ shape: [4], name: "eingabe ü" });
    const model = new Model({ inputs: x, outputs: layers.dense({ units: 2, name: "_erste Schicht" }).apply(x) });
    const { files, changed } = await convertInMemory(await fileOf(model, "keras3"), "m.h5", { dialect: "keras2" });
    expect(changed.join()).toMatch(/names of layers that Keras 2 does not take: eingabe ü to eingabe__, and 1 more/);
    const again = await load([...files.values()][0]!);
    expect(again.layers.map(({ name }) => name)).toEqual(["eingabe__", "layer_erste_Schicht"]);
  });

  it("a layer that is another's activation tells Keras 3 what it was built on, which Keras 3 does not find out", async () => {
    const x = Input({ shape: [4, 5] });
    const dense = new Model({ inputs: x, outputs: layers.dense({ units: 3, name: "dense" }).apply(x) });
    const text = textOf(await save(dense, { format: "keras-json", dialect: "keras2" }));
    const rectified = '"activation": {"class_name": "PReLU", "config": {"name": "rectifier", "shared_axes": [1]}}';
    const own = await load(bytesOf(text.replace('"activation": "linear"', rectified)));
    await own.setWeights(
      [...own.weights].map(({ shape }) =>
        tensor(new Array<number>((shape as number[]).reduce((n, m) => n * m, 1)).fill(0.5), shape as number[]),
      ),
    );
    const written = textOf(await save(own, { format: "keras-json", dialect: "keras3" }));
    expect(written).toContain('"build_config": {"input_shape": [null, 4, 3]}');
  });

  it("shapes that older Keras computes are the numbers that they are; what only measured is left out", async () => {
    const place = (name: string): readonly (string | number)[] => [name, 0, 0];
    const calls = (name: string, of: string, fn: string, kwargs: object, class_name = "TFOpLambda") => ({
      class_name,
      config: { name, trainable: true, dtype: "float32", function: fn },
      name,
      inbound_nodes: [[...place(of), kwargs]],
    });
    const x = { batch_input_shape: [null, null, 8], dtype: "float32", sparse: false, ragged: false, name: "x" };
    const pick = (name: string, of: string) =>
      calls(name, of, "__operators__.getitem", { slice_spec: 0 }, "SlicingOpLambda");
    const config = {
      name: "heads",
      trainable: true,
      layers: [
        { class_name: "InputLayer", config: x, name: "x", inbound_nodes: [] },
        calls("sizes", "x", "compat.v1.shape", { name: null, out_type: "int32" }),
        pick("batch", "sizes"),
        calls("split", "x", "reshape", { shape: [place("batch"), -1, 2, 4] }),
        calls("turned", "split", "compat.v1.transpose", { perm: [0, 2, 1, 3], name: "transpose", conjugate: false }),
        calls("back", "turned", "compat.v1.transpose", { perm: [0, 2, 1, 3], name: "transpose", conjugate: false }),
        calls("joined", "back", "reshape", { shape: [place("batch"), -1, 8] }),
      ],
      input_layers: [place("x")],
      output_layers: [place("joined")],
    };
    const json = { class_name: "Functional", config, keras_version: "2.15.0", backend: "tensorflow" };
    const own = await load(bytesOf(JSON.stringify(json)));
    const { files, verified } = await convertInMemory(await fileOf(own, "keras2"), "m.keras", { dialect: "keras3" });
    expect(verified).toBe(true);
    const again = await load([...files.values()][0]!);
    const classes = again.layers.map(({ class: name }) => name);
    expect(classes).toEqual(["InputLayer", "Reshape", "Transpose", "Transpose", "Reshape"]);
  });

  it("names the layer whose mask is not the one that its input carries", async () => {
    const name = "layers/ops/mask_by_hand";
    const { model } = filesOf({ name, folder: join(FIXTURES, name) });
    await expect(convert(model, join(folder, "by-hand.h5"), { dialect: "keras2" })).rejects.toThrow(
      expect.objectContaining({ code: "unsupported/translation", path: "lstm" }),
    );
  });
});

describe("convert", () => {
  const out = (name: string): string => join(folder, name);

  it("says what was kept, changed and dropped, and what was found equal", async () => {
    const result = await convert(LSTM, out("a.h5"), { dialect: "keras2" });
    expect(result).toMatchObject({
      format: "keras-h5",
      verified: true,
      changed: ["dialect keras3 to keras2"],
      dropped: [],
    });
    expect(result.kept).toEqual(["architecture", "10 weights"]);
    expect(result.checks[0]).toBe("10 weights, bit by bit");
    expect((await convert(LSTM, out("b.h5"), { verify: false })).verified).toBe(false);
  });

  it("lists what the target cannot hold", async () => {
    const compiled = join(FIXTURES, "models/compiled/model.keras");
    const { dropped } = await convert(compiled, out("c.json"));
    expect(dropped.join("; ")).toMatch(/weights.*optimizer state/);
  });

  it("takes the format from the name or from `format`", async () => {
    expect((await convert(LSTM, out("strange"), { format: "keras-json" })).format).toBe("keras-json");
    expect(await codeOf(convert(LSTM, out("x.docx")))).toBe("unsupported/format");
  });

  it("does not replace an output unless forced, nor ever its input", async () => {
    writeFileSync(out("there.h5"), "precious");
    expect(await codeOf(convert(LSTM, out("there.h5")))).toBe("mismatch/output-exists");
    expect(readFileSync(out("there.h5"), "utf8")).toBe("precious");
    expect((await convert(LSTM, out("there.h5"), { force: true })).verified).toBe(true);
    expect(await codeOf(convert(out("there.h5"), out("there.h5"), { force: true }))).toBe("mismatch/same-file");
    symlinkSync(out("there.h5"), out("link.h5"));
    expect(await codeOf(convert(out("there.h5"), out("link.h5"), { force: true }))).toBe("mismatch/same-file");
    expect((await load(out("there.h5"))).name).toBe("stacked_lstm");
  });

  it("leaves nothing behind when it fails", async () => {
    const inside = out("empty");
    mkdirSync(inside);
    await codeOf(convert(join(FIXTURES, "models/stacked_lstm/io.npz"), join(inside, "a.h5")));
    expect(readdirSync(inside)).toEqual([]);
  });

  it("runs what it wrote for ONNX Runtime", async () => {
    const { verified, checks } = await convert(LSTM, out("a.onnx"));
    expect([verified, checks.at(-1)]).toEqual([
      "outputs",
      expect.stringMatching(/^outputs on seeded inputs \(largest/),
    ]);
  });

  // ONNX Runtime rounds at other places, and has no bfloat16.
  it.each([
    ["mixed_float16", "outputs", /^outputs on seeded inputs/],
    ["float16", "outputs", /^outputs on seeded inputs/],
    ["mixed_bfloat16", "structure", /^not run: .*(data type|bfloat16)/],
  ] as const)("runs loops of %s as save writes them", async (dtype, verified, why) => {
    // Of weights drawn anew some few in a thousand round further apart than is allowed.
    setRandomSeed(1);
    const options = { units: 4, returnSequences: true, dtype };
    const model = new Sequential({
      layers: [layers.lstm({ ...options, inputShape: [5, 3] }), layers.gru(options), layers.simpleRNN(options)],
    });
    await save(model, out("half.keras"));
    const result = await convert(out("half.keras"), out("half.onnx"), { force: true });
    expect([result.verified, result.checks.at(-1)]).toEqual([verified, expect.stringMatching(why)]);
    const [bytes] = (await save(model, { format: "onnx" })).values();
    expect(Buffer.compare(bytes!, readFileSync(out("half.onnx")))).toBe(0);
  });

  it("works in memory, as in a browser", async () => {
    const { files, verified } = await convertInMemory(new Uint8Array(readFileSync(LSTM)), "model.h5");
    expect([verified, [...files.keys()]]).toEqual([true, ["model.h5"]]);
    expect((await load(files.get("model.h5")!)).layers).toHaveLength((await load(LSTM)).layers.length);
  });
});

describe("save", () => {
  it("gives the files by path, or writes them", async () => {
    const model = await load(LSTM);
    expect([...(await save(model, { format: "keras-v3" })).keys()]).toEqual(["model.keras"]);
    await save(model, join(folder, "saved.weights.h5"));
    await save(model, join(folder, "saved.keras"));
    await save(model, join(folder, "saved.keras"));
    expect(await codeOf(save(model, join(folder, "saved.keras"), { force: false }))).toBe("mismatch/output-exists");
    expect((await verify(await load(join(folder, "saved.keras")), model)).ok).toBe(true);
  });

  it("refuses by name what gives other sizes in the other generation", async () => {
    const built = new Sequential();
    built.add(layers.resizing({ height: 4, width: 6, dataFormat: "channels_first", inputShape: [2, 3, 3] }));
    built.add(layers.conv2d({ filters: 3, kernelSize: 2 }));
    await expect(save(built, { format: "keras-h5", dialect: "keras2" })).rejects.toMatchObject({
      code: "unsupported/translation",
      path: expect.stringContaining("conv2d") as string,
    });
  });

  it("writes calls with arguments by place, states and masks among them, for tf-keras", async () => {
    const x = Input({ shape: [5, 3] });
    const mask = Input({ shape: [5], dtype: "bool" });
    const built = new Model({
      inputs: [x, mask],
      outputs: layers.bidirectional({ layer: layers.gru({ units: 2 }) }).apply(x, { mask }),
    });
    const [bytes] = (await save(built, { format: "keras-json" })).values();
    const json = JSON.parse(new TextDecoder().decode(bytes)) as {
      config: {
        layers: { class_name: string; inbound_nodes: { args: unknown[]; kwargs: Record<string, unknown> }[] }[];
      };
    };
    const [call] = json.config.layers.find((one) => one.class_name === "Bidirectional")!.inbound_nodes;
    call!.args.push(null, call!.kwargs["mask"]);
    call!.kwargs = {};
    const weights = (await save(built, { format: "weights-h5" })).values().next().value!;
    const moved = await load(new TextEncoder().encode(JSON.stringify(json)), { weights });
    const again = await load(await save(moved, { format: "keras-h5", dialect: "keras2" }));
    expect((await verify(again, built, { rtol: 0, atol: 0 })).ok).toBe(true);
  });

  it("writes models built in code", async () => {
    const built = new Sequential();
    built.add(layers.lstm({ units: 4, inputShape: [5, 3] }));
    built.add(layers.dense({ units: 2, activation: "softmax" }));
    for (const options of [
      { format: "keras-v3" },
      { format: "keras-h5" },
      { format: "keras-h5", dialect: "keras2" },
    ] as const) {
      const [file] = [...(await save(built, options)).values()];
      expect((await verify(await load(file!), built, { rtol: 0, atol: 0 })).ok).toBe(true);
    }
  });

  it("scales a kernel that two layers hold in both places, where hard_sigmoid means something else", async () => {
    const inner = { class_name: "Dense", config: { name: "dense", units: 4, activation: "hard_sigmoid" } };
    const input = { class_name: "InputLayer", config: { batch_input_shape: [null, 3], dtype: "float32", name: "x" } };
    const outer = { class_name: "SpectralNormalization", config: { name: "outer", layer: inner } };
    const config = { name: "m", layers: [input, outer] };
    const old = { class_name: "Sequential", config, keras_version: "2.21.0", backend: "tensorflow" };
    const model = await load(new TextEncoder().encode(JSON.stringify(old)));
    const shapes = model.weights.map(({ shape }) => shape!);
    await model.setWeights(shapes.map((shape) => ({ dtype: "float32", shape, data: new Float32Array(shape.reduce((n, m) => n * m, 1)).fill(0.5) }))); // prettier-ignore
    const [file] = [...(await save(model, { format: "keras-v3" })).values()];
    const { weights } = await importArchive(memory(file!));
    const kernels = await Promise.all(
      weights
        .filter(({ shape }) => shape.join() === "3,4")
        .map(async (one) => Buffer.from(await one.read()).readFloatLE()),
    );
    expect(kernels).toEqual([0, 1].map(() => expect.closeTo(0.6, 6)));
  });

  it("refuses a mean of whole numbers, which tf-keras's Discretization gives whatever its policy", async () => {
    const x = Input({ shape: [5, 7, 1] });
    const bins = layers.discretization({ binBoundaries: [0.1] }).apply(x);
    const model = new Model({ inputs: x, outputs: layers.globalAveragePooling2d().apply(bins) });
    await expect(save(model, { format: "keras-h5", dialect: "keras2" })).rejects.toMatchObject({
      code: expect.stringMatching(/^unsupported\//),
    });
  });

  it.each([
    ["ActivityRegularization", { l1: 0, l2: -2 }],
    ["AlphaDropout", { rate: -2 }],
    ["GaussianNoise", { stddev: -0.5 }],
  ])("refuses what Keras 3's %s does not take, and tf-keras's does", async (className, options) => {
    const layer = (class_name: string, config: object) => ({
      module: "keras.layers",
      class_name,
      config,
      registered_name: null,
    });
    const input = layer("InputLayer", { name: "x", batch_input_shape: [null, 3], dtype: "float32" });
    const config = { name: "m", layers: [input, layer(className, { name: "one", dtype: "float32", ...options })] };
    const json = JSON.stringify({ class_name: "Sequential", config, keras_version: "2.15.0", backend: "tensorflow" });
    const model = await load(new TextEncoder().encode(json));
    await expect(save(model, { format: "keras-json", dialect: "keras3" })).rejects.toMatchObject({
      code: "unsupported/translation",
      problems: [{ path: expect.stringMatching(/^one\./) }],
    });
  });

  it("writes what generations compute otherwise only where no number tells", async () => {
    const [x, i] = [Input({ shape: [5, 4] }), Input({ shape: [5], dtype: "int32" })];
    const attention = layers.multiHeadAttention({ numHeads: 2, keyDim: 3 }).apply(x, { value: x, useCausalMask: true });
    const counts = layers.categoryEncoding({ numTokens: 6, outputMode: "count" }).apply(i);
    for (const [inputs, outputs, changed] of [
      [x, attention, []],
      [i, counts, ["whole numbers out of range, which only one of them refuses"]],
    ] as const) {
      const given = await save(new Model({ inputs, outputs }), { format: "keras-v3" });
      const {
        files,
        verified,
        changed: told,
      } = await convertInMemory(given.values().next().value!, "m.h5", {
        dialect: "keras2",
      });
      expect(verified).toBe(true);
      for (const line of changed) expect(told).toContainEqual(expect.stringContaining(line));
      expect(files.size).toBe(1);
    }
  });

  it("scales what feeds an activation, where hard_sigmoid means something else", async () => {
    const activation = "hardSigmoid";
    const line = { filters: 3, kernelSize: 2, activation } as const;
    const made: Record<string, Layer> = {
      dense: layers.dense({ units: 3, activation }),
      einsumDense: layers.einsumDense({ equation: "ab,bc->ac", outputShape: [3], biasAxes: "c", activation }),
      ...Object.fromEntries(
        ([1, 2, 3] as const).flatMap((n) => [
          [`conv${n}d`, layers[`conv${n}d`](line)],
          [`conv${n}dTranspose`, layers[`conv${n}dTranspose`](line)],
        ]),
      ),
      depthwiseConv1d: layers.depthwiseConv1d({ kernelSize: 2, activation }),
      depthwiseConv2d: layers.depthwiseConv2d({ kernelSize: 2, activation }),
      separableConv1d: layers.separableConv1d(line),
      separableConv2d: layers.separableConv2d(line),
      lstm: layers.lstm({ units: 3, recurrentActivation: activation }),
      gru: layers.gru({ units: 3, activation, recurrentActivation: activation }),
      simpleRnn: layers.simpleRNN({ units: 3, activation }),
      convLstm2d: layers.convLstm2d({ filters: 2, kernelSize: 2, recurrentActivation: activation }),
    };
    for (const [name, layer] of Object.entries(made)) {
      const rank = /^(dense|einsum)/.test(name) ? 0 : name === "convLstm2d" ? 3 : Number(/\d/.exec(name)?.[0] ?? 1);
      const x = Input({ shape: [...Array.from({ length: rank }, () => 4), 3] });
      const model = new Model({ inputs: x, outputs: layer.apply(x) });
      const [file] = [...(await save(model, { format: "keras-h5", dialect: "keras2" })).values()];
      const written = await load(file!);
      expect.soft([name, (await verify(written, model)).ok]).toEqual([name, true]);
      expect.soft([name, written.weights.every(({ shape }, i) => String(shape) === String(model.weights[i]!.shape))]).toEqual([name, true]); // prettier-ignore
    }
  });

  it.each([["lookups"], ["vectors"]])(
    "idf_weights of the config: %s has them not in .h5, as Keras, and by their name in .keras",
    async (name) => {
      const given = readFileSync(join(FIXTURES, `layers/text/${name}/model.keras`));
      const one = async (from: Uint8Array, to: string): Promise<Uint8Array> => {
        const { files, verified } = await convertInMemory(from, to);
        expect(verified).toBe(true);
        return [...files.values()][0]!;
      };
      const ends = async (file: Uint8Array): Promise<string[]> =>
      (await importArchive(memory(file))).weights.map(({ key }) => key.split("/").at(-1)!).filter((end) => /idf/.test(end)); // prettier-ignore
      const h5 = await one(given, "m.h5");
      expect(await ends(h5)).toEqual([]);
      expect(await ends(given)).toContain("idf_weights");
      expect((await ends(await one(h5, "m.keras"))).sort()).toEqual((await ends(given)).sort());
    },
  );

  it.each(
    fixtures("layers")
      .filter(({ name }) => name.startsWith("layers/names/"))
      .map((one) => [one.name, one] as const),
  )("%s: weights go by paths of classes' names", async (_, fixture) => {
    const model = await loadFixture(fixture);
    for (const format of ["npz", "safetensors"] as const) {
      const [file] = [...(await save(model, { format })).values()];
      const again = await load(file!);
      expect((await again.getWeights()).map(({ data }) => data)).toEqual(
        (await model.getWeights()).map(({ data }) => data),
      );
    }
  });

  it("writes values that were set", async () => {
    const model = await load(LSTM);
    const values = await model.getWeights();
    await model.setWeights(values.map((value) => ({ ...value, data: (value.data as Float32Array).map((x) => 2 * x) })));
    const again = await load((await save(model, { format: "keras-h5" })).get("model.h5")!);
    expect((await again.getWeights())[0]!.data[0]).toBe(2 * Number(values[0]!.data[0]));
  });
});
