// A tensor is read by index, as nested lists, or by its largest values.
import { load, topK } from "keraport";

const model = await load("fixtures/models/cnn/model.keras");
const [y] = await model.predict(new Float32Array(144).fill(0.5));
console.log("probability of class 1:", y.at(0, 1));
console.log("all:", y.toArray()[0]);
for (const { index, value } of topK(y, 2)[0]) console.log(`class ${index}: ${value.toFixed(3)}`);
