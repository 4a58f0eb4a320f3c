// A stateful recurrent model answers at once, one time step a call: for sound, sensors, keyboards.
import { layers, Sequential } from "keraport";

const model = new Sequential();
model.add(layers.lstm({ units: 4, stateful: true, batchInputShape: [1, 1, 8] }));
await model.prepare();
const out = new Float32Array(4);
for (let step = 0; step < 3; step++) {
  model.predictSync(new Float32Array(8).fill(step), { out }); // allocates nothing for its output
  console.log(step, out);
}
model.resetStates(); // the next sequence
