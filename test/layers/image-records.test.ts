/** Layers of images called on a dict: what Keras 3.15's `predict` gives for images, and the rest as it is. */
import { expect, it } from "vitest";
import { load, save, type Tensor, tensor } from "../../src/node.ts";

const KEYS = {
  images: [null, 2, 2, 2],
  labels: [null, 2],
  segmentation_masks: [null, 2, 2, 1],
} as const;
type Key = keyof typeof KEYS;

const ref = (layer: string, shape: readonly unknown[]) => ({
  class_name: "__keras_tensor__",
  config: { shape, dtype: "float32", keras_history: [layer, 0, 0] },
});

/** What Keras 3's `to_json` writes of `Model(inputs, layer(inputs))`, the keys in this order. */
function modelOf(
  className: string,
  config: object,
  keys: readonly string[],
): Promise<Awaited<ReturnType<typeof load>>> {
  const inputs = keys.map((name) => ({
    module: "keras.layers",
    class_name: "InputLayer",
    name,
    config: { name, batch_shape: KEYS[name as Key] ?? [null, 2], dtype: "float32" },
    inbound_nodes: [],
  }));
  const data = Object.fromEntries(keys.map((name) => [name, ref(name, KEYS[name as Key] ?? [null, 2])]));
  const layer = {
    module: "keras.layers",
    class_name: className,
    name: "l",
    config: { name: "l", trainable: true, dtype: "float32", ...config },
    inbound_nodes: [{ args: [data], kwargs: {} }],
  };
  const sorted = [...keys].sort();
  const ends = {
    input_layers: Object.fromEntries(keys.map((name) => [name, [name, 0, 0]])),
    output_layers: Object.fromEntries(keys.map((name) => [name, ["l", 0, sorted.indexOf(name)]])),
  };
  const text = JSON.stringify({
    module: "keras.src.models.functional",
    class_name: "Functional",
    config: { name: "m", layers: [...inputs, layer], ...ends },
    keras_version: "3.15.1",
    backend: "tensorflow",
  });
  return load(new TextEncoder().encode(text));
}

const IMAGES = [10, 200, 30, 50, 20, 50, 60, 100];
const values: Record<Key, Tensor> = {
  images: tensor(Float32Array.from(IMAGES), [1, 2, 2, 2]),
  labels: tensor(Float32Array.of(1, 2), [1, 2]),
  segmentation_masks: tensor(Float32Array.of(0, 1, 2, 3), [1, 2, 2, 1]),
};

const half = { factor: 0.5 };
const range = { value_range: [0, 255] };
const LAYERS: readonly (readonly [name: string, config: object, images?: readonly number[]])[] = [
  ["AutoContrast", range, [0, 255, 102, 0, 51, 0, 255, 85]],
  ["AugMix", range],
  ["CutMix", {}],
  ["MixUp", {}],
  ["RandAugment", range],
  ["RandomBrightness", half],
  ["RandomColorJitter", range],
  ["RandomContrast", half],
  ["RandomElasticTransform", {}],
  ["RandomErasing", {}],
  ["RandomFlip", {}],
  ["RandomGaussianBlur", {}],
  ["RandomHue", half],
  ["RandomInvert", {}],
  ["RandomPerspective", {}],
  ["RandomPosterization", { factor: 4 }],
  ["RandomRotation", half],
  ["RandomSaturation", half],
  ["RandomSharpness", half],
  ["RandomTranslation", { height_factor: 0.5, width_factor: 0.5 }],
  ["RandomZoom", { height_factor: 0.5 }],
  ["Solarization", range],
];

for (const [name, config, images = IMAGES] of LAYERS)
  it(`${name} of a dict`, async () => {
    const keys: readonly Key[] = ["segmentation_masks", "images", "labels"];
    const first = await modelOf(name, config, keys);
    const again = await load((await save(first, { format: "keras-v3" })).values().next().value!);
    for (const model of [first, again]) {
      expect(model.problems).toEqual([]);
      const y = (await model.predict(values)) as readonly Tensor[];
      const given = Object.fromEntries(model.outputs.map((output, i) => [output.name, Array.from(y[i]!.data, Number)]));
      expect(Object.keys(given).sort()).toEqual(["images", "labels", "segmentation_masks"]);
      images.forEach((value, i) => expect(given["images"]![i]).toBeCloseTo(value, 3));
      expect(given["labels"]).toEqual([1, 2]);
      expect(given["segmentation_masks"]).toEqual([0, 1, 2, 3]);
    }
  });

it.each([
  ["RandomFlip", {}],
  ["Resizing", { height: 2, width: 2 }],
  ["ContrastLimitedAdaptiveHistogramEqualization", {}],
] as const)("a dict without images, and boxes, are refused by name: %s", async (name, config) => {
  for (const keys of [["labels"], ["images", "bounding_boxes"]]) {
    const model = modelOf(name, config, keys);
    await expect(model.then((m) => m.predict(values))).rejects.toMatchObject({
      problems: [{ code: "unsupported/layer", message: expect.stringContaining("argument") }],
    });
  }
});
