// One layer's weights are read, changed and set; all at once they are in the order of Keras's get_weights().
import { load, tensor } from "keraport";

const model = await load("fixtures/models/stacked_lstm/model.keras");
const [kernel, bias] = model.layer("classes").weights;
const values = (await kernel.read()).data.map((w) => w * 0.5);
kernel.set(tensor(values, kernel.shape));
bias.set(tensor(new Float32Array(bias.shape[0]), bias.shape));
console.log((await model.predict(new Float32Array(80).fill(0.1)))[0].data);
await model.setWeights(await model.getWeights());
