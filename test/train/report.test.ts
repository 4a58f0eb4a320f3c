/** What `fit` gives as a page; norms of weights and gradients. */
import { expect, it } from "vitest";
import { layers, reportPage, Sequential, setRandomSeed, tensor } from "../../src/node.ts";

const x = tensor(
  Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)),
  [8, 3],
);
const y = tensor(
  Float32Array.from({ length: 8 }, (_, i) => Math.cos(i)),
  [8, 1],
);

function made() {
  setRandomSeed(2);
  const hidden = layers.dense({ units: 4, activation: "tanh", inputShape: [3], name: "<b>&" });
  const model = new Sequential({ layers: [hidden, layers.batchNormalization(), layers.dense({ units: 1 })] });
  return model;
}

const norm = (data: ArrayLike<number>) => Math.sqrt(Array.from(data).reduce((sum, v) => sum + v * v, 0));

it("tells the norms of weights and of their gradients", async () => {
  const model = made();
  model.compile({ optimizer: "sgd", loss: "mse" });
  const before = await model.getWeights();
  const { norms } = await model.fit(x, y, { epochs: 1, batchSize: 8, norms: true });
  const after = await model.getWeights();
  expect(Object.keys(norms!)).toEqual(model.weights.map(({ path }) => path));
  model.weights.forEach(({ path, trainable }, i) => {
    expect(norms![path]!.weight[0]).toBeCloseTo(norm(after[i]!.data as Float32Array), 5);
    if (!trainable) return expect(norms![path]!.gradient).toEqual([]);
    // A step of plain gradient descent is 0.01 of the gradient.
    const step = Array.from(before[i]!.data as Float32Array, (v, k) => (v - Number(after[i]!.data[k])) / 0.01);
    expect(norms![path]!.gradient[0]).toBeCloseTo(norm(step), 4);
  });
  expect(await model.fit(x, y)).not.toHaveProperty("norms");
});

it("is a page with a curve for each loss, metric and layer, and nothing of names as HTML", async () => {
  const model = made();
  model.compile({ optimizer: "adam", loss: "mse", metrics: ["mae"] });
  const history = await model.fit(x, y, { epochs: 3, validationSplit: 0.25, norms: true });
  const page = await reportPage(history);
  expect(page).toContain("<h1>3 epochs, loss ");
  expect(page.match(/<figcaption>/g)).toHaveLength(2 + 2 * 3);
  expect(page.match(/class="curve beside" d=/g)).toHaveLength(2);
  expect(page).toContain("&lt;b&gt;&amp;");
  expect(page).not.toMatch(/<b>&|<script|https?:|NaN/);
  for (const name of ["loss", "mae", "val_loss", "val_mae"]) expect(page).toContain(`<th class="n">${name}</th>`);
});

it("tells the ends of its axes apart, and counts epochs from 1", async () => {
  const page = await reportPage({ epoch: [0, 1, 2], history: { loss: [1.1004, 1.0998, 1.1001] } });
  expect(page).toContain("at last 1.1001; axis from 1.0998 to 1.1004");
  expect(page).toContain(">epoch 1</text>");
  expect(page).not.toContain("</i> validation");
});

it("holds where there is little: no epoch, one, numbers that are none", async () => {
  expect(await reportPage({ epoch: [], history: {} })).toContain("0 epochs");
  expect(await reportPage({ epoch: [4], history: { loss: [0.5] } })).toContain("1 epoch, loss 0.500");
  const odd = await reportPage({ epoch: [0, 1, 2, 3], history: { loss: [1, NaN, Infinity, 0], val_x: [1, 2, 3, 4] } });
  expect(odd).toMatch(/d="M [\d. ]+ {3}M [\d. ]+"/);
  expect(await reportPage({ epoch: [0, 1], history: { loss: [NaN, NaN] } })).toContain("no finite numbers");
});
