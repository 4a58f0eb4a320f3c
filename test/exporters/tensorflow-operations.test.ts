/** Functions of TensorFlow are written as operation nodes of Keras 3, and compute the same there. */
import { describe, expect, it } from "vitest";
import { load, save } from "../../src/node.ts";
import { fixtures, loadFixture, valuesOf } from "../support/fixtures.ts";

/** What Keras 3 cannot say is refused by the function's or the argument's name. */
const REFUSED = /tf\.[\w.]+|integers/;

describe("TensorFlow's functions in a .keras file of Keras 3", () => {
  for (const fixture of fixtures("layers").filter(({ name }) => /ops\/tfk_(tf|operators)/.test(name))) {
    it(fixture.name, async () => {
      const model = await loadFixture(fixture);
      const written = await save(model, { format: "keras-v3", dialect: "keras3" }).catch((error: Error) => error);
      if (written instanceof Error) return expect(written.message).toMatch(REFUSED);
      const again = await load(written);
      expect(again.summary()).not.toContain("TFOpLambda");
      const values = await valuesOf(fixture);
      const x = model.inputs.map((_, i) => values.get(`inputs/${i}`)!);
      const [a, b] = [await model.predict(x), await again.predict(x)];
      expect(b.map(({ data }) => Array.from(data, Number))).toEqual(a.map(({ data }) => Array.from(data, Number)));
    });
  }
});
