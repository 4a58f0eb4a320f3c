/** What no file of Keras shows: what cannot run inside wrappers and loops is named, the model loads all the same. */
import { describe, expect, it } from "vitest";
import { FormatError, load, type Model, tensor } from "../../src/node.ts";

type Json = { readonly [key: string]: unknown };

const lstm = (more: Json = {}): Json => ({ class_name: "LSTM", config: { name: "lstm", units: 2, ...more } });
const dense: Json = { class_name: "Dense", config: { name: "dense", units: 2 } };
const stranger: Json = { class_name: "Stranger", config: { name: "stranger" } };
const wrapped = (className: string, layer: Json, more: Json = {}): Json => ({
  class_name: className,
  config: { name: "outer", layer, ...more },
});

/** A Sequential over x[B, T, …] as tf-keras or Keras 3 writes it. */
function sequential(layers: readonly Json[], shape: readonly (number | null)[], version = "3.15.1"): Promise<Model> {
  const key = version.startsWith("3") ? "batch_shape" : "batch_input_shape";
  const input = { class_name: "InputLayer", config: { name: "in", [key]: shape, dtype: "float32" } };
  const config = { name: "m", layers: [input, ...layers] };
  const text = JSON.stringify({ class_name: "Sequential", config, keras_version: version, backend: "tensorflow" });
  return load(new TextEncoder().encode(text));
}

/** A functional model whose inputs are x, then states; `call` is the layer's entry in the file. */
function functional(layer: Json, inputs: readonly (readonly (number | null)[])[], version = "2.15.0"): Promise<Model> {
  const names = inputs.map((_, i) => `x${i}`);
  const entries = inputs.map((shape, i) => ({
    class_name: "InputLayer",
    name: names[i],
    config: { name: names[i], batch_input_shape: shape, dtype: "float32" },
    inbound_nodes: [],
  }));
  const name = (layer["config"] as Json)["name"];
  const called = { ...layer, name, inbound_nodes: [names.map((n) => [n, 0, 0, {}])] };
  const ends = { input_layers: names.map((n) => [n, 0, 0]), output_layers: [[name, 0, 0]] };
  const config = { name: "m", layers: [...entries, called], ...ends };
  const text = JSON.stringify({ class_name: "Functional", config, keras_version: version, backend: "tensorflow" });
  return load(new TextEncoder().encode(text));
}

/** What keeps it from running, but for the weights that these models lack. */
const told = (model: Model): string =>
  model.problems
    .filter(({ code }) => code !== "mismatch/missing-weights")
    .map((p) => `${p.code} ${p.path} ${p.message} ${p.found}`)
    .join("; ");
async function refusal(model: Promise<Model>): Promise<string> {
  const error: unknown = await model.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof FormatError ? error.code : "no refusal";
}

describe("what is not known inside", () => {
  for (const [what, layer] of [
    ["TimeDistributed over an unknown layer", wrapped("TimeDistributed", stranger)],
    [
      "TimeDistributed over a model with one",
      wrapped("TimeDistributed", { class_name: "Sequential", config: { name: "inner", layers: [stranger, dense] } }),
    ],
    ["Bidirectional over an unknown layer", wrapped("Bidirectional", stranger)],
    ["RNN over an unknown cell", { class_name: "RNN", config: { name: "rnn", cell: stranger } }],
    [
      "a stack with an unknown cell",
      {
        class_name: "RNN",
        config: { name: "rnn", cell: { class_name: "StackedRNNCells", config: { name: "stack", cells: [stranger] } } },
      },
    ],
  ] as const) {
    it(`${what} loads, is named, and does not run`, async () => {
      const model = await sequential([layer, dense], [null, 3, 4]);
      expect(told(model)).toMatch(/unsupported\/layer .*stranger/);
      await expect(model.predict([[[1, 2, 3, 4]]])).rejects.toThrow(FormatError);
    });
  }
});

describe("TimeDistributed over a model that goes over the batch", () => {
  const softmax = (axis: number): Json => ({ class_name: "Softmax", config: { name: `softmax${axis}`, axis } });
  const inside = (...layers: Json[]): Json => ({ class_name: "Sequential", config: { name: "inner", layers } });
  for (const [what, layers] of [
    ["a layer", [softmax(0)]],
    ["an axis from the end", [softmax(-2)]],
    ["a model inside", [softmax(-1), inside(softmax(0))]],
  ] as const) {
    it(`${what}: each step by itself, as Keras 3 does it`, async () => {
      const [whole, step] = [
        await sequential([wrapped("TimeDistributed", inside(...layers))], [null, 3, 2]),
        await sequential(layers, [null, 2]),
      ];
      const x = [0, 1].map((b) => [0, 1, 2].map((t) => [0, 1].map((d) => Math.sin(6 * b + 2 * t + d + 1))));
      const [y] = await whole.predict(x);
      for (const t of [0, 1, 2]) {
        const [yt] = await step.predict(x.map((row) => row[t]!));
        for (const b of [0, 1]) for (const d of [0, 1]) expect(y!.at(b, t, d)).toBeCloseTo(Number(yt!.at(b, d)), 6);
      }
    });
  }
});

