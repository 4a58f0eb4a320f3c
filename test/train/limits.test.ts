/**
 * Every regulariser and constraint that the registry's layers have an option for reaches its weights, and no others: read from
 * the registry, so that a layer that is new is asked for here.
 */
import { expect, it } from "vitest";
import { LAYERS } from "../../src/layers/all.ts";
import { load, optimizers, tensor } from "../../src/node.ts";

const CONV = { filters: 2, kernel_size: 2 };
/** What each class needs, and the shape of one example. */
const CASES: Readonly<Record<string, readonly [config: object, shape: readonly number[]]>> = {
  BatchNormalization: [{}, [3]],
  Conv1D: [CONV, [4, 3]],
  Conv1DTranspose: [CONV, [4, 3]],
  Conv2D: [CONV, [4, 4, 3]],
  Conv2DTranspose: [CONV, [4, 4, 3]],
  Conv3D: [CONV, [3, 3, 3, 2]],
  Conv3DTranspose: [CONV, [3, 3, 3, 2]],
  ConvLSTM1D: [CONV, [2, 4, 2]],
  ConvLSTM2D: [CONV, [2, 3, 3, 2]],
  ConvLSTM3D: [CONV, [2, 3, 3, 3, 2]],
  Dense: [{ units: 2 }, [3]],
  DepthwiseConv1D: [{ kernel_size: 2 }, [4, 3]],
  DepthwiseConv2D: [{ kernel_size: 2 }, [4, 4, 3]],
  EinsumDense: [{ equation: "ab,bc->ac", output_shape: 2, bias_axes: "c" }, [3]],
  Embedding: [{ input_dim: 5, output_dim: 2 }, [3]],
  GRU: [{ units: 2 }, [3, 2]],
  GRUCell: [{ units: 2 }, [3, 2]],
  GroupNormalization: [{ groups: 2 }, [4]],
  GroupQueryAttention: [{ head_dim: 2, num_query_heads: 2, num_key_value_heads: 1, use_gate: true }, [3, 2]],
  LSTM: [{ units: 2 }, [3, 2]],
  LSTMCell: [{ units: 2 }, [3, 2]],
  LayerNormalization: [{}, [3]],
  LinearModel: [{ units: 2 }, [3]],
  LocallyConnected1D: [CONV, [4, 3]],
  LocallyConnected2D: [CONV, [4, 4, 3]],
  MultiHeadAttention: [{ num_heads: 2, key_dim: 2, use_gate: true }, [3, 2]],
  PReLU: [{}, [3]],
  ReversibleEmbedding: [{ input_dim: 5, output_dim: 2, tie_weights: false }, [3]],
  SeparableConv1D: [CONV, [4, 3]],
  SeparableConv2D: [CONV, [4, 4, 3]],
  SimpleRNN: [{ units: 2 }, [3, 2]],
  SimpleRNNCell: [{ units: 2 }, [3, 2]],
};

const BATCH = 2;
const optionsOf = (def: (typeof LAYERS)[number]): readonly string[] =>
  Object.keys((def as { config?: object }).config ?? {}).filter((name) => /_(regularizer|constraint)$/.test(name));
const LIMITED = LAYERS.filter(
  (def) => optionsOf(def).length > 0 && def.until !== "keras1" && def.class !== "ConvLSTMCell",
);

/** A model of one layer (a cell in an RNN), of which attention attends to itself; its weights are 0.1, 0.2 … times `factor`. */
async function modelOf({ class: name, until }: (typeof LAYERS)[number], options: object, factor = 1) {
  const [own, shape] = CASES[name]!;
  const one = { class_name: name, config: { name: "it", ...own, ...options } };
  const made = name.endsWith("Cell") ? { class_name: "RNN", config: { name: "rnn", cell: one } } : one;
  const first = { class_name: "InputLayer", config: { name: "x", batch_shape: [null, ...shape], dtype: "float32" } };
  const x = { class_name: "__keras_tensor__", config: { shape: [null, ...shape], dtype: "float32", keras_history: ["x", 0, 0] } }; // prettier-ignore
  const twice = [{ ...first, name: "x", inbound_nodes: [] }, { ...made, name: "it", inbound_nodes: [{ args: [x, x], kwargs: {} }] }]; // prettier-ignore
  const file = name.endsWith("Attention")
    ? { class_name: "Functional", config: { name: "m", layers: twice, input_layers: [["x", 0, 0]], output_layers: [["it", 0, 0]] } } // prettier-ignore
    : { class_name: "Sequential", config: { name: "m", layers: [first, made] } };
  const keras_version = until === "keras2" ? "2.15.0" : "3.15.1";
  const model = await load(
    new TextEncoder().encode(JSON.stringify({ ...file, keras_version, backend: "tensorflow" })),
    { backend: "reference" },
  );
  const weights = model.weights.map(({ shape: own }, i) => {
    const size = own!.reduce((a, b) => a * b, 1);
    return tensor(new Float32Array(size).fill((factor * (i + 1)) / 10), [...own!]);
  });
  await model.setWeights(weights);
  const data = Float32Array.from({ length: BATCH * shape.reduce((a, b) => a * b, 1) }, (_, i) => i % 3);
  return { model, weights, input: tensor(data, [BATCH, ...shape]) };
}

