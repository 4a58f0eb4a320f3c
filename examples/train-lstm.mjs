// Stacked LSTMs, a Dense and a softmax learn where a series of two waves goes next; Keras loads the file and trains on.
import { callbacks, layers, optimizers, save, Sequential, setRandomSeed, tensor } from "keraport";

const STEPS = 12;
const COUNT = 240;
const series = Array.from({ length: COUNT + STEPS + 1 }, (_, t) => Math.sin(t / 3) + 0.5 * Math.sin(t / 1.7));
const places = Array.from({ length: COUNT }, (_, i) => i);
const x = tensor(places.map((i) => series.slice(i, i + STEPS).map((value) => [value])));
const next = places.map((i) => series[i + STEPS] - series[i + STEPS - 1]);
const y = tensor(next.map((change) => (change < -0.2 ? 0 : change < 0.2 ? 1 : 2))); // falls, stays, rises

setRandomSeed(1);
const model = new Sequential();
model.add(layers.lstm({ units: 16, returnSequences: true, inputShape: [STEPS, 1] }));
model.add(layers.lstm({ units: 12 }));
model.add(layers.dense({ units: 3, activation: "softmax" }));
model.compile({
  optimizer: optimizers.adam({ learningRate: 0.02 }),
  loss: "sparse_categorical_crossentropy",
  metrics: ["accuracy"],
});

const { history } = await model.fit(x, y, {
  epochs: 20,
  batchSize: 16,
  validationSplit: 0.2,
  callbacks: [callbacks.earlyStopping({ patience: 5, restoreBestWeights: true })],
});
const most = Math.max(...history.loss);
history.loss.forEach((loss, epoch) => {
  const bar = "#".repeat(Math.ceil((40 * loss) / most));
  console.log(`${String(epoch + 1).padStart(2)} ${loss.toFixed(3)} ${bar} ${history.val_accuracy[epoch].toFixed(2)}`);
});
const { loss, accuracy } = await model.evaluate(x, y);
console.log(`loss ${loss.toFixed(3)}, accuracy ${accuracy.toFixed(2)}`);
await save(model, process.argv[2] ?? "trained.keras", { force: true });
