/**
 * What the other generation cannot run, though each option has a word there: written so that it can, or refused by name. The
 * tables are what keras 3.15.1 and tf-keras 2.21 made of such models, built there and opened from files of ours.
 */
import { describe, expect, it } from "vitest";
import { convert, Input, layers, load, Model, save, Sequential } from "../../src/index.ts";
import { olderModel } from "../support/older.ts";

type LayerSpec = ReturnType<typeof layers.dense>;
type Made = Model | Sequential;
const textOf = (files: ReadonlyMap<string, Uint8Array>): string =>
  Buffer.from([...files.values()][0]!).toString("latin1");
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const embedding = () => layers.embedding({ inputDim: 9, outputDim: 2 });
const toKeras2 = async (model: Made): Promise<string> =>
  textOf(await save(model, { format: "keras-h5", dialect: "keras2" }));

/** A layer under the mask of a Masking, in a model of one kind or the other. */
function masked(shape: readonly number[], layer: LayerSpec): { functional: Model; sequential: Sequential } {
  const input = Input({ shape });
  const functional = new Model({ inputs: input, outputs: layer.apply(layers.masking().apply(input)) });
  const sequential = new Sequential();
  sequential.add(layers.masking({ inputShape: shape }));
  sequential.add(layer);
  return { functional, sequential };
}

describe("tf-keras, inside TimeDistributed under a mask", () => {
  const dense = () => layers.dense({ units: 2 });
  const takes: readonly [name: string, shape: readonly number[], make: () => LayerSpec][] = [
    ["Dense", [4, 5], dense],
    ["Activation", [4, 5], () => layers.activation({ activation: "relu" })],
    ["Dropout", [4, 5], () => layers.dropout({ rate: 0.1 })],
    ["SpatialDropout1D", [4, 5, 6], () => layers.spatialDropout1d({ rate: 0.1 })],
    ["BatchNormalization", [4, 5], () => layers.batchNormalization()],
    ["LayerNormalization", [4, 5], () => layers.layerNormalization()],
    ["UnitNormalization", [4, 5], () => layers.unitNormalization()],
    ["ReLU", [4, 5], () => layers.reLU()],
    ["PReLU", [4, 5], () => layers.prelu()],
    ["ActivityRegularization", [4, 5], () => layers.activityRegularization({ l1: 0.1 })],
    ["Masking", [4, 5], () => layers.masking()],
    ["LSTM", [4, 5, 6], () => layers.lstm({ units: 2 })],
    ["GlobalAveragePooling1D", [4, 5, 6], () => layers.globalAveragePooling1d()],
    ["TimeDistributed of Dense", [4, 5, 6], () => layers.timeDistributed({ layer: dense() })],
  ];
  const refuses: typeof takes = [
    ["Reshape", [4, 5], () => layers.reshape({ targetShape: [5, 1] })],
    ["Permute", [4, 5], () => layers.permute({ dims: [1] })],
    ["Flatten", [4, 5], () => layers.flatten()],
    ["Normalization", [4, 5], () => layers.normalization({ mean: 0.1, variance: 2 })],
    ["Rescaling", [4, 5], () => layers.rescaling({ scale: 2 })],
    ["EinsumDense", [4, 5], () => layers.einsumDense({ equation: "ab,bc->ac", outputShape: 3 })],
    ["Identity", [4, 5], () => layers.identity()],
    ["GroupNormalization", [4, 5], () => layers.groupNormalization({ groups: 5 })],
    ["Conv1D", [4, 5, 6], () => layers.conv1d({ filters: 2, kernelSize: 2 })],
    ["MaxPooling1D", [4, 5, 6], () => layers.maxPooling1d()],
    ["GlobalMaxPooling1D", [4, 5, 6], () => layers.globalMaxPooling1d()],
    ["Cropping1D", [4, 5, 6], () => layers.cropping1d()],
    [
      "TimeDistributed of Rescaling",
      [4, 5, 6],
      () => layers.timeDistributed({ layer: layers.rescaling({ scale: 2 }) }),
    ],
    ["Conv2D", [4, 5, 6, 3], () => layers.conv2d({ filters: 2, kernelSize: 2 })],
    ["CenterCrop", [4, 5, 6, 3], () => layers.centerCrop({ height: 3, width: 3 })],
    ["RandomFlip", [4, 5, 6, 3], () => layers.randomFlip()],
  ];

  it.each(takes)("%s gets it", async (_name, shape, make) => {
    const { functional, sequential } = masked(shape, layers.timeDistributed({ layer: make() }));
    expect(await toKeras2(functional)).not.toContain('"mask": null');
    expect(await toKeras2(sequential)).toContain("TimeDistributed");
  });

  it.each(refuses)("%s is called without, or refused where a call has no words", async (_name, shape, make) => {
    const { functional, sequential } = masked(shape, layers.timeDistributed({ layer: make() }));
    expect(await toKeras2(functional)).toContain('"mask": null');
    await expect(toKeras2(sequential)).rejects.toThrow(/unsupported\/mask/);
  });

  it("is refused where a later layer needs the mask", async () => {
    const input = Input({ shape: [4, 5] });
    const inside = layers.timeDistributed({ layer: layers.rescaling({ scale: 2 }) });
    const outputs = layers.lstm({ units: 2 }).apply(inside.apply(layers.masking().apply(input)));
    await expect(toKeras2(new Model({ inputs: input, outputs }))).rejects.toThrow("unsupported/translation");
  });
});

