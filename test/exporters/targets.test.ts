/** What the loaders of each generation insist on. What they open was tried with real Keras: `npm run oracle`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { convert } from "../../src/index.ts";
import { load, save, type Tensor } from "../../src/node.ts";
import { FIXTURES } from "../support/fixtures.ts";

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const textOf = (files: ReadonlyMap<string, Uint8Array>): string =>
  Buffer.from([...files.values()][0]!).toString("latin1");
const as = async (model: unknown, target: string, dialect?: "keras2" | "keras3") => {
  const { files, ...rest } = await convert(bytes(model), target, dialect === undefined ? {} : { dialect });
  return { text: textOf(files), ...rest };
};

const keras3 = (className: string, config: object, module = "keras.layers") => ({
  module,
  class_name: className,
  config,
  registered_name: module === "keras.layers" ? null : className,
});

/** With weights: an architecture, filled with numbers, as `.keras`. */
async function whole(model: unknown): Promise<Uint8Array> {
  const loaded = await load(bytes(model));
  const filled = loaded.weights.map(({ shape, dtype }) => {
    const size = shape!.reduce((a, b) => a * b, 1);
    const halves = Uint16Array.from({ length: size }, (_, i) => 0x3f80 + i);
    const data = dtype === "bfloat16" ? halves : Float32Array.from({ length: size }, (_, i) => i / 8);
    return { dtype, shape: shape!, data } as Tensor;
  });
  await loaded.setWeights(filled);
  return [...(await save(loaded, { format: "keras-v3" })).values()][0]!;
}

const functional2 = {
  class_name: "Functional",
  keras_version: "2.15.0",
  config: {
    name: "net/a",
    layers: [
      {
        class_name: "InputLayer",
        name: "in/x",
        config: { name: "in/x", batch_input_shape: [null, 3] },
        inbound_nodes: [],
      },
      { class_name: "ReLU", name: "a/b", config: { name: "a/b" }, inbound_nodes: [[["in/x", 0, 0, {}]]] },
      { class_name: "ReLU", name: "a_b", config: { name: "a_b" }, inbound_nodes: [[["a/b", 0, 0, {}]]] },
    ],
    input_layers: [["in/x", 0, 0]],
    output_layers: [["a_b", 0, 0]],
  },
};

