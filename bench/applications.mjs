// Every family of keras.applications, of Keras 3 and of tf-keras, in its smallest member, with drawn weights:
//   npm run build && KERAS_PYTHON=python node bench/applications.mjs [--only keras3/VGG16,tf-keras] [--dist FOLDER] [--lock FILE] [--keep]
// `KERAS_PYTHON`: a Python that has Keras on TensorFlow, and tf-keras. Each model is saved as .keras and .h5, loaded from both,
// compared with Keras (against the float64 truth where they differ), converted into the other generation and
// opened there, and timed beside Keras's compiled call and onnxruntime-web, one image a call. Writes the section `applications`
// of results/VERSION.json; models that were not run stay as they are.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { argumentsOf } from "../scripts/arguments.mjs";
import { PYTHON } from "./lib/candidates.mjs";
import { difference } from "./lib/difference.mjs";
import { locked } from "./lib/lock.mjs";
import { Peer } from "./lib/process.mjs";
import { readResults, saveSection } from "./lib/results.mjs";

const options = argumentsOf(import.meta, {
  only: { type: "string" },
  dist: { type: "string", default: new URL("../dist", import.meta.url).pathname },
  lock: { type: "string" },
  keep: { type: "boolean", default: false },
});
const { load, readArrays, save } = await import(pathToFileURL(resolve(options.dist, "node.js")).href);

/** Relative to the largest output; beyond it ours may be twice as far from the truth as Keras's. */
const EQUAL = 1e-5;
const ROUNDS = 12;
const LIBRARIES = {
  keras3: { other: "tf-keras", dialect: "keras2" },
  "tf-keras": { other: "keras3", dialect: "keras3" },
};

const only = options.only?.split(",");
const message = (error) => (error instanceof Error ? error.message : String(error)).split("\n")[0].slice(0, 240);
const least = (times) => Number(Math.min(...times).toPrecision(4));

async function timed(work) {
  const begin = performance.now();
  const result = await work();
  return [performance.now() - begin, result];
}

/** Whether numbers are Keras's: `{ error, equal }` relative to the largest, and where it decides `{ truth, own }`. */
async function judged(found, io) {
  const error = Number(difference(found, io.y.data).toPrecision(3));
  if (error <= EQUAL) return { error, equal: true };
  const exact = (await io.truth()).data;
  const [truth, own] = [found, io.y.data].map((data) => Number(difference(data, exact).toPrecision(3)));
  return { error, equal: truth <= 2 * own, truth, own };
}

/** Loads, first call and equality of the folder's two files; the steady call of the first. */
async function ours(folder, io) {
  const found = {};
  for (const file of ["model.keras", "model.h5"]) {
    const [loading, model] = await timed(() => load(join(folder, file)));
    try {
      if (model.problems.length > 0) throw new Error(model.problems.map((p) => p.message ?? p.code).join(" | "));
      const [first, [outputs]] = await timed(() => model.predict(io.x));
      const result = { load: least([loading]), first: least([first]), ...(await judged(outputs.data, io)) };
      if (file === "model.h5") Object.assign(found, { h5: result });
      else {
        await model.prepare({ shapes: [io.x.shape] });
        const calls = [];
        for (let i = 0; i < ROUNDS; i++) calls.push((await timed(() => model.predictSync(io.x)))[0]);
        Object.assign(found, { keras: { ...result, steady: least(calls) } });
      }
    } finally {
      model.dispose();
    }
  }
  return found;
}

/** The other generation opens what we wrote for it; tf-keras a .h5, since it takes minutes over a .keras of so many layers. */
async function converted(folder, { dialect }, other, io) {
  const [file, format] = dialect === "keras2" ? ["other.h5", "keras-h5"] : ["other.keras", "keras-v3"];
  const model = await load(join(folder, "model.keras"));
  try {
    await save(model, join(folder, file), { format, dialect, force: true });
  } finally {
    model.dispose();
  }
  const { error } = await other.ask({ do: "open", folder, file, into: "other.npz" });
  if (error !== undefined) return { refused: error };
  return judged((await readArrays(join(folder, "other.npz"))).get("y").data, io);
}

/** The steady call of onnxruntime-web, one thread, on our ONNX file. */
async function onnx(folder, io) {
  const model = await load(join(folder, "model.keras"));
  try {
    await save(model, join(folder, "model.onnx"), { force: true });
  } finally {
    model.dispose();
  }
  const require = createRequire(import.meta.url);
  const entry = require.resolve("onnxruntime-web/wasm");
  const ort = require(entry);
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = `${dirname(entry)}/`;
  const session = await ort.InferenceSession.create(readFileSync(join(folder, "model.onnx")));
  try {
    const calls = [];
    let result;
    for (let i = 0; i <= ROUNDS; i++) {
      const input = new ort.Tensor("float32", io.x.data, io.x.shape);
      const [ms, outputs] = await timed(() => session.run({ [session.inputNames[0]]: input }));
      result = outputs[session.outputNames[0]].data;
      if (i > 0) calls.push(ms);
    }
    return { steady: least(calls), ...(await judged(result, io)) };
  } finally {
    await session.release();
  }
}

const attempt = (work) => work().catch((error) => ({ refused: message(error) }));

const python = process.env.KERAS_PYTHON ?? PYTHON;
const script = new URL("peers/applications.py", import.meta.url).pathname;
const all = { ...readResults().applications?.models };
for (const [library, rules] of Object.entries(LIBRARIES)) {
  const [own, other] = [library, rules.other].map((name) => new Peer([python, script, name]));
  try {
    for (const family of (await own.ask({ do: "families" })).families) {
      const key = `${library}/${family}`;
      if (only !== undefined && !only.includes(library) && !only.includes(key)) continue;
      const folder = mkdtempSync(join(tmpdir(), "applications-"));
      try {
        const made = await own.ask({ do: "make", family, folder });
        if (made.error !== undefined) throw new Error(`${key}: ${made.error}`);
        const arrays = await readArrays(join(folder, "io.npz"));
        const truth = async () => {
          const { error } = await own.ask({ do: "truth", folder });
          if (error !== undefined) throw new Error(error);
          return (await readArrays(join(folder, "truth.npz"))).get("truth");
        };
        const io = { x: arrays.get("x"), y: arrays.get("y"), truth };
        const row = {
          params: made.params,
          compiled: Number(made.compiled.toPrecision(4)),
          largest: Math.max(...io.y.data),
        };
        row.ours = await attempt(() => locked(options.lock, () => ours(folder, io)));
        row.converted = await attempt(() => converted(folder, rules, other, io));
        row.onnx = await attempt(() => locked(options.lock, () => onnx(folder, io)));
        all[key] = row;
        console.log(key, JSON.stringify(row));
        saveSection("applications", { models: all });
      } finally {
        if (!options.keep) rmSync(folder, { recursive: true, force: true });
      }
    }
  } finally {
    own.close();
    other.close();
  }
}
