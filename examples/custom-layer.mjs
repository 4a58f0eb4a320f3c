// A Python class of somebody's own, by name in the file: its arithmetic is given here, and traced like any layer's.
import { defineLayer, fields, load } from "keraport";

const Centre = defineLayer({
  class: "Centre",
  config: { axis: fields.int({ min: -8, default: -1 }) },
  forward: ({ op }, { axis }, _weights, [x]) => op.subtract(x, op.mean(x, [axis], true)),
});
const model = await load("fixtures/custom/model.keras", { customLayers: [Centre] });
console.log(model.problems.map(({ path, message }) => `${path}: ${message}`)); // what else is not known
const [y] = await model.upTo("centre").predict(new Float32Array(20).map((_, i) => i));
console.log(y.toArray()[0][0]);