describe("Keras 3", () => {
  it("gets names without a slash that stay apart, and a single output that is no list", async () => {
    const { text, changed, opens } = await as(functional2, "m.json", "keras3");
    const { config } = JSON.parse(text);
    expect(config.layers.map(({ name }: { name: string }) => name)).toEqual(["in_x", "a_b_1", "a_b"]);
    expect([config.name, config.input_layers, config.output_layers]).toEqual(["net_a", ["in_x", 0, 0], ["a_b", 0, 0]]);
    expect(JSON.stringify(config)).not.toContain("a/b");
    expect(changed[0]).toMatch(/net\/a to net_a, and 2 more$/);
    expect(opens).toBe("Keras 3");
  });

  // tf-keras 2.21 writes none ("Cannot serialize object Ellipsis") and reads `__ellipsis__` as a dict.
  it("gets an ellipsis of Keras 2 spelt out in .keras, where the layer says what it was built on", async () => {
    const part = { name: "g", trainable: true, dtype: "float32", function: "__operators__.getitem" };
    const key = { slice_spec: [{ class_name: "__ellipsis__" }, 1] };
    const layers = [
      { class_name: "InputLayer", config: { name: "i", batch_input_shape: [null, 4, 5], dtype: "float32" }, name: "i", inbound_nodes: [] },
      { class_name: "SlicingOpLambda", config: part, build_config: { input_shape: [null, 4, 5] }, name: "g", inbound_nodes: [["i", 0, 0, key]] },
    ]; // prettier-ignore
    const config = { name: "f", trainable: true, layers, input_layers: [["i", 0, 0]], output_layers: [["g", 0, 0]] };
    const json = { class_name: "Functional", config, keras_version: "2.21.0", backend: "tensorflow" };
    const file = new TextEncoder().encode(JSON.stringify(json));
    const { files, verified, opens } = await convert(file, "m.keras", { dialect: "same" });
    const text = textOf(files);
    expect(text).not.toContain("__ellipsis__");
    expect(text.match(/\{"start": ?null, ?"stop": ?null, ?"step": ?null\}/g)).toHaveLength(2);
    expect([verified, opens]).toEqual([true, expect.stringContaining("tf-keras")]);
  });

  it("gets adapters merged and an ellipsis spelt out in .h5", async () => {
    const tensor = {
      class_name: "__keras_tensor__",
      config: { shape: [null, 4, 5], dtype: "float32", keras_history: ["d", 0, 0] },
    };
    const into = { ...tensor, config: { ...tensor.config, keras_history: ["i", 0, 0] } };
    const ellipsis = { class_name: "__ellipsis__", config: {} };
    const model = keras3(
      "Functional",
      {
        name: "f",
        layers: [
          {
            ...keras3("InputLayer", { name: "i", batch_shape: [null, 4, 5], dtype: "float32" }),
            name: "i",
            inbound_nodes: [],
          },
          {
            ...keras3("Dense", { name: "d", units: 5, lora_rank: 2, lora_alpha: 2 }),
            name: "d",
            inbound_nodes: [{ args: [into], kwargs: {} }],
          },
          {
            ...keras3("GetItem", { name: "g" }, "keras.src.ops.numpy"),
            name: "g",
            inbound_nodes: [{ args: [tensor, [ellipsis, 1]], kwargs: {} }],
          },
        ],
        input_layers: ["i", 0, 0],
        output_layers: ["g", 0, 0],
      },
      "keras.src.models.functional",
    );
    const { files, changed, verified } = await convert(await whole(model), "m.h5");
    const text = textOf(files);
    expect(text).not.toMatch(/lora_rank|lora_alpha|__ellipsis__/);
    expect(text.match(/__slice__/g)).toHaveLength(2);
    expect([verified, changed.join()]).toEqual([true, expect.stringContaining("LoRA")]);
  });

  it.each(["keras2", "keras3"] as const)(
    "gets the regularisers and constraints of Keras 1 in today's words: %s",
    async (dialect) => {
      const dense = (config: object) => ({
        class_name: "Dense",
        config: { name: "d", output_dim: 2, batch_input_shape: [null, 3], ...config },
      });
      const old = {
        class_name: "Sequential",
        keras_version: "1.2.2",
        config: [
          dense({
            W_regularizer: { name: "L1L2Regularizer", l1: 0, l2: 0.0001 },
            W_constraint: { name: "MaxNorm", m: 2, axis: 0 },
            init: "uniform",
          }),
        ],
      };
      const { config } = JSON.parse((await as(old, "m.json", dialect)).text);
      const written = config.layers.at(-1).config;
      expect(written.kernel_regularizer).toMatchObject({ class_name: "L1L2", config: { l1: 0, l2: 0.0001 } });
      expect(written.kernel_constraint).toMatchObject({ class_name: "MaxNorm", config: { max_value: 2, axis: 0 } });
      expect(written.kernel_initializer).toMatchObject({ class_name: "RandomUniform", config: {} });
    },
  );

  it("is told what it must be given, and keeps a policy", async () => {
    const layer = {
      class_name: "Dense",
      config: {
        name: "d",
        units: 2,
        batch_input_shape: [null, 3],
        activation: "my_act",
        dtype: { class_name: "Policy", config: { name: "mixed_float16" } },
      },
    };
    const model = { class_name: "Sequential", keras_version: "2.15.0", config: { name: "s", layers: [layer] } };
    const { text, changed, opens } = await as(model, "m.json", "keras3");
    expect(JSON.parse(text).config.layers.at(-1).config.dtype.config.name).toBe("mixed_float16");
    expect([changed.some((line) => line.startsWith("activation my_act of s/d")), opens]).toEqual([
      true,
      "Keras 3, given custom objects: my_act",
    ]);
  });
});

