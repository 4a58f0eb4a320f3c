/** Which Keras opens what is written, and what it must be given: as tried with Keras 3.15.1. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { convert, Input, layers, load, Model, save, Sequential } from "../../src/index.ts";
import { newGroup } from "../../src/exporters/h5-build.ts";
import { zip } from "../importers/build.ts";

type Json = Record<string, unknown>;
const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

async function json(model: Model | Sequential): Promise<Json> {
  const [file] = [...(await save(model, { format: "keras-json", dialect: "keras3" })).values()];
  return JSON.parse(new TextDecoder().decode(file)) as Json;
}

const opensOf = async (file: Uint8Array, target: string): Promise<string> =>
  (await convert(file, target, { verify: false })).opens;

describe("an .h5 file", () => {
  /** As Keras 3 writes it: without the modules of layers, which a key of the same length hides. */
  const legacy = (file: Uint8Array): Uint8Array =>
    new Uint8Array(Buffer.from(Buffer.from(file).toString("latin1").replaceAll('"module": "keras.layers"', '"modulo": "keras.layers"'), "latin1")); // prettier-ignore

  it.each([
    [[1, 2], /^no Keras: Keras 3 does not read LayerNormalization n from \.h5$/],
    [[2], /^Keras 3$/],
  ])("of a layer over the axes %j", async (axis, says) => {
    const model = new Sequential({ layers: [layers.layerNormalization({ axis, name: "n", inputShape: [3, 4] })] });
    const [file] = [...(await save(model, { format: "keras-h5", dialect: "keras3" })).values()];
    expect(await opensOf(file!, "m.h5")).toBe("Keras 3");
    expect(await opensOf(legacy(file!), "m.h5")).toMatch(says);
  });
});

describe("a lookup", () => {
  const lookup = (options: object): Model => {
    const input = Input({ shape: [2], dtype: "string" });
    return new Model({ inputs: input, outputs: layers.stringLookup({ name: "words", ...options }).apply(input) });
  };

  it("does not run where its vocabulary is nowhere", async () => {
    const whole = await json(lookup({ vocabulary: ["a", "b"] }));
    expect(await opensOf(bytesOf(whole), "m.json")).toBe("Keras 3");
    const bare = bytesOf(JSON.parse(JSON.stringify(whole, (key, value: unknown) => (key === "vocabulary" ? null : value)))); // prettier-ignore
    const says = "no Keras: Keras 3 does not run StringLookup words, whose vocabulary is nowhere";
    for (const target of ["m.json", "m.h5", "m.keras"]) expect(await opensOf(bare, target)).toBe(says);
  });

  it("of the mode tf_idf has its weights where its vocabulary is", async () => {
    const learned = new Uint8Array(readFileSync("fixtures/layers/text/learned/model.keras"));
    expect(await opensOf(learned, "m.keras")).toBe("Keras 3");
    const says = /^no Keras: Keras 3 does not read \w+ \w+ from JSON: a vocabulary without idf_weights$/;
    expect(await opensOf(learned, "m.json")).toMatch(says);
  });

  it("gets its vocabulary from beside the config, which is told", async () => {
    const whole = await json(lookup({ vocabulary: ["a"] }));
    const bare = JSON.stringify(whole, (key, value: unknown) => (key === "vocabulary" ? null : value));
    const asset = "assets/layers/string_lookup/vocabulary.txt";
    const file = await zip({ "metadata.json": "{}", "config.json": bare, "model.weights.h5": newGroup(), [asset]: "[UNK]\na\n" }); // prettier-ignore
    const { opens, changed, dropped } = await convert(await file.read(0, file.size), "m.json");
    expect(opens).toBe("Keras 3");
    expect([changed, dropped]).toEqual([[`asset ${asset} to its layer's config`], []]);
  });
});