it("GroupNormalization, whose statistics tf-keras takes by the mask, is called without", async () => {
  const { functional, sequential } = masked([4, 5], layers.groupNormalization({ groups: 5 }));
  expect(await toKeras2(functional)).toContain('"mask": null');
  await expect(toKeras2(sequential)).rejects.toThrow(/unsupported\/mask/);
});

/** TensorFlow refuses the window of the image that is resized where it has no line, which Keras 3 gives one. */
describe("windows of images", () => {
  const empty = new Set("1x1→2x3 1x1→5x2 2x1→2x3 2x1→5x2 2x1→4x1 1x3→5x2 1x3→4x1 5x1→2x3 4x4→1x9".split(" "));
  const whole = "5x1→5x2 5x1→4x1 4x4→2x3 4x4→5x2 4x4→4x1 1x3→2x3".split(" ");
  it.each([...empty, ...whole])("%s", async (sizes) => {
    const [h, w, height, width] = sizes.split(/[x→]/).map(Number) as [number, number, number, number];
    for (const make of [
      layers.centerCrop({ height, width }),
      layers.resizing({ height, width, cropToAspectRatio: true }),
    ]) {
      const model = new Sequential();
      model.add(Input({ shape: [h, w, 2] }));
      model.add(make);
      const written = toKeras2(model);
      if (empty.has(sizes)) await expect(written).rejects.toThrow(/no line in these images/);
      else await written;
    }
  });
});

/** A functional model of tf-keras around one recurrent layer: `outputs` of its values. */
const around = (className: string, config: object, outputs: readonly number[]) =>
  olderModel(
    [
      ["x", "InputLayer", { batch_input_shape: [null, 4, 3] }, []],
      ["k", "Masking", {}, [[["x", 0, 0, {}]]]],
      ["r", className, config, [[["k", 0, 0, {}]]]],
    ],
    outputs.map((output) => ["r", 0, output] as const),
  );
const toKeras3 = async (model: unknown): Promise<string> =>
  textOf((await convert(bytes(model), "m.json", { dialect: "keras3" })).files);

