/** Weights of other shapes than their layers declare: each told by its name, together, whatever would be computed with them. */
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/core/error.ts";
import { layers, load, type Model, save, Sequential } from "../../src/node.ts";

const bytesOf = async (model: Model, format: "weights-h5" | "keras-json"): Promise<Uint8Array> =>
  [...(await save(model, { format })).values()][0]!;

async function problemsOf(architecture: Model, weights: Model): Promise<FormatError["problems"]> {
  const parts = [await bytesOf(architecture, "keras-json"), await bytesOf(weights, "weights-h5")] as const;
  try {
    const model = await load(parts[0], { weights: parts[1] });
    return model.problems;
  } catch (error) {
    if (error instanceof FormatError) return error.problems;
    throw error;
  }
}

const dense = (a: number, b: number): Model =>
  new Sequential({
    layers: [layers.dense({ units: a, inputShape: [3], name: "first" }), layers.dense({ units: b, name: "second" })],
  });
const recurrent = (units: number): Model =>
  new Sequential({
    layers: [
      layers.bidirectional({ layer: layers.lstm({ units, name: "lstm" }), inputShape: [5, 3], name: "both" }),
      layers.dense({ units: 2, name: "last" }),
    ],
  });
const images = (filters: number): Model =>
  new Sequential({
    layers: [
      layers.conv2d({ filters, kernelSize: 2, inputShape: [5, 5, 1], name: "image" }),
      layers.batchNormalization({ name: "norm" }),
    ],
  });

describe("weights that do not fit", () => {
  it.each([
    ["dense", dense(4, 2), dense(5, 2), ["first/kernel", "first/bias", "second/kernel"]],
    ["recurrent", recurrent(2), recurrent(3), ["both/forward_lstm/lstm_cell/kernel", "last/kernel"]],
    ["images", images(2), images(4), ["image/kernel", "image/bias", "norm/gamma", "norm/moving_variance"]],
  ])("%s", async (_, architecture, weights, names) => {
    const problems = await problemsOf(architecture, weights);
    expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(["mismatch/shape"]));
    for (const { expected, found } of problems) {
      expect(expected).toMatch(/^shape \[/);
      expect(found).toMatch(/^\[/);
    }
    const told = problems.map(({ path }) => path!);
    expect(new Set(told).size).toBe(told.length);
    for (const name of names)
      expect(
        told.some((path) => path.endsWith(name)),
        `${name} in ${told.join(" ")}`,
      ).toBe(true);
  });
});
