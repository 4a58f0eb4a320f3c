/** Functions of TensorFlow are written as operation nodes of Keras 3, and compute the same there. */
import { afterAll, describe, expect, it } from "vitest";
import { load, save } from "../../src/node.ts";
import { fixtures, loadFixture, valuesOf } from "../support/fixtures.ts";

/** What Keras 3 has no operation or argument for, or computes otherwise. */
const REFUSED =
  "__operators__.add __operators__.getitem __operators__.eq __operators__.ne argsort broadcast_to cast compat.v1.gather " +
  "compat.v1.gather_nd compat.v1.image.resize_images compat.v1.nn.conv2d compat.v1.nn.convolution " +
  "compat.v1.nn.log_softmax compat.v1.norm compat.v1.squeeze compat.v1.where einsum fill gather gather_nd image.resize " +
  "keras.backend.batch_flatten linalg.band_part linalg.diag linalg.diag_part linalg.trace math.cumprod math.cumsum " +
  "math.erfc math.reduce_mean nn.log_softmax one_hot ones range repeat reshape sequence_mask slice sort split " +
  "strided_slice zeros";

const refused = new Set<string>();

describe("TensorFlow's functions in a .keras file of Keras 3", () => {
  // Of those in vectors of a dozen there is none without a function that Keras 3 has not.
  const apart = fixtures("layers").filter(({ name }) => /ops\/tfk_(tf_(?!more)|operators|lost)/.test(name));
  for (const fixture of apart) {
    it(fixture.name, async () => {
      const model = await loadFixture(fixture);
      const values = await valuesOf(fixture);
      let written = 0;
      for (const { layer: made, name: place } of model.outputs) {
        const layer = made ?? place;
        const part = model.upTo(layer);
        const file = await save(part, { format: "keras-v3", dialect: "keras3" }).catch((error: Error) => error);
        if (file instanceof Error) {
          expect(file.message).toMatch(/tf\.[\w.]+|integers/);
          refused.add(layer.replace(/^tf\.|_\d+$/g, ""));
          continue;
        }
        const again = await load(file);
        expect(again.summary()).not.toContain("TFOpLambda");
        const x = part.inputs.map(({ name }) =>
          values.get(`inputs/${model.inputs.findIndex((one) => one.name === name)}`)!,
        );
        const [a, b] = [await part.predict(x), await again.predict(x)];
        const numbers = (y: typeof a): unknown => y.map(({ data }) => Array.from(data, Number));
        expect(numbers(b)).toEqual(numbers(a));
        written++;
      }
      expect(written).toBeGreaterThan(0);
    });
  }
  afterAll(() => {
    expect([...refused].filter((name) => !REFUSED.split(" ").includes(name))).toEqual([]);
  });
});
