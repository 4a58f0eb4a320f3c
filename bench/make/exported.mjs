/** A Keras model of bench/data as ONNX and, where it has layers for it, as TensorFlow.js: `node exported.mjs NAME BATCH`. */
import { load, save } from "../../dist/node.js";

const [name, batch] = process.argv.slice(2);
const file = (end) => new URL(`../data/${name}.${end}`, import.meta.url).pathname;
const model = await load(file("keras"));
await save(model, file(`b${batch}.onnx`), { force: true });
await save(model, file("tfjs"), { format: "tfjs-layers", force: true }).catch((error) => console.log(error.message));
