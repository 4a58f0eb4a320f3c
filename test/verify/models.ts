/** Models of the fixtures for tests: loaded, changed, forgotten when the test is over. */
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Tensor } from "../../src/core/tensor.ts";
import { load, type Model } from "../../src/node.ts";
import { FIXTURES } from "../support/fixtures.ts";

export const inFixtures = (path: string): string => join(FIXTURES, path);

export async function open(path: string): Promise<Model> {
  const model = await load(inFixtures(path));
  onTestFinished(() => model.dispose());
  return model;
}

/** Adds to the first number of a weight. */
export async function nudge(model: Model, weight: string, by: number): Promise<void> {
  const index = model.weights.findIndex(({ path }) => path === weight);
  if (index < 0) throw new Error(`no ${weight} among ${model.weights.map(({ path }) => path).join(", ")}`);
  const values: Tensor[] = [...(await model.getWeights())];
  const data = (values[index]!.data as Float32Array).slice();
  data[0]! += by;
  values[index] = { ...values[index]!, data } as Tensor;
  await model.setWeights(values);
}