describe("Keras 3, recurrent layers", () => {
  const of = (class_name: string, name: string, options: object = {}) => ({
    class_name,
    config: { name, ...(class_name === "StackedRNNCells" ? {} : { units: 2 }), ...options },
  });
  const stacked = (...cells: object[]) => ({ cell: of("StackedRNNCells", "s", { cells }) });

  it("gets the cell of a stack of one, which it does not run under a mask", async () => {
    for (const cell of ["SimpleRNNCell", "GRUCell", "LSTMCell"]) {
      const one = await toKeras3(around("RNN", stacked(of(cell, "c")), [0]));
      expect(one).not.toContain("StackedRNNCells");
      expect(one).toContain(cell);
      const inside = of("StackedRNNCells", "t", { cells: [of(cell, "c")] });
      expect(await toKeras3(around("RNN", stacked(inside), [0]))).not.toContain("StackedRNNCells");
      expect(await toKeras3(around("RNN", stacked(inside, of("GRUCell", "d")), [0]))).toContain("StackedRNNCells");
    }
  });

  it("takes the weights of the stack for the cell's, and back", async () => {
    const model = await load(bytes(around("RNN", stacked(of("LSTMCell", "c")), [0])));
    await model.setWeights(
      model.weights.map(({ shape, dtype }) => {
        const size = shape!.reduce((a, b) => a * b, 1);
        return { dtype, shape: shape!, data: Float32Array.from({ length: size }, (_, i) => Math.sin(i)) };
      }) as never,
    );
    const x = [[[1, 2, 3], [0, 0, 0], [4, 5, 6], [0, 0, 0]]]; // prettier-ignore
    const [own] = await model.predict(x);
    const file = [...(await save(model, { format: "keras-v3", dialect: "keras3" })).values()][0]!;
    const [other] = await (await load(file)).predict(x);
    expect(other!.data).toEqual(own!.data);
  });

  /** The same with states that are given, `h0`, `h1` and so on, in this nesting. */
  const given = (className: string, config: object, states: readonly unknown[]) => {
    const model = around(className, config, [0]);
    const nest = (item: unknown): unknown =>
      typeof item === "string" ? [item, 0, 0, {}] : (item as unknown[]).map(nest);
    const names = [...new Set(JSON.stringify(states).match(/h\d/g))];
    const inputs = names.map((name) => ({
      class_name: "InputLayer",
      name,
      config: { name, batch_input_shape: [null, 2] },
      inbound_nodes: [],
    }));
    model.config.layers.unshift(...(inputs as never[]));
    model.config.layers.at(-1)!.inbound_nodes = [[["k", 0, 0, {}], ...states.map(nest)]] as never;
    model.config.input_layers.push(...names.map((name) => [name, 0, 0]));
    return model;
  };
  const LSTM = of("LSTMCell", "c");
  const stack = (...cells: object[]) => of("StackedRNNCells", `s${cells.length}`, { cells });

  // Keras 3's cells take the states of a stack as they are called with, and tf-keras nests them as the cells are nested.
  it.each([
    ["a stack of one", "RNN", { cell: stack(LSTM) }, [["h0", "h1"]], ["h0", "h1"]],
    ["of one with one state", "RNN", { cell: stack(of("GRUCell", "g")) }, ["h0"], ["h0"]],
    ["of two", "RNN", { cell: stack(LSTM, of("GRUCell", "g")) }, [["h0", "h1"], "h2"], [["h0", "h1"], "h2"]],
    ["one in one", "RNN", { cell: stack(stack(LSTM, of("GRUCell", "g"))) }, [[["h0", "h1"], "h2"]], [["h0", "h1"], "h2"]],
    ["one among two", "RNN", { cell: stack(stack(LSTM), of("GRUCell", "g")) }, [[["h0", "h1"]], "h2"], [["h0", "h1"], "h2"]],
    ["of both directions", "Bidirectional", { layer: { class_name: "RNN", config: { name: "f", cell: stack(LSTM) } } }, [["h0", "h1"], ["h2", "h3"]], ["h0", "h1", "h2", "h3"]],
  ] as const)("states of %s", async (_name, className, config, states, wanted) => {
    const written = JSON.parse(await toKeras3(given(className, config, states))) as ReturnType<typeof around>;
    const node = written.config.layers.at(-1)!.inbound_nodes[0] as unknown as { kwargs: { initial_state: unknown } };
    const named = (item: unknown): unknown =>
      Array.isArray(item) ? item.map(named) : (item as { config: { keras_history: unknown[] } }).config.keras_history[0];
    expect(named(node.kwargs.initial_state)).toEqual(wanted);
    const back = JSON.parse(textOf((await convert(bytes(written), "m.json", { dialect: "keras2" })).files)) as typeof written;
    const [call] = back.config.layers.at(-1)!.inbound_nodes as unknown[][];
    const places = (item: unknown): unknown => (typeof (item as unknown[])[0] === "string" ? (item as unknown[])[0] : (item as unknown[]).map(places));
    expect(call!.slice(1).map(places)).toEqual(wanted);
  }); // prettier-ignore

  const bidirectional = (front: string, back: string, options: object = {}, own: object = {}) => ({
    layer: of(front, "f", { return_state: true, ...own }),
    backward_layer: of(back, "b", { return_state: true, go_backwards: true }),
    ...options,
  });

  it.each([
    ["GRU", "LSTM", "concat", 3],
    ["GRU", "LSTM", null, 4],
    ["LSTM", "GRU", "concat", 4],
    ["LSTM", "GRU", null, 5],
    ["LSTM", "LSTM", "concat", 5],
  ] as const)("a Bidirectional of %s and %s, %s, has %i outputs there", async (front, back, merge_mode, count) => {
    const all = Array.from({ length: count }, (_, i) => i);
    const model = bidirectional(front, back, { merge_mode });
    expect(await toKeras3(around("Bidirectional", model, all))).toContain("Bidirectional");
    await expect(toKeras3(around("Bidirectional", model, [...all, count]))).rejects.toThrow(
      front === "GRU" ? "gives fewer outputs" : "names no output",
    );
  });

  it("refuses a backward layer of another width, which it takes for the forward one's", async () => {
    const wide = (merge_mode: string | null) => bidirectional("LSTM", "LSTM", { merge_mode }, { units: 3 });
    for (const mode of ["concat", null])
      await expect(toKeras3(around("Bidirectional", wide(mode), [0]))).rejects.toThrow("as wide as the forward one");
  });
});