it("a quantizer of somebody's own for int4 is written, and not taken back", async () => {
  const model = new Sequential({ layers: [layers.dense({ units: 2, name: "d", inputShape: [4] })] });
  const quantizer = { class_name: "AbsMaxQuantizer", config: { value_range: [-8, 7], axis: [0] } };
  for (const [weight_quantizer, says] of [
    [quantizer, "no Keras: Keras 3 does not read Dense d from JSON"],
    [null, "Keras 3"],
  ] as const) {
    const config = await json(model);
    const dense = (config["config"] as { layers: { config: Json }[] }).layers.at(-1)!;
    const quantization_config = { module: "keras.quantizers", class_name: "Int4QuantizationConfig", config: { weight_quantizer } }; // prettier-ignore
    dense.config["quantization_config"] = quantization_config;
    expect(await opensOf(bytesOf(config), "m.json")).toBe(says);
  }
});

it("objects of somebody's own that it was compiled with are named", async () => {
  const config = await json(new Sequential({ layers: [layers.dense({ units: 2, inputShape: [4] })] }));
  const schedule = { module: null, class_name: "Mine", config: {}, registered_name: "My>Mine" };
  const adam = { module: "keras.optimizers", class_name: "Adam", config: { name: "a>b", learning_rate: schedule } };
  const loss = { module: "builtins", class_name: "function", config: "my_loss", registered_name: "function" };
  const metrics = ["mse", { module: "mine", class_name: "Metric", config: {}, registered_name: "Metric" }];
  const of = async (compile_config: object): Promise<string> =>
    opensOf(bytesOf({ ...config, compile_config }), "m.json");
  expect(await of({ optimizer: adam, loss, metrics })).toBe("Keras 3, given custom objects: My>Mine, my_loss, Metric");
  expect(await of({ optimizer: "adam", loss: "mse", metrics: ["mse"] })).toBe("Keras 3");
});

describe("what tf-keras 2.21.0 writes", () => {
  const input = (name: string, dtype: string, ...shape: readonly number[]): Json => ({ class_name: "InputLayer", config: { batch_input_shape: [null, ...shape], dtype, name }, name, inbound_nodes: [] }); // prettier-ignore
  const model = (...entries: readonly Json[]): Uint8Array => {
    const input_layers = entries
      .filter((entry) => entry["class_name"] === "InputLayer")
      .map(({ name }) => [name, 0, 0]);
    const config = { name: "m", trainable: true, layers: entries, input_layers, output_layers: [["y", 0, 0]] };
    return bytesOf({ class_name: "Functional", config, keras_version: "2.21.0", backend: "tensorflow" });
  };
  const layer = (class_name: string, options: Json, inbound_nodes: unknown): Json => ({ class_name, config: { name: "y", trainable: true, dtype: "float32", ...options }, name: "y", inbound_nodes }); // prettier-ignore
  const opens = async (file: Uint8Array, dialect: "keras2" | "keras3", target = "m.keras"): Promise<string> =>
    (await convert(file, target, { verify: false, force: true, dialect })).opens;
  const unread = (name: string, from = ".keras"): string =>
    `no Keras: tf-keras, TensorFlow 2 does not read ${name} y from ${from}`;

  it.each(["Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply"])("of %s of one tensor", async (name) => {
    const file = model(input("x", "float32", 3), layer(name, {}, [[["x", 0, 0, {}]]]));
    for (const from of [".h5", ".keras"]) expect(await opens(file, "keras2", `m${from}`)).toBe(unread(name, from));
    const [written] = [...(await save(await load(file), { format: "keras-json", dialect: "keras3" })).values()];
    const { config } = JSON.parse(new TextDecoder().decode(written)) as { config: { layers: Json[] } };
    const [{ args }] = config.layers[1]!["inbound_nodes"] as [{ args: unknown[] }];
    expect(args).toMatchObject([[{ class_name: "__keras_tensor__" }]]);
    expect(await opens(file, "keras3")).toBe("Keras 3");
    const both = model(input("x", "float32", 3), layer(name, {}, [[["x", 0, 0, {}], ["x", 0, 0, {}]]])); // prettier-ignore
    expect(await opens(both, "keras2")).not.toMatch(/^no Keras/);
  });

  it("of a slice by a tensor", async () => {
    const cut = (stop: unknown): Uint8Array =>
      model(input("x", "float32", 8), input("n", "int32"), { ...layer("SlicingOpLambda", { function: "__operators__.getitem" }, [["x", 0, 0, { slice_spec: [{ start: null, stop: null, step: null }, { start: null, stop, step: null }] }]]) }); // prettier-ignore
    expect(await opens(cut(3), "keras3")).toBe("Keras 3");
    expect(await opens(cut(["n", 0, 0]), "keras3")).toBe("no Keras: Keras 3 does not read GetItem y from .keras");
  });

  it.each([
    ["StringLookup", "string"],
    ["IntegerLookup", "int64"],
    ["TextVectorization", "string"],
  ])("of the file of %s's vocabulary", async (name, dtype) => {
    const options = { dtype: dtype === "string" ? "string" : "int64", vocabulary: "words.txt" };
    const file = model(input("x", dtype, 1), layer(name, options, [[["x", 0, 0, {}]]]));
    const says = `no Keras: Keras 3 does not read ${name} y from %: a vocabulary in a file of its own`;
    for (const [target, form] of [["m.keras", ".keras"], ["m.h5", ".h5"], ["m.json", "JSON"]] as const)
      expect(await opens(file, "keras3", target)).toBe(says.replace("%", form)); // prettier-ignore
  });

  it("of widths of ngrams in a list", async () => {
    const file = (ngrams: unknown): Uint8Array => model(input("x", "string", 1), layer("TextVectorization", { dtype: "string", vocabulary: ["a"], ngrams }, [[["x", 0, 0, {}]]])); // prettier-ignore
    expect(await opens(file([1, 3]), "keras2")).toBe(unread("TextVectorization"));
    expect(await opens(file(2), "keras2")).not.toMatch(/^no Keras/);
    expect(await opens(file([1, 3]), "keras3")).toBe("Keras 3");
  });
});

