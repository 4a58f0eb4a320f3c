/** Layers over inputs without features or channels: sums over nothing, on both backends. */
import { expect, it } from "vitest";
import { layers, Sequential, setRandomSeed, tensor } from "../../../src/index.ts";

const CASES = {
  dense: () => [layers.dense({ units: 3, activation: "relu", biasInitializer: "ones", inputShape: [0] })],
  lstm: () => [layers.lstm({ units: 3, inputShape: [4, 0], returnSequences: true })],
  gru: () => [layers.gru({ units: 3, inputShape: [4, 0], biasInitializer: "ones" })],
  simpleRNN: () => [layers.simpleRNN({ units: 3, inputShape: [4, 0], goBackwards: true, biasInitializer: "ones" })],
  bidirectional: () => [layers.bidirectional({ layer: layers.lstm({ units: 2 }), inputShape: [4, 0] })],
  masked: () => [layers.masking({ inputShape: [4, 0] }), layers.gru({ units: 2 })],
  conv2dTranspose: () => [
    layers.conv2dTranspose({ filters: 2, kernelSize: 3, biasInitializer: "ones", inputShape: [5, 5, 0] }),
  ],
  padding: () => [layers.zeroPadding1d({ padding: 1, inputShape: [2, 3] }), layers.cropping1d({ cropping: 1 })],
};

/** Keras has no kernels for these either. */
const REFUSED = {
  convLstm2d: () => [layers.convLstm2d({ filters: 2, kernelSize: 3, inputShape: [2, 5, 5, 0] })],
  conv1d: () => [layers.conv1d({ filters: 2, kernelSize: 2, biasInitializer: "ones", inputShape: [5, 0] })],
  conv2d: () => [
    layers.conv2d({ filters: 2, kernelSize: 2, activation: "tanh", biasInitializer: "ones", inputShape: [5, 5, 0] }),
  ],
  conv3d: () => [layers.conv3d({ filters: 2, kernelSize: 2, inputShape: [3, 3, 3, 0] })],
};

it.each(Object.keys(CASES) as (keyof typeof CASES)[])("%s", async (name) => {
  setRandomSeed(1);
  const model = new Sequential({ layers: CASES[name]() });
  const shape = model.inputs[0]!.shape!.map((n) => n ?? 2);
  const x = tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
  const [found] = await model.predict(x);
  const [exact] = await model.predict(x, { backend: "reference" });
  expect(found!.shape).toEqual(exact!.shape);
  (exact!.data as Float32Array).forEach((value, i) => expect(found!.data[i]).toBeCloseTo(value, 6));
});

it.each(Object.keys(REFUSED) as (keyof typeof REFUSED)[])("%s is refused, as by Keras", (name) => {
  expect(() => new Sequential({ layers: REFUSED[name]() })).toThrow(
    expect.objectContaining({ code: "mismatch/shape", expected: "at least one channel" }),
  );
});