/**
 * Keras 3 says of MultiHeadAttention's scores that they are [B, heads, T, T], T the query's first axis. What it made of the same
 * model, ReLU, Dense, BatchNormalization or MaxPooling3D after the scores: whether it built and ran.
 */
it.each([
  [[3, 4], [3, 4], null, "ReLU Dense BatchNormalization"],
  [[3, 4], [5, 4], null, "ReLU"],
  [[3, 2, 4], [3, 2, 4], [1, 2], "ReLU"],
  [[2, 2, 4], [2, 2, 4], [1, 2], "ReLU Dense"],
  [[3, 2, 4], [3, 2, 4], [2], "ReLU"],
  [[3, 2, 4], [3, 2, 4], [1], "ReLU Dense"],
] as const)("Keras 3, scores of %j and %j over axes %j", async (query, value, attention_axes, wanted) => {
  const configs = { ReLU: {}, Dense: { units: 2 }, BatchNormalization: {}, MaxPooling3D: { pool_size: [1, 1, 1] } };
  const ran: string[] = [];
  for (const [className, config] of Object.entries(configs)) {
    const model = olderModel(
      [
        ["q", "InputLayer", { batch_input_shape: [null, ...query] }, []],
        ["v", "InputLayer", { batch_input_shape: [null, ...value] }, []],
        ["m", "MultiHeadAttention", { num_heads: 2, key_dim: 3, attention_axes }, [[["q", 0, 0, { value: ["v", 0, 0], return_attention_scores: true }]]]],
        ["l", className, config, [[["m", 0, 1, {}]]]],
      ],
      [["l", 0, 0]],
    ); // prettier-ignore
    const written = toKeras3(model);
    await written.then(
      () => ran.push(className),
      (error: unknown) => expect(String(error)).toMatch(/unsupported\/translation|expected 5 axes/),
    );
  }
  expect(ran.join(" ")).toBe(wanted);
});

