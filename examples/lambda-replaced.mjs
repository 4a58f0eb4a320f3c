// Python code in a file never runs: each Lambda and foreign activation is given by name, and written back unchanged.
import { load, Model } from "keraport";

const model = await load("fixtures/custom/model.keras", {
  customActivations: { bent: (op, x) => op.where(op.greater(x, 0), x, op.multiply(op.multiply(x, x), 0.1)) },
  lambdas: { scaled: (op, x, _mask, args) => op.add(op.multiply(x, args.scale), 1) },
});
const { inbound, output, config } = model.layer("scaled");
const part = new Model({ inputs: inbound[0].output, outputs: output }); // the Lambda alone
const [, ...shape] = part.inputs[0].shape;
const x = new Float32Array(shape.reduce((a, b) => a * b)).fill(2);
console.log(config.arguments, (await part.predict(x))[0].data);