describe("masks", () => {
  const masking: Json = { class_name: "Masking", config: { name: "masking", mask_value: 0 } };
  const inner = wrapped("TimeDistributed", lstm());
  const repeat = { class_name: "RepeatVector", config: { name: "repeat", n: 3 } };
  const repeated = { class_name: "TimeDistributed", config: { name: "repeated", layer: repeat } };
  for (const version of ["3.15.1", "2.15.0"]) {
    it(`Keras ${version}: an LSTM inside TimeDistributed needs a mask of three axes`, async () => {
      expect(told(await sequential([masking, inner], [null, 3, 4, 2], version))).toBe("");
      expect(told(await sequential([masking, repeated, inner], [null, 5, 4], version))).toMatch(/unsupported\/mask/);
    });
  }
});

/** An Embedding, masked or not, and a layer called on it with `kw`, over words. */
async function afterMask(layer: Json, masked: boolean, kw: Json): Promise<readonly number[]> {
  const ends = { input_layers: [["x", 0, 0]], output_layers: [["last", 0, 0]] };
  const node = (className: string, config: Json, calls: readonly unknown[]) => ({
    class_name: className,
    name: config["name"],
    config,
    inbound_nodes: calls,
  });
  const layers = [
    node("InputLayer", { name: "x", batch_input_shape: [null, 4], dtype: "int32" }, []),
    node("Embedding", { name: "e", input_dim: 3, output_dim: 2, mask_zero: masked }, [[["x", 0, 0, {}]]]),
    node(layer["class_name"] as string, { ...(layer["config"] as Json), name: "last" }, [[["e", 0, 0, kw]]]),
  ];
  const json = { class_name: "Functional", config: { name: "m", layers, ...ends }, keras_version: "2.15.0", backend: "tensorflow" }; // prettier-ignore
  const model = await load(new TextEncoder().encode(JSON.stringify(json)));
  const counted = (n: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i + 1));
  await model.setWeights(
    model.weights.map(({ shape }) => ({ dtype: "float32", shape: shape!, data: counted(shape!.reduce((a, b) => a * b, 1)) })), // prettier-ignore
  );
  const x = { dtype: "int32", shape: [2, 4], data: Int32Array.of(1, 2, 0, 0, 0, 2, 0, 1) } as const;
  return Array.from((await model.predict([x]))[0]!.data as Float32Array);
}

describe("before Keras 3 a mask of None that is given hides the input's own from", () => {
  const entry = { class_name: "InputLayer", config: { name: "in", batch_input_shape: [null, 4, 2], dtype: "float32" } };
  const called = { ...lstm(), name: "lstm", inbound_nodes: [[["in", 0, 0, {}]]] };
  const ends = { input_layers: [["in", 0, 0]], output_layers: [["lstm", 0, 0]] };
  it.each([
    ["an LSTM", lstm()],
    ["a Bidirectional", wrapped("Bidirectional", lstm())],
    ["a Sequential", { class_name: "Sequential", config: { layers: [entry, lstm()] } }],
    ["a Functional", { class_name: "Functional", config: { layers: [{ ...entry, name: "in", inbound_nodes: [] }, called], ...ends } }], // prettier-ignore
    ["a GlobalAveragePooling1D", { class_name: "GlobalAveragePooling1D", config: {} }],
  ])("%s", async (_, layer) => {
    const plain = await afterMask(layer, false, {});
    expect(await afterMask(layer, true, { mask: null })).toEqual(plain);
    expect(await afterMask(layer, true, {})).not.toEqual(plain);
  });
});

describe("live dropout", () => {
  it("tf-keras's training=True is refused by name, Keras 3's predict overrides it", async () => {
    const call = (version: string): Promise<Model> => {
      const layer = lstm({ dropout: 0.5 });
      const three = version.startsWith("3");
      const shape = [null, 3, 4];
      const input = {
        class_name: "InputLayer",
        name: "x",
        config: { name: "x", [three ? "batch_shape" : "batch_input_shape"]: shape },
        inbound_nodes: [],
      };
      const tensor = {
        class_name: "__keras_tensor__",
        config: { shape, dtype: "float32", keras_history: ["x", 0, 0] },
      };
      const node = three ? { args: [tensor], kwargs: { training: true } } : [["x", 0, 0, { training: true }]];
      const config = {
        name: "m",
        layers: [input, { ...layer, name: "lstm", inbound_nodes: [node] }],
        input_layers: [["x", 0, 0]],
        output_layers: [["lstm", 0, 0]],
      };
      return load(
        new TextEncoder().encode(
          JSON.stringify({ class_name: "Functional", config, keras_version: version, backend: "tensorflow" }),
        ),
      );
    };
    expect(told(await call("2.15.0"))).toMatch(/unsupported\/random/);
    expect(told(await call("3.15.1"))).toBe("");
  });
});