// keras.models.load_model and model_from_json of such files of Keras's own: refused, unless told safe_mode=False; of tf-keras's `.h5` read.
it.each([
  ["keras3", "m.json", "Keras 3, with safe_mode=False"],
  ["keras2", "m.json", "tf-keras, TensorFlow 2, with safe_mode=False"],
] as const)("Python code in %s is read where Keras is told to, in %s", async (dialect, target, wanted) => {
  const fn = { class_name: "__lambda__", config: { code: "4wEAAAA=", defaults: null, closure: null } };
  const config = { name: "l", trainable: true, dtype: "float32", function: fn, arguments: {} };
  const isModern = dialect === "keras3";
  const input = isModern ? { batch_shape: [null, 3] } : { batch_input_shape: [null, 3] };
  const layer = { class_name: "Lambda", config: isModern ? config : { ...config, ...input } };
  const first = { class_name: "InputLayer", config: { name: "x", dtype: "float32", ...input } };
  const about = { keras_version: "2.21.0", backend: "tensorflow" };
  const model = { class_name: "Sequential", config: { name: "m", layers: [first, layer] } };
  const file = isModern ? { module: "keras", ...model, registered_name: null } : { ...model, ...about };
  expect((await convert(bytesOf(file as never), target, { verify: false })).opens).toBe(wanted);
});

// tf_keras.models.load_model of such an `.h5`: "Unknown activation function: 'log_softmax_v2'"; of `.keras` it is read.
it("log_softmax inside of Bidirectional is not read from tf-keras's .h5", async () => {
  const opened = async (activation: "softmax" | "log_softmax", target: string): Promise<string> => {
    const x = Input({ shape: [3, 2] });
    const outputs = layers.bidirectional({ layer: layers.lstm({ units: 2, activation }) }).apply(x);
    const [file] = (await save(new Model({ inputs: x, outputs }), { format: "keras-v3" })).values();
    return (await convert(file!, target, { dialect: "keras2" })).opens;
  };
  expect(await opened("log_softmax", "m.h5")).toMatch(
    /^no Keras: .* does not read Bidirectional \S+ from \.h5: log_softmax$/,
  );
  expect(await opened("log_softmax", "m.keras")).not.toMatch(/^no Keras/);
  expect(await opened("softmax", "m.h5")).not.toMatch(/^no Keras/);
});
