// Sequences of several lengths in one batch: padded as Keras pads them, masked by the model.
import { load, padSequences } from "keraport";

const model = await load("fixtures/models/text/model.keras");
const [, length] = model.inputs[0].shape;
const x = padSequences(
  [
    [3, 1, 4],
    [1, 5],
    [9, 2, 6, 5],
  ],
  { maxlen: length ?? 6, padding: "post" },
);
const y = await model.predict(x);
console.log(y[0].shape, y[0].toArray());