describe("contradictions", () => {
  it("an odd number of states for two directions", async () => {
    const layer = wrapped("Bidirectional", { class_name: "GRU", config: { name: "gru", units: 2, reset_after: true } });
    expect(
      await refusal(
        functional(layer, [
          [null, 3, 4],
          [null, 2],
          [null, 2],
          [null, 2],
        ]),
      ),
    ).toBe("mismatch/initial-state");
    expect(
      await refusal(
        functional(layer, [
          [null, 3, 4],
          [null, 2],
          [null, 2],
        ]),
      ),
    ).toBe("no refusal");
  });

  it("too few states, states of another rank", async () => {
    expect(
      await refusal(
        functional(lstm(), [
          [null, 3, 4],
          [null, 2],
        ]),
      ),
    ).toBe("mismatch/initial-state");
    expect(
      await refusal(
        functional(lstm(), [
          [null, 3, 4],
          [null, 2, 1],
          [null, 2],
        ]),
      ),
    ).toBe("mismatch/shape");
  });

  it("a step without features, a sequence without steps", async () => {
    expect(await refusal(sequential([wrapped("TimeDistributed", dense)], [null, 4]))).toBe("mismatch/rank");
    expect(await refusal(sequential([lstm()], [null, 4]))).toMatch(/^mismatch\//);
  });

  it("a stateful layer needs a fixed batch", async () => {
    expect(told(await sequential([lstm({ stateful: true })], [null, 3, 4]))).toMatch(/unsupported\/stateful/);
    expect(told(await sequential([lstm({ stateful: true })], [2, null, 4]))).toBe("");
    const built = { ...lstm({ stateful: true }), build_config: { input_shape: [2, 3, 4] } };
    expect(told(await sequential([built], [null, 3, 4]))).toBe("");
  });
});

describe("Bidirectional", () => {
  it("has two layers whatever the file spells out", async () => {
    const model = await sequential([wrapped("Bidirectional", lstm(), { merge_mode: null })], [null, 3, 4], "2.15.0");
    expect(model.outputs.map((y) => y.shape)).toEqual([
      [null, 2],
      [null, 2],
    ]);
    const names = [...model.weights].map(({ path }) => path);
    expect(names).toContain("outer/forward_lstm/lstm_cell/kernel");
    expect(names).toContain("outer/backward_lstm/lstm_cell/bias");
  });
});

it("time_major of a convolutional LSTM changes nothing, alone or inside TimeDistributed, as tf-keras computes it", async () => {
  const options = { name: "c", filters: 2, kernel_size: [1], return_sequences: true, return_state: true };
  const outputs = async (time_major: boolean, isWrapped: boolean): Promise<unknown> => {
    const layer = { class_name: "ConvLSTM1D", config: { ...options, return_state: !isWrapped, time_major } };
    const shape = isWrapped ? [2, 3, 4, 4, 2] : [2, 3, 4, 2];
    const model = await sequential([isWrapped ? wrapped("TimeDistributed", layer) : layer], shape, "2.15.0");
    const filled = (sizes: readonly (number | null)[]) => {
      const values = Array.from({ length: sizes.reduce<number>((n, m) => n * m!, 1) }, (_, i) => Math.sin(i + 1) / 2);
      return tensor(values, sizes as number[]);
    };
    await model.setWeights(model.weights.map(({ shape: sizes }) => filled(sizes!)));
    return (await model.predict([filled(shape)])).map(({ shape: sizes, data }) => [sizes, [...data]]);
  };
  for (const isWrapped of [false, true])
    expect(await outputs(true, isWrapped)).toEqual(await outputs(false, isWrapped));
});

/** `[w.dtype for w in SpectralNormalization(layer, dtype="float16").weights]` after a call, Keras 3.15.1. */
describe("SpectralNormalization under a policy of its own", () => {
  for (const [own, inside, kernel] of [
    ["float16", "float32", "float32"],
    ["mixed_float16", "float16", "float16"],
    ["float32", "mixed_bfloat16", "float32"],
  ])
    it(`of ${own} around a Dense of ${inside} has a vector_u of ${kernel}`, async () => {
      const dense = { class_name: "Dense", config: { name: "dense", units: 2, dtype: inside } };
      const model = await sequential([wrapped("SpectralNormalization", dense, { dtype: own })], [null, 3]);
      expect(model.weights.map(({ path, dtype }) => [path.split("/").at(-1), dtype])).toContainEqual([
        "vector_u",
        kernel,
      ]);
    });
});