/** What tf-keras made of TextVectorization(split=None, output_sequence_length=4), whose length it does not know, and these layers. */
it.each([
  ["nothing", true, []],
  ["Embedding", true, [embedding]],
  ["Dense", false, [() => layers.dense({ units: 2 })]],
  ["LayerNormalization", false, [() => layers.layerNormalization()]],
  ["Rescaling", true, [() => layers.rescaling({ scale: 2 })]],
  ["Reshape", true, [() => layers.reshape({ targetShape: [2, 2] })]],
  ["Reshape, Dense", true, [() => layers.reshape({ targetShape: [4] }), () => layers.dense({ units: 2 })]],
  ["RepeatVector", true, [() => layers.repeatVector({ n: 2 })]],
  ["RepeatVector, Dense", false, [() => layers.repeatVector({ n: 2 }), () => layers.dense({ units: 2 })]],
  ["Embedding, Flatten", true, [embedding, () => layers.flatten()]],
  ["Embedding, Flatten, Dense", false, [embedding, () => layers.flatten(), () => layers.dense({ units: 2 })]],
  ["Embedding, Permute, Dense", false, [embedding, () => layers.permute({ dims: [2, 1] }), () => layers.dense({ units: 2 })]],
  ["Embedding, LSTM", true, [embedding, () => layers.lstm({ units: 2 })]],
  ["Embedding, Conv1D", true, [embedding, () => layers.conv1d({ filters: 2, kernelSize: 2 })]],
  ["Embedding, GlobalAveragePooling1D, Dense", true, [embedding, () => layers.globalAveragePooling1d(), () => layers.dense({ units: 2 })]],
  ["Embedding, PReLU", false, [embedding, () => layers.prelu()]],
  ["Embedding, LayerNormalization of axis 1", false, [embedding, () => layers.layerNormalization({ axis: 1 })]],
  ["Embedding, BatchNormalization of axis 1", false, [embedding, () => layers.batchNormalization({ axis: 1 })]],
] as const)("tf-keras, padded whole texts, then %s", async (_name, runs, after) => {
  const model = new Sequential();
  model.add(Input({ shape: [1], dtype: "string" }));
  model.add(layers.textVectorization({ split: null, outputSequenceLength: 4, vocabulary: ["a", "b"] }));
  for (const make of after) model.add(make());
  const written = toKeras2(model);
  if (runs) await written;
  else await expect(written).rejects.toThrow(/does not know beforehand what shape text_vectorization\w* gives/);
}); // prettier-ignore

/** What Keras 3 did with ConvLSTM layers of such images; tf-keras runs all of them. */
it.each([
  ["ConvLSTM1D", [3, null, 1], false],
  ["ConvLSTM2D", [3, null, 4, 1], false],
  ["ConvLSTM2D", [3, 4, null, 1], false],
  ["ConvLSTM2D", [null, 4, 4, 1], true],
  ["ConvLSTM3D", [3, 4, 4, null, 1], false],
] as const)("Keras 3, %s of x%j", async (className, shape, runs) => {
  const model = olderModel(
    [
      ["x", "InputLayer", { batch_input_shape: [null, ...shape] }, []],
      ["l", className, { filters: 1, kernel_size: 1 }, [[["x", 0, 0, {}]]]],
    ],
    [["l", 0, 0]],
  ); // prettier-ignore
  if (runs) await toKeras3(model);
  else await expect(toKeras3(model)).rejects.toThrow(/known sizes only/);
});

