/** Where NaN and infinities go in maxima and places of them: as TensorFlow 2.21 on a CPU, with which these numbers were computed. */
import { expect, it } from "vitest";
import { fromPlain } from "../../src/codecs/json.ts";
import { Input, layers, type Layer, Model, tensor } from "../../src/node.ts";
import { tableModel, tableOf } from "../support/tables.ts";

const [n, inf, least] = [NaN, Infinity, -3.4028234663852886e38];
// prettier-ignore
const ROWS = [
  [n, 1, 2, 3], [1, n, 2, 3], [1, 2, n, 3], [1, 2, 3, n], [n, n, 1, 2], [n, n, n, n], [-inf, -inf, -inf, -inf], [n, -inf, n, n], [inf, n, inf, 1], [-inf, -inf, n, -inf],
];
const BACKENDS = ["reference", "wasm"] as const;

// 17 channels: whole vectors and a rest; 1: number by number.
it.each([1, 17])("the largest of a window leaves NaN out (%i channels)", async (channels) => {
  const largest = [3, 3, 3, 3, 2, least, least, least, inf, least];
  const pairs = ROWS.map(([a, b]) => [a, b].reduce((best: number, x) => (x! > best ? x! : best), least));
  const flat = (rows: readonly (readonly number[])[]) =>
    rows.flatMap((row) => row.flatMap((x) => Array<number>(channels).fill(x)));
  const cases: [Layer, number[], number[]][] = [
    [layers.maxPooling1d({ poolSize: 4 }), [4], largest],
    [layers.maxPooling1d({ poolSize: 2, strides: 4, padding: "same" }), [4], pairs],
    [layers.maxPooling2d({ poolSize: [4, 1] }), [4, 1], largest],
    [layers.adaptiveMaxPooling1d({ outputSize: 1 }), [4], largest],
  ];
  for (const [layer, shape, expected] of cases) {
    const x = Input({ shape: [...shape, channels] });
    const model = new Model({ inputs: x, outputs: layer.apply(x) });
    for (const backend of BACKENDS) {
      const [y] = await model.predict(tensor(flat(ROWS), [ROWS.length, ...shape, channels]), { backend });
      expect([...y!.data], `${backend} ${shape.join()}`).toEqual(flat(expected.map((value) => [value])));
    }
  }
});

it.each([
  ["argmax", [3, 3, 3, 2, 3, 0, 0, 0, 0, 0]],
  ["argmin", [1, 0, 0, 0, 2, 0, 0, 1, 3, 0]],
] as const)("%s never finds NaN", async (name, expected) => {
  const { config } = tableOf<{ readonly config: unknown }>("dtypes/keras3_operations.json.gz")[name]!;
  const model = tableModel(config, "keras3", (options, className) => {
    if (className === "InputLayer") options.set("dtype", "float32");
    else options.set("axis", fromPlain(1));
  });
  const x = tensor(ROWS.flat(), [ROWS.length, 4]);
  for (const backend of BACKENDS)
    expect([...(await model.predict([x, x], { backend }))[0]!.data], backend).toEqual(expected);
});

it("a channel of which AutoContrast makes no numbers stays", async () => {
  for (const valueRange of [
    [0, 255],
    [2, 2],
  ] as const) {
    const x = Input({ shape: [2, 2, 2] });
    const model = new Model({ inputs: x, outputs: layers.autoContrast({ valueRange }).apply(x) });
    const values = [0, 1, n, 1, 4, 1, 8, 1];
    for (const backend of BACKENDS)
      expect([...(await model.predict(tensor(values, [1, 2, 2, 2]), { backend }))[0]!.data], backend).toEqual(values);
  }
});
