/**
 * What being supported means, over every fixture: the model loads, its traced shapes are Keras's, it computes within 1e-9
 * of the float64 truth and within rtol 1e-5, atol 1e-6 of float32 Keras; the WASM backend is as near to the truth as twice
 * Keras's own float32, or 5e-7 of the largest number.
 */
import { describe, expect, it } from "vitest";
import type { Tensor } from "../src/core/tensor.ts";
import { withDType } from "../src/core/cast.ts";
import type { Model } from "../src/node.ts";
import { excessOf } from "../src/verify/compare.ts";
import { difference, type Fixture, fixtures, loadFixture, valuesOf } from "./support/fixtures.ts";

const RTOL = 1e-5;
const ATOL = 1e-6;
const TRUTH = 1e-9;

function at(
  values: ReadonlyMap<string, Tensor>,
  group: string,
  index: number,
  name: string,
  call: number,
): Tensor | undefined {
  const suffix = call === 0 ? "" : `@${call}`;
  return values.get(`${group}/${index}${suffix}`) ?? values.get(`${group}/${name}${suffix}`);
}

function compare(
  found: readonly Tensor[],
  wanted: (i: number) => Tensor | undefined,
  tolerance: (magnitude: number) => number,
  what: string,
): void {
  found.forEach((tensor, i) => {
    const expected = wanted(i);
    if (expected === undefined) throw new Error(`the fixture has no ${what} ${i}`);
    expect(tensor.shape, `${what} ${i}: shape`).toEqual(expected.shape);
    const { error, magnitude } = difference(tensor, expected);
    expect(error, `${what} ${i}: largest difference`).toBeLessThanOrEqual(tolerance(magnitude));
  });
}

async function check(model: Model, fixture: Fixture): Promise<void> {
  const values = await valuesOf(fixture);
  const hasTruth = [...values.keys()].some((key) => key.startsWith("truth/"));
  for (let call = 0; at(values, "inputs", 0, model.inputs[0]!.name, call) !== undefined; call++) {
    const x = model.inputs.map(({ name, dtype }, i) => withDType(at(values, "inputs", i, name, call)!, dtype));
    const exact = await model.predict(x, { backend: "reference", precision: "float64" });
    compare(
      exact,
      (i) => at(values, "outputs", i, model.outputs[i]!.name, call),
      (m) => ATOL + RTOL * m,
      `outputs@${call}`,
    );
    if (hasTruth)
      compare(
        exact,
        (i) => at(values, "truth", i, model.outputs[i]!.name, call),
        (m) => TRUTH * Math.max(m, 1e-30),
        `truth@${call}`,
      );
    const fast = await model.predict(x, { backend: "wasm" });
    fast.forEach((tensor, i) => {
      const name = model.outputs[i]!.name;
      const keras = at(values, "outputs", i, name, call)!;
      const truth = at(values, "truth", i, name, call) ?? exact[i]!;
      expect([tensor.dtype, ...tensor.shape], `wasm@${call} ${i}`).toEqual([keras.dtype, ...keras.shape]);
      expect(excessOf(tensor, keras, truth), `wasm@${call} ${i}: part of the error allowed`).toBeLessThanOrEqual(1);
    });
    model.outputs.forEach(({ shape }, i) => {
      const ran = exact[i]!.shape;
      expect(shape!.length).toBe(ran.length);
      shape!.forEach((n, axis) => n === null || expect(ran[axis]).toBe(n));
    });
  }
}

/** Layers that cannot run and are in fixtures all the same: the models must load and show them. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  "layers/ops/tfk_lost": ["tf.__operators__.ne", "tf.__operators__.eq", "tf.einsum"],
};

async function checkRefusal(model: Model, refused: readonly string[] | undefined): Promise<void> {
  expect(model.problems.map(({ path }) => path)).toEqual(refused);
  for (const { path } of model.problems) expect(model.summary()).toContain(path!.split("/")[0]);
  const refusal = expect(model.predict(model.inputs.map(() => 0))).rejects;
  await refusal.toMatchObject({ code: expect.stringMatching(/^unsupported\/(layer|dtype-policy)$/) });
}

for (const part of ["layers", "models", "formats"]) {
  describe(`fixtures/${part}`, () => {
    for (const fixture of fixtures(part)) {
      it(fixture.name, async () => {
        const model = await loadFixture(fixture);
        try {
          await (model.problems.length > 0 ? checkRefusal(model, REFUSED[fixture.name]) : check(model, fixture));
        } finally {
          model.dispose();
        }
      });
    }
  });
}
