/**
 * Keras 3's TimeDistributed runs the `call` of its layer alone: nobody asks for its axes, and its weights are those of the
 * first call. The table is Keras 3.15.1's on TensorFlow 2.21:
 *
 *     td = TimeDistributed(layer); a, b = Input(first), Input(second); Model([a, b], [td(a), td(b)]).predict([zeros, x])[1]
 *
 * with x = arange(n) % 7 - 2.
 */
import { describe, expect, it } from "vitest";
import { Input, layers, load, Model, save, tensor } from "../../src/index.ts";

type Row = readonly [layer: string, options: object, first: number[], second: number[], shape: number[], y: number[]];

const TABLE: readonly Row[] = [
  [
    "conv1d",
    { filters: 2, kernelSize: 1, groups: 2, kernelInitializer: "ones" },
    [2, 2, 4],
    [2, 2, 2],
    [1, 2, 2, 2],
    [-3, -3, 1, 1, 5, 5, 2, 2],
  ],
  [
    "conv1d",
    { filters: 2, kernelSize: 2, kernelInitializer: "ones" },
    [2, 2, 1],
    [2, 2, 2],
    [1, 2, 1, 2],
    [-2, 0, 6, 1],
  ],
  [
    "conv2d",
    { filters: 2, kernelSize: 1, kernelInitializer: "ones" },
    [1, 2, 2, 1],
    [1, 2, 2, 2],
    [1, 1, 2, 2, 2],
    [-2, -1, 0, 1, 2, 3, 4, -2],
  ],
  ["maxPooling1d", { poolSize: 2 }, [1, 2, 2], [1, 2, 2, 1], [1, 1, 1, 1, 1], [1]],
  [
    "maxPooling1d",
    { poolSize: 2, strides: 1, padding: "same" },
    [1, 2, 2],
    [1, 2, 3, 2],
    [1, 1, 2, 3, 2],
    [4, 1, 2, 3, 2, 3, 4, 0, 1, 2, 1, 2],
  ],
  ["averagePooling1d", { poolSize: 2 }, [1, 2, 2], [1, 2, 2, 1], [1, 1, 1, 1, 1], [-0.5]],
  ["globalMaxPooling1d", {}, [1, 2, 2], [1, 3, 2, 1], [1, 1, 2, 1], [2, 3]],
  ["globalAveragePooling2d", {}, [1, 2, 2, 1], [1, 2, 2, 3, 1], [1, 1, 3, 1], [0.75, 0, 1]],
  ["globalAveragePooling1d", {}, [1, 2, 2], [1, 4], [1, 1], [-0.5]],
  ["upSampling1d", { size: 2 }, [1, 2, 2], [1, 2, 2, 1], [1, 1, 4, 2, 1], [-2, -1, -2, -1, 0, 1, 0, 1]],
  [
    "upSampling2d",
    { size: 2 },
    [1, 2, 1, 1],
    [1, 2, 1, 2, 1],
    [1, 1, 4, 2, 2, 1],
    [-2, -1, -2, -1, -2, -1, -2, -1, 0, 1, 0, 1, 0, 1, 0, 1],
  ],
  ["cropping1d", { cropping: 1 }, [1, 3, 1], [1, 3, 2, 1], [1, 1, 1, 2, 1], [0, 1]],
  ["repeatVector", { n: 2 }, [1, 2], [1, 3, 1], [1, 1, 2, 3], [-2, -1, 0, -2, -1, 0]],
  [
    "batchNormalization",
    {},
    [1, 2, 2],
    [1, 2, 1],
    [1, 1, 2, 2],
    [-1.9990007877349854, -1.9990007877349854, -0.9995003938674927, -0.9995003938674927],
  ],
  [
    "rmsNormalization",
    {},
    [1, 2, 2],
    [1, 2, 1],
    [1, 1, 2, 2],
    [-0.9999998807907104, -0.9999998807907104, -0.9999995231628418, -0.9999995231628418],
  ],
  ["prelu", { alphaInitializer: "ones" }, [1, 2, 2], [1, 2, 1], [1, 1, 2, 2], [-2, -2, -1, -1]],
  [
    "prelu",
    { alphaInitializer: "ones", sharedAxes: [1] },
    [1, 2, 2],
    [1, 3, 2, 2],
    [1, 1, 3, 2, 2],
    [-2, -1, 0, 1, 2, 3, 4, -2, -1, 0, 1, 2],
  ],
  ["spatialDropout1d", { rate: 0.5 }, [1, 2, 2], [1, 2, 2, 1], [1, 1, 2, 2, 1], [-2, -1, 0, 1]],
  ...["abc,cd->abd", "xyz,zw->xyw", "xyz,wz->xyw"].map((equation): Row => [
    "einsumDense",
    { equation, outputShape: [null, 1], kernelInitializer: "ones" },
    [1, 2, 2],
    [1, 2, 2, 2],
    [1, 1, 2, 2, 1],
    [-3, 1, 5, 2],
  ]),
  ...["ab,bc->ac", "BA,AC->BC", "nk,ok->no"].map((equation): Row => [
    "einsumDense",
    { equation, outputShape: [1], kernelInitializer: "ones" },
    [1, 2],
    [1, 2, 2],
    [1, 1, 2, 1],
    [-3, 1],
  ]),
  [
    "einsumDense",
    { equation: "ab,b->a", outputShape: [], kernelInitializer: "ones" },
    [1, 2],
    [1, 2, 2],
    [1, 1, 2],
    [-3, 1],
  ],
];

