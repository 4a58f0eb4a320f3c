// What a layer in the middle gives, beside the model's own outputs or instead of them.
import { load } from "keraport";

const model = await load("fixtures/models/stacked_lstm/model.keras");
const steps = new Float32Array(10 * 8).map((_, i) => Math.sin(i));
const outputs = await model.predict(steps, { layers: ["lower", "hidden"] });
console.log("hidden:", outputs.layers.hidden[0].data, "classes:", outputs[0].data);
const encoder = model.upTo("upper"); // a model of its own, with the same weights
console.log("upper:", (await encoder.predict(steps))[0].shape);