/** Whether an option's name is of that weight: `recurrent_regularizer` of `cell/recurrent_kernel`. */
function isOf(option: string, path: string): boolean {
  const stem = option.replace(/_(regularizer|constraint)$/, "");
  const weight = path.split("/").at(-1)!;
  return weight.startsWith(stem) || (stem === "depthwise" && weight === "kernel");
}

const near = (found: number, wanted: number, what: string): void =>
  expect(Math.abs(found - wanted), `${what}: ${found}, not ${wanted}`).toBeLessThan(2e-5 * Math.max(wanted, 1e-2));

it("of every class that has such options are tried", () => {
  expect(LIMITED.map((def) => def.class)).toEqual(Object.keys(CASES));
});

/** Of each option another number. */
const part = (options: readonly string[], option: string): number => (options.indexOf(option) + 2) / 100;

it.each(LIMITED.map((def) => [def.class, def] as const))("reach the weights of %s", async (_, def) => {
  const options = optionsOf(def).filter((option) => option !== "activity_regularizer");
  const made = options.map((option) => {
    const value = part(options, option);
    const [class_name, config] = option.endsWith("_constraint")
      ? ["MaxNorm", { max_value: value, axis: 0 }]
      : ["L2", { l2: value }];
    return [option, { class_name, config }] as const;
  });
  const { model, weights, input } = await modelOf(def, Object.fromEntries(made));
  model.compile({ optimizer: optimizers.sgd({ learningRate: 0 }), loss: "mse" });
  const [y] = await model.predict(input);
  const ofWeights = options.flatMap((option) =>
    model.weights.map(({ path }, i) => ({ option, path, weight: weights[i]! })),
  );
  const reached = ofWeights.filter(({ option, path }) => isOf(option, path));
  for (const option of options) expect(reached.map((one) => one.option)).toContain(option);
  const penalty = reached
    .filter(({ option }) => option.endsWith("_regularizer"))
    .reduce((a, { option, weight: { data } }) => a + part(options, option) * data.length * Number(data[0]) ** 2, 0);
  near((await model.testOnBatch(input, y!))["loss"]!, penalty, "the penalties");
  const told = (await model.trainOnBatch(input, y!))["loss"]!;
  if (def.class !== "BatchNormalization") near(told, penalty, "the penalties in training");
  const after = await model.getWeights();
  model.weights.forEach(({ path, shape, trainable }, i) => {
    if (!trainable) return;
    const option = options.find((own) => own.endsWith("_constraint") && isOf(own, path));
    const wanted = option === undefined ? 0 : part(options, option) / Math.sqrt(shape![0]!);
    const before = Number(weights[i]!.data[0]);
    near(Number(after[i]!.data[0]), option === undefined ? before : Math.min(wanted, before), path);
  });
});

it.each(LIMITED.map((def) => [def.class, def] as const))(
  "of what %s gives count in training and in tests",
  async (_, def) => {
    if (def.kind !== "layer") return;
    const { model, input } = await modelOf(def, { activity_regularizer: "l2" });
    const [y] = await model.predict(input);
    model.compile({ optimizer: optimizers.sgd({ learningRate: 0 }), loss: "mse" });
    const tested = (await model.testOnBatch(input, y!))["loss"]!;
    const sum = (0.01 * (y!.data as Float32Array).reduce((a, v) => a + v * v, 0)) / BATCH;
    if (def.class !== "BatchNormalization") near((await model.trainOnBatch(input, y!))["loss"]!, tested, "in training");
    // The projections of attention have it too, and in Keras 3's MultiHeadAttention they alone.
    const handsOn = def.class.endsWith("Attention");
    if (handsOn) expect(tested).toBeGreaterThan(0.01);
    if (def.class !== "MultiHeadAttention") expect(tested).toBeGreaterThan((handsOn ? 1.01 : 0.99999) * sum);
    if (!handsOn) near(tested, sum, "the penalty");
  },
);