/** tf-keras runs what nobody reads too, and multiplies no truth values. */
it("tf-keras, an unread output of a model inside that it cannot compute", async () => {
  const [x, flags] = [Input({ shape: [2] }), Input({ shape: [1, 1], dtype: "bool" })];
  const read = layers.dense({ units: 1 }).apply(x);
  const inner = new Model({ inputs: [x, flags], outputs: [read, layers.simpleRNN({ units: 1 }).apply(flags)] });
  const [a, b] = [Input({ shape: [2] }), Input({ shape: [1, 1], dtype: "bool" })];
  const outer = new Model({ inputs: [a, b], outputs: [inner.apply([a, b])].flat()[0]! });
  await expect(toKeras2(outer)).rejects.toThrow(/simple_rnn.*Keras 2 does not compute this/s);
});

/** Its autocast takes the sequence alone; Keras 3's takes the states, too. */
it("states of another dtype, which tf-keras multiplies as they are, are refused", async () => {
  const { lstm, gru, simpleRNN } = layers;
  for (const [make, states] of [
    [lstm, 2],
    [gru, 1],
    [simpleRNN, 1],
  ] as const)
    // prettier-ignore
    for (const dtype of ["float64", "mixed_float16", "float32"] as const) {
      const x = Input({ shape: [4, 3] });
      const initialState = Array.from({ length: states }, () => Input({ shape: [2] }));
      const y = make({ units: 2, dtype }).apply(x, { initialState });
      const model = new Model({ inputs: [x, ...initialState], outputs: y });
      const written = await toKeras2(model).then(
        () => null,
        (error: Error) => error.message,
      );
      if (dtype === "float32") expect(written).toBeNull();
      else expect(written).toContain("initial_state");
    }
});

it("an inner model that is called with other axes than it was made with, which Keras 3 refuses", async () => {
  const entry = (name: string, shape: readonly (number | null)[]) => ({ class_name: "InputLayer", config: { name, batch_input_shape: shape, dtype: "float32" }, name, inbound_nodes: [] }); // prettier-ignore
  const inner = (shape: readonly (number | null)[]) => ({ name: "inner", layers: [entry("i", shape), { class_name: "Activation", config: { name: "a", activation: "relu" }, name: "a", inbound_nodes: [[["i", 0, 0, {}]]] }], input_layers: [["i", 0, 0]], output_layers: [["a", 0, 0]] }); // prettier-ignore
  const outer = (made: readonly number[], given: readonly number[]) => ({ class_name: "Functional", config: { name: "m", layers: [entry("x", [null, ...given]), { class_name: "Functional", config: inner([null, ...made]), name: "inner", inbound_nodes: [[["x", 0, 0, {}]]] }], input_layers: [["x", 0, 0]], output_layers: [["inner", 1, 0]] }, keras_version: "2.21.0", backend: "tensorflow" }); // prettier-ignore
  for (const [made, given] of [
    [[5], [5, 1]],
    [[5, 1], [5]],
    [
      [2, 3],
      [2, 3, 1],
    ],
  ] as const)
    // prettier-ignore
    expect(await toKeras3(outer(made, given))).toContain("inner");
  for (const [made, given] of [
    [[5], [5, 5]],
    [[5], [5, 5, 1]],
  ] as const)
    // prettier-ignore
    await expect(toKeras3(outer(made, given))).rejects.toThrow("unsupported/");
});

it.each([
  ["Activation", () => layers.activation({ activation: "softmax" })],
  ["Softmax", () => layers.softmax()],
])("tf-keras takes no softmax of a vector: %s", async (_, make) => {
  const input = Input({ shape: [] });
  const model = new Model({ inputs: input, outputs: make().apply(input) });
  await expect(toKeras2(model)).rejects.toThrow("2 axes or more");
  const [y] = await model.predict(new Float32Array([1, 1]));
  expect(Array.from(y!.data as Float32Array)).toEqual([0.5, 0.5]);
});
