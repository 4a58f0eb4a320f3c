/** Models to and from TensorFlow.js itself. */
import { describe, expect, it, vi } from "vitest";
import { layers, Sequential, setRandomSeed } from "../../src/node.ts";
import { fromLayersModel, toLayersModel } from "../../src/tfjs.ts";
import { difference } from "../support/fixtures.ts";
import { ramp } from "../support/tensors.ts";
import { runInTfjs, tfLayers } from "../support/tfjs.ts";

const x = ramp([3, 6, 2]);

function network() {
  setRandomSeed(3);
  return new Sequential({
    layers: [
      layers.conv1d({ filters: 4, kernelSize: 2, activation: "leaky_relu", inputShape: [6, 2] }),
      layers.lstm({ units: 3 }),
      layers.dense({ units: 2 }),
    ],
  });
}

describe("toLayersModel", () => {
  it("gives a model of TensorFlow.js that predicts the same, and back again", async () => {
    const model = network();
    const there = await toLayersModel(model, tfLayers);
    const [expected] = await model.predict(x);
    expect(difference(runInTfjs(there, [x])[0]!, expected!).error).toBeLessThan(1e-6);
    const back = await fromLayersModel(there);
    expect(difference((await back.predict(x))[0]!, expected!).error).toBeLessThan(1e-6);
  });

  it("transposed convolutions of open lengths", async () => {
    for (const padding of ["same", "valid"] as const)
      for (const strides of [1, 2, 3]) {
        const of = { filters: 2, kernelSize: 3, strides, padding } as const;
        const model = new Sequential({ layers: [layers.conv2dTranspose({ ...of, inputShape: [null, null, 3] })] });
        const there = await toLayersModel(model, tfLayers);
        for (const input of [ramp([2, 4, 5, 3]), ramp([1, 7, 2, 3])]) {
          const [expected] = await model.predict(input);
          expect(difference(runInTfjs(there, [input])[0]!, expected!).error).toBeLessThan(1e-6);
        }
      }
  });

  it("finds TensorFlow.js where it is installed, and says how to where it is not", async () => {
    const there = await toLayersModel(network());
    expect(typeof there.predict).toBe("function");
    vi.doMock("@tensorflow/tfjs-layers", () => ({ loadLayersModel: undefined, default: undefined }));
    await expect(toLayersModel(network())).rejects.toMatchObject({ code: "unsupported/backend" });
    vi.doUnmock("@tensorflow/tfjs-layers");
  });

  it("refuses by name what TensorFlow.js has not, and what is no model", async () => {
    const model = new Sequential({ layers: [layers.gru({ units: 2, inputShape: [null, 4], name: "unit" })] });
    await expect(toLayersModel(model, tfLayers)).rejects.toMatchObject({
      code: "unsupported/translation",
      problems: [{ path: "unit.reset_after" }],
    });
    await expect(toLayersModel(model, {} as never)).rejects.toMatchObject({ code: "mismatch/argument" });
    await expect(fromLayersModel({} as never)).rejects.toMatchObject({ code: "mismatch/argument" });
  });
});

it("fromLayersModel takes a model made there", async () => {
  const made = tfLayers.sequential({
    layers: [
      tfLayers.layers.bidirectional({
        layer: tfLayers.layers.gru({ units: 2, recurrentInitializer: "glorotNormal" }),
        inputShape: [6, 2],
      }),
      tfLayers.layers.dense({ units: 3, activation: "hardSigmoid" }),
    ],
  });
  const model = await fromLayersModel(made);
  const [found] = await model.predict(x);
  expect(difference(found!, runInTfjs(made, [x])[0]!).error).toBeLessThan(1e-6);
});
