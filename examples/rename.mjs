// Other names, another batch size, no optimizer: each result is proved equal to the original before it is given.
import { edit, load, save } from "keraport";

const model = await load("fixtures/models/stacked_lstm/model.keras");
const edited = await edit(model, { rename: { steps: "sensor", classes: "label" }, batch: 1, dropOptimizer: true });
console.log(
  edited.inputs,
  edited.layers.map(({ name }) => name),
);
console.log((await edited.predict({ sensor: new Float32Array(80) }))[0].shape);
await save(edited, process.argv[2] ?? "renamed.keras", { force: true });