it("writes a .keras of tf.keras in the language of Keras 3 unless it shall stay the same", async () => {
  const file = new Uint8Array(readFileSync(join(FIXTURES, "models/tfk_stacked_lstm/model.keras")));
  const versionOf = async (dialect?: "same") => {
    const { files, opens } = await convert(file, "new.keras", dialect === undefined ? {} : { dialect });
    return [/"keras_version": "(\d)/.exec(textOf(files))?.[1], opens];
  };
  expect(await versionOf()).toEqual(["3", "Keras 3"]);
  expect(await versionOf("same")).toEqual(["2", "tf-keras 2.16 and later"]);
});

it("says which Keras opens a copy, as tried with each: not what another version numbers or names otherwise", async () => {
  const opens = async (path: string, target: string) => {
    const file = new Uint8Array(readFileSync(join(FIXTURES, path)));
    return (await convert(file, target, { dialect: "same" })).opens;
  };
  expect(await opens("formats/tf213_sequential/model.keras", "m.keras")).toBe("TensorFlow 2.13");
  expect(await opens("formats/tf214_sequential/model.keras", "m.keras")).toBe("TensorFlow 2.14");
  expect(await opens("formats/k215_dense_keras/model.keras", "m.keras")).toBe("tf-keras, TensorFlow 2.15");
  // InputLayer's `optional`.
  expect(await opens("models/tfk_cnn_h5/model.h5", "m.h5")).toBe("tf-keras 2.16 and later");
  expect(await opens("formats/tf213_h5/model.h5", "m.h5")).toBe("tf-keras, TensorFlow 2");
  expect(await opens("formats/k215_cudnn_keras/model.keras", "m.keras")).toMatch(/^no Keras: .* CuDNN.* from \.keras$/);
  expect(await opens("layers/ops/h5/model.h5", "m.h5")).toMatch(/^no Keras: .* from \.h5$/);
  expect(await opens("layers/ops/h5/model.h5", "m.keras")).toBe("Keras 3");
  expect(await opens("layers/ops/tfk_operators/model.h5", "m.keras")).toMatch(/the ellipsis of \S+ from \.keras$/);
  expect(await opens("layers/applications/scales_h5/model.h5", "m.h5")).toMatch(/given custom objects: LayerScale/);
  expect(await opens("layers/applications/scales_h5/model.h5", "m.keras")).toBe("Keras 3");
});

it("lays weights alone out as the name of their file asks: by path in `.weights.h5`, by layer in other `.h5`", async () => {
  for (const [from, dialect] of [
    ["models/cnn/model.keras", "keras3"],
    ["models/cnn/model.keras", "keras2"],
    ["models/tfk_cnn/model.keras", "keras2"],
    ["models/tfk_cnn/model.keras", "keras3"],
  ] as const) {
    const file = new Uint8Array(readFileSync(join(FIXTURES, from)));
    const architecture = [...(await convert(file, "m.json", { dialect })).files.values()][0]!;
    for (const [target, isFlat] of [
      ["m.weights.h5", false],
      ["m_weights.h5", true],
    ] as const) {
      const { files, verified } = await convert(file, target, { dialect, format: "weights-h5" });
      const [weights] = files.values();
      expect([textOf(files).includes("layer_names"), verified, from, target]).toEqual([isFlat, true, from, target]);
      const again = await load(architecture, { weights: weights! });
      expect(await again.getWeights()).toEqual(await (await load(file)).getWeights());
      // One from the other, too: what is laid out otherwise is no copy.
      const other = await convert(architecture, isFlat ? "n.weights.h5" : "n.h5", {
        weights: weights!,
        format: "weights-h5",
      });
      expect(textOf(other.files).includes("layer_names")).toBe(!isFlat);
    }
  }
});

it("writes layers used as activations in the target's words", async () => {
  const keras3Layer = (className: string, config: object) => keras3(className, { name: "a", ...config });
  const dense = (activation: object) =>
    keras3(
      "Sequential",
      {
        name: "s",
        layers: [
          keras3("InputLayer", { name: "i", batch_shape: [null, 3], dtype: "float32" }),
          keras3("Dense", { name: "d", units: 2, activation }),
          keras3("Activation", { name: "e", activation }),
        ],
      },
      "keras",
    );
  for (const [name, options, older] of [
    ["LeakyReLU", { negative_slope: 0.25 }, { alpha: 0.25 }],
    ["ReLU", { max_value: 1, negative_slope: 0.5, threshold: 0 }, { max_value: 1, negative_slope: 0.5, threshold: 0 }],
    ["ELU", { alpha: 0.5 }, { alpha: 0.5 }],
    ["Softmax", { axis: -1 }, { axis: -1 }],
  ] as const) {
    const { text, opens } = await as(dense(keras3Layer(name, options)), "m.json", "keras2");
    const { layers } = JSON.parse(text).config;
    for (const { config } of layers.slice(-2)) {
      expect(config.activation).toMatchObject({ class_name: name, config: { ...older, dtype: "float32" } });
      expect([Object.keys(config.activation), opens]).toEqual([["class_name", "config"], "tf-keras, TensorFlow 2"]);
    }
    const back = JSON.parse((await as(JSON.parse(text), "m.json", "keras3")).text).config.layers;
    for (const { config } of back.slice(-2))
      expect(config.activation).toMatchObject({ module: "keras.layers", class_name: name, config: options });
  }
});

it("writes bfloat16 as float32 where no Keras reads it back", async () => {
  const dense = {
    name: "d",
    units: 2,
    dtype: { module: "keras", class_name: "DTypePolicy", config: { name: "bfloat16" }, registered_name: null },
  };
  const input = keras3("InputLayer", { name: "i", batch_shape: [null, 3], dtype: "float32" });
  const bytes = await whole(keras3("Sequential", { name: "s", layers: [input, keras3("Dense", dense)] }, "keras"));
  const model = await load(bytes);
  expect(model.weights.map(({ dtype }) => dtype)).toEqual(["bfloat16", "bfloat16"]);
  for (const dialect of ["keras2", "keras3"] as const)
    for (const target of ["m.h5", "m.keras"]) {
      const { files, verified } = await convert(bytes, target, { dialect });
      expect(verified).toBe(true);
      const again = await load([...files.values()][0]!);
      expect(await again.getWeights()).toEqual(await model.getWeights());
      const isKept = dialect === "keras3" && target === "m.keras";
      const stored = [...again.data.root.children.get("layers")!.at(-1)!.weights.values()].map(
        ({ source }) => source[0]!.dtype,
      );
      expect(stored).toEqual(isKept ? ["bfloat16", "bfloat16"] : ["float32", "float32"]);
    }
});

it("gives lookups the dtypes that tf-keras insists on, and says that it does not take learned weights of tf_idf", async () => {
  const file = readFileSync(join(FIXTURES, "layers/text/learned/model.keras"));
  const { files, opens } = await convert(file, "m.h5", { dialect: "keras2" });
  const written = textOf(files).matchAll(
    /"class_name": "(\w+(?:Lookup|Vectorization))", "config": {.*?"dtype": "(\w+)".*?"output_mode": "(\w+)"/g,
  );
  const asked = (name: string, mode: string): string =>
    name === "TextVectorization" ? "string" : mode === "int" ? "int64" : "float32";
  const found = [...written].map(([, name, dtype, mode]) => [dtype, asked(name!, mode!)]);
  expect(found.length).toBeGreaterThan(3);
  for (const [dtype, expected] of found) expect(dtype).toBe(expected);
  expect(opens).toMatch(/^no Keras: .* TextVectorization/);
});

it.each([
  [3, 3],
  [[1], 1],
  [[1, 2], 2],
  [[2], null],
  [[2, 1], null],
])("writes ngrams %j for tf-keras, which reads no list, as %j", async (ngrams, expected) => {
  const layer = keras3("TextVectorization", { name: "t", ngrams, vocabulary: ["a"] });
  const input = keras3("InputLayer", { name: "i", batch_shape: [null, 1], dtype: "string" });
  const model = keras3("Sequential", { name: "s", layers: [input, layer] }, "keras");
  const written = as(model, "m.json", "keras2");
  if (expected === null) await expect(written).rejects.toThrow("t.ngrams: tf-keras reads no list of widths");
  else expect((await written).text).toContain(`"ngrams": ${expected}`);
});

it.each([
  ["bool", false],
  ["float32", false],
  ["int8", true],
  ["string", true],
])("a Hashing of %s goes to tf-keras: %s", async (dtype, isTaken) => {
  const layer = keras3("Hashing", { name: "h", num_bins: 5 });
  const input = keras3("InputLayer", { name: "i", batch_shape: [null, 1], dtype });
  const written = as(keras3("Sequential", { name: "s", layers: [input, layer] }, "keras"), "m.json", "keras2");
  if (isTaken) expect((await written).text).toContain("Hashing");
  else await expect(written).rejects.toThrow(/unsupported\/(dtype|translation)/);
});

it.each(["count", "multi_hot", "one_hot"])(
  "a lookup of halves, %s, is refused in Keras 2, whose counts have none",
  async (output_mode) => {
    const layer = keras3("StringLookup", { name: "l", dtype: "bfloat16", vocabulary: ["a", "b"], output_mode });
    const input = keras3("InputLayer", { name: "i", batch_shape: [null, 1], dtype: "string" });
    const model = keras3("Sequential", { name: "s", layers: [input, layer] }, "keras");
    await expect(as(model, "m.json", "keras2")).rejects.toThrow("expected float32 or float64, found bfloat16");
  },
);

it("refuses in Keras 2 what only Keras 3 has", async () => {
  const layer = keras3("Dense", { name: "d", units: 2, activation: "squareplus" });
  const input = keras3("InputLayer", { name: "i", batch_shape: [null, 3], dtype: "float32" });
  const model = keras3("Sequential", { name: "s", layers: [input, layer] }, "keras");
  await expect(as(model, "m.json", "keras2")).rejects.toThrow("s/d.activation: Keras 2 has no such activation");
});

it("writes borders of Theano as zeros before a layer, refuses what no zeros equal, and keeps them in their own language", async () => {
  for (const name of [
    "k213_conv1d_same_stride2",
    "k213_convlstm2d_first",
    "k213_averagepool2d_first",
    "k213_maxpool2d_first",
  ]) {
    const file = new Uint8Array(readFileSync(join(FIXTURES, "formats", name, "model.h5")));
    for (const [target, dialect] of [
      ["m.keras", "keras3"],
      ["m.h5", "keras3"],
      ["m.keras", "keras2"],
    ] as const) {
      const converted = convert(file, target, { dialect });
      // Largest values have no zeros for borders; the states of even kernels are padded within the loop.
      if (/maxpool|convlstm/.test(name)) await expect(converted, `${name} ${target}`).rejects.toThrow(/padding: /);
      else {
        const { files, verified } = await converted;
        expect([textOf(files).includes("ZeroPadding"), verified], `${name} ${target}`).toEqual([true, true]);
      }
    }
    expect((await convert(file, "m.h5", { dialect: "keras2" })).verified).toBe(true);
  }
});

it("writes what only early Keras 2 reads as tf-keras means it where tf-keras alone reads the format", async () => {
  for (const [name, library] of [
    ["k213_lstm_masking", "tf-keras 2.16 and later"],
    ["k215_cudnn_h5", "tf-keras, TensorFlow 2.15"],
  ] as const) {
    const file = new Uint8Array(readFileSync(join(FIXTURES, "formats", name, "model.h5")));
    const { opens, verified } = await convert(file, "m.keras", { dialect: "keras2" });
    expect([opens, verified]).toEqual([library, true]);
  }
});
