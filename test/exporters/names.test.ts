/** Names in written configs, looked up in what the Keras of each generation knows. */
import { describe, expect, it } from "vitest";
import { fromPlain, type JsonNode } from "../../src/codecs/json.ts";
import { unknownNames } from "../../src/exporters/names.ts";
import { LAYERS } from "../../src/layers/all.ts";

const object = (className: string, config: unknown, more: object = {}): JsonNode =>
  fromPlain({ class_name: className, config, ...more });

/** Classes of Keras 3 alone: a translation of them is refused. */
const NEW = new RegExp(
  `^(${[
    "Adaptive.*Pooling.D|RMSNormalization|LayerScale|StochasticDepth|ConvLSTMCell|GroupQueryAttention|ReversibleEmbedding",
    "SpectralNormalization|AugMix|AutoContrast|CutMix|Equalization|MaxNumBoundingBoxes|MixUp|Pipeline|RandAugment",
    "Random(ColorDegeneration|ColorJitter|ElasticTransform|Erasing|GaussianBlur|Grayscale|Hue|Invert|Perspective)",
    "Random(Posterization|Saturation|Sharpness|Shear)|Solarization|(Mel|STFT)Spectrogram|ContrastLimitedAdaptiveHistogramEqualization",
  ].join("|")})$`,
);

describe("what our declarations write is known to Keras", () => {
  const cases = LAYERS.filter((def) => def.kind !== "layer" || def.writing?.ownDialect !== true).flatMap((def) =>
    (["keras2", "keras3"] as const)
      .filter((to) => (to === "keras3" ? def.until === undefined : def.until !== "keras1" && def.kind !== "operation"))
      .map((to) => [def.class, to, def] as const),
  );
  it.each(cases)("%s in %s", async (_name, to, def) => {
    const older = Object.entries((to === "keras2" ? def.dialects?.keras2?.rename : undefined) ?? {});
    const oldName = new Map(older.map(([from, today]) => [today, from]));
    const keys = Object.entries(def.config)
      .filter(([, field]) => field.only !== "keras2" && !(to === "keras2" && field.only === "keras3"))
      .map(([key]) => [oldName.get(key) ?? key, null]);
    const name = (to === "keras2" && def.names?.find((other) => other.includes(">"))) || def.class;
    const form = object(
      name,
      Object.fromEntries(keys),
      to === "keras3" ? { module: def.module ?? "keras.layers" } : {},
    );
    const found = await unknownNames(form, to);
    // A null initialiser is no initialiser's name, and is none that a translation writes.
    const unknown = found.filter((one) => one.name !== "null").map((one) => `${one.kind} ${one.name}`);
    expect(unknown).toEqual(to === "keras2" && NEW.test(name) ? [`class ${name}`] : []);
  });
});

describe("what Keras does not know is named", () => {
  const dense = (config: object): JsonNode =>
    object("Sequential", { layers: [{ class_name: "Dense", config: { name: "d", ...config } }] });
  it.each([
    [
      dense({ kernel_regularizer: { class_name: "L1L2Regularizer", config: { l1: 0 } } }),
      "regularizer L1L2Regularizer",
    ],
    [dense({ kernel_regularizer: { class_name: "L2", config: { l2: 0, l3: 0 } } }), "option l3"],
    [dense({ kernel_initializer: { class_name: "Mine", config: {} } }), "initializer Mine"],
    [dense({ activation: "my_act" }), "activation my_act"],
    [dense({ time_major: false }), "option time_major"],
    [
      object("Sequential", {
        layers: [object("TimeDistributed", { name: "t", layer: { class_name: "Mine", config: {} } })],
      }),
      "class Mine",
    ],
    [dense({ activation: "relu", kernel_initializer: "glorot_uniform", bias_constraint: null }), ""],
  ] as const)("%#", async (root, expected) => {
    for (const to of ["keras2", "keras3"] as const) {
      const found = await unknownNames(root, to);
      expect(found.map(({ kind, name }) => `${kind} ${name}`).join()).toBe(expected);
    }
  });
});
