// A loaded model's layers as a feature extractor, under a head of one's own; Keras loads the file.
import { layers, load, Model, save } from "keraport";

const base = await load("fixtures/models/stacked_lstm/model.keras");
const head = layers.dense({ units: 2, activation: "softmax", name: "head" });
const model = new Model({ inputs: base.inputs, outputs: head.apply(base.layer("upper").output) });
console.log((await model.predict(new Float32Array(80).fill(0.1)))[0].data);
await save(model, process.argv[2] ?? "with-head.keras", { force: true });