const make = layers as unknown as Record<string, (options: object) => ReturnType<typeof layers.dense>>;

describe("layers called on other shapes than they were built on", () => {
  for (const [name, options, first, second, shape, expected] of TABLE)
    it(`${name} ${JSON.stringify(options)} built on [${first}], called on [${second}]`, async () => {
      const both = make["timeDistributed"]!({ layer: make[name]!(options) });
      const [a, b] = [Input({ shape: first }), Input({ shape: second })];
      const model = new Model({ inputs: [a, b], outputs: [both.apply(a), both.apply(b)] });
      const n = second.reduce((p, q) => p * q, 1);
      const x = tensor(
        Float32Array.from({ length: n }, (_, i) => (i % 7) - 2),
        [1, ...second],
      );
      const zeros = tensor(new Float32Array(first.reduce((p, q) => p * q, 1)), [1, ...first]);
      const again = await load(await save(model, { format: "keras-v3" }));
      for (const m of [model, again])
        for (const backend of ["wasm", "reference"] as const) {
          const y = (await m.predict([zeros, x], { backend }))[1]!;
          expect(y.shape).toEqual(shape);
          Array.from(y.data as Float32Array).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
        }
    });

  it.each([
    ["prelu", {}, "alpha"],
    ["rmsNormalization", {}, "scale"],
    ["batchNormalization", {}, "gamma"],
    ["layerNormalization", {}, "gamma"],
    ["dense", { units: 2 }, "kernel"],
    ["conv1d", { filters: 2, kernelSize: 1 }, "kernel"],
  ])("a weight of %s that does not fit what it was built on is refused by its name", async (name, options, weight) => {
    const rank = name === "conv1d" ? [2, 3] : [2];
    const built = (n: number): Model => {
      const both = make["timeDistributed"]!({ layer: make[name]!(options) });
      const [a, b] = [Input({ shape: [...rank, n] }), Input({ shape: [...rank, n] })];
      return new Model({ inputs: [a, b], outputs: [both.apply(a), both.apply(b)], name: "m" });
    };
    const only = async (model: Model, format: "keras-json" | "weights-h5"): Promise<Uint8Array> =>
      [...(await save(model, { format })).values()][0]!;
    for (const told of [true, false]) {
      type Inner = { config: { layer: { build_config?: object } } };
      const json = JSON.parse(new TextDecoder().decode(await only(built(2), "keras-json"))) as { config: { layers: ({ class_name: string } & Inner)[] } }; // prettier-ignore
      const { layer } = json.config.layers.find(({ class_name: found }) => found === "TimeDistributed")!.config;
      if (told) layer.build_config = { input_shape: [null, ...rank.slice(1), 2] };
      const config = new TextEncoder().encode(JSON.stringify(json));
      const wrong = load(config, { weights: await only(built(4), "weights-h5") });
      await expect(wrong.then((model) => model.problems.map(({ path }) => path).join())).rejects.toThrow(
        new RegExp(`mismatch/shape.*${weight}`),
      );
      const right = await load(config, { weights: await only(built(2), "weights-h5") });
      expect(right.problems).toEqual([]);
    }
  });

  it("refuses a PReLU of fewer axes, whose alpha would go by the examples", async () => {
    const both = make["timeDistributed"]!({ layer: make["prelu"]!({}) });
    both.apply(Input({ shape: [2, 2, 3] }));
    expect(() => both.apply(Input({ shape: [2, 3] }))).toThrow(/3 axes/);
  });

  it("refuses them where Keras asks: called by themselves", () => {
    const pool = make["maxPooling1d"]!({});
    pool.apply(Input({ shape: [4, 2] }));
    expect(() => pool.apply(Input({ shape: [4, 2, 1] }))).toThrow(/3 axes/);
  });
});
