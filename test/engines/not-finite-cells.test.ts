/**
 * What recurrent cells make of what is not finite. Keras 3.15.1 on TensorFlow 2.21: kernels of ones, no bias, one unit, the
 * last of two steps of each row of X.
 */
import { expect, it } from "vitest";
import { layers, Sequential, tensor } from "../../src/node.ts";

const [NOT, INF] = [NaN, Infinity];
const X = [[INF, 1], [1, INF], [-INF, 1], [1, -INF], [NOT, 1], [INF, -INF], [1, 2]]; // prettier-ignore

const TABLE: readonly ["gru" | "lstm" | "simpleRNN", object, number[]][] = [
  ["gru", { activation: "relu", recurrentActivation: "relu", resetAfter: true }, [NaN, NaN, 0, 0, NaN, NaN, -2]],
  [
    "gru",
    { activation: "tanh", recurrentActivation: "relu", resetAfter: true },
    [NaN, NaN, 0.761594176, -1, NaN, NaN, -0.964027584],
  ],
  [
    "gru",
    { activation: "relu", recurrentActivation: "sigmoid", resetAfter: true },
    [NaN, NaN, 0.268941402, 0, NaN, NaN, 0.454034925],
  ],
  [
    "gru",
    { activation: "linear", recurrentActivation: "tanh", resetAfter: true },
    [NaN, NaN, Infinity, -Infinity, NaN, NaN, 0.283252358],
  ],
  ["gru", { activation: "relu", recurrentActivation: "relu", resetAfter: false }, [NaN, NaN, 0, 0, NaN, NaN, -2]],
  [
    "gru",
    { activation: "tanh", recurrentActivation: "relu", resetAfter: false },
    [NaN, NaN, 0.761594176, -1, NaN, NaN, -0.964027584],
  ],
  [
    "gru",
    { activation: "relu", recurrentActivation: "sigmoid", resetAfter: false },
    [NaN, NaN, 0.268941402, 0, NaN, NaN, 0.454034925],
  ],
  [
    "gru",
    { activation: "linear", recurrentActivation: "tanh", resetAfter: false },
    [NaN, NaN, Infinity, -Infinity, NaN, NaN, 0.283252358],
  ],
  ["lstm", { activation: "relu", recurrentActivation: "relu" }, [NaN, Infinity, 1, 0, NaN, NaN, 36]],
  ["lstm", { activation: "tanh", recurrentActivation: "relu" }, [NaN, Infinity, 0.64201498, 0, NaN, NaN, 2.64150953]],
  [
    "lstm",
    { activation: "relu", recurrentActivation: "sigmoid" },
    [Infinity, Infinity, 0.534446657, 0, NaN, NaN, 2.80324841],
  ],
  [
    "lstm",
    { activation: "linear", recurrentActivation: "tanh" },
    [Infinity, Infinity, NaN, -Infinity, NaN, NaN, 3.26575112],
  ],
  ["simpleRNN", { activation: "relu" }, [Infinity, Infinity, 1, 0, NaN, NaN, 3]],
  ["simpleRNN", { activation: "tanh" }, [0.964027584, 1, 0, -1, NaN, -1, 0.992045701]],
];

for (const [name, options, wanted] of TABLE)
  it.each(["wasm", "reference"] as const)(`${name} ${JSON.stringify(options)}, %s`, async (backend) => {
    const model = new Sequential();
    const ones = { units: 1, useBias: false, kernelInitializer: "ones", recurrentInitializer: "ones" } as const;
    model.add(layers[name]({ ...ones, ...options, inputShape: [2, 1] }));
    const [y] = await model.predict(tensor(X.flat(), [X.length, 2, 1]), { backend });
    wanted.forEach((value, i) => {
      const found = Number(y!.data[i]);
      if (Number.isFinite(value)) expect(found, `row ${i}`).toBeCloseTo(value, 5);
      else expect(found, `row ${i}`).toBe(value);
    });
  });
