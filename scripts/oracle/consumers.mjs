/**
 * Other programs as judges: what is written as ONNX passes its checker and computes in ONNX Runtime and OpenVINO what Keras
 * computed, with another batch and other lengths too; what is written as safetensors and `.npz` holds Keras's weights there.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { coarseness } from "./judging.mjs";
import { Worker } from "./python.mjs";

const OPSETS = [17, 18, 19, 20, 21, 22];
const sizeOf = (shape) => shape.reduce((product, n) => product * n, 1);

/** An input with its entries along an axis twice, or with half of them. */
function along({ dtype, shape, data }, axis, length) {
  const [outer, own] = [sizeOf(shape.slice(0, axis)), shape[axis]];
  const inner = sizeOf(shape.slice(axis + 1));
  const made = new data.constructor(outer * length * inner);
  for (let i = 0; i < outer; i++)
    for (let k = 0; k < length; k++) {
      const at = (i * own + (k % own)) * inner;
      made.set(data.subarray(at, at + inner), (i * length + k) * inner);
    }
  return { dtype, shape: shape.with(axis, length), data: made };
}

/** Inputs of other lengths along the axes that a model leaves open: the batch, then all the others. */
function otherSizes(model, inputs) {
  const open = model.inputs.map(({ shape }) => shape?.flatMap((n, axis) => (n === null ? [axis] : [])) ?? []);
  if (inputs.some(({ dtype }) => dtype === "string")) return [];
  return [(axis) => axis === 0, (axis) => axis > 0]
    .filter((wanted) => open.some((axes) => axes.some(wanted)))
    .map((wanted) =>
      inputs.map((x, i) => open[i].filter(wanted).reduce((y, axis) => along(y, axis, y.shape[axis] * 2), x)),
    )
    .filter((made) => made.every(({ shape }) => shape[0] > 0));
}

/** NumPy has no bfloat16. */
const plain = (lib, tensor) => (tensor.dtype === "bfloat16" ? lib.withDType(tensor, "float32") : tensor);

/** A zero of each state, for a batch. */
function zeros(lib, { graph }, batch) {
  return graph.states.map(({ path, shape, dtype }) => {
    const lengths = shape.map((length) => (typeof length === "number" ? length : batch));
    const value = { dtype: "float32", shape: lengths, data: new Float32Array(sizeOf(lengths)) };
    return [`state_in_${path}`, plain(lib, lib.withDType(value, dtype))];
  });
}

/** What rounding leaves of zeros. */
const ROUNDING = 1e-7;

/**
 * Writes a model and what it is run on into a folder. `calls`: inputs of every call in a row; `expected`: Keras's outputs of
 * each. Gives what the judges' answers are compared with, or per format the refusal.
 */
async function writeForConsumers(lib, model, { calls, expected, opset }, folder) {
  mkdirSync(folder, { recursive: true });
  const result = { folder, refused: {}, rows: [], stem: `opset${opset}` };
  const attempt = async (kind, options, name) => {
    try {
      const files = await lib.saveToMap(model, options);
      for (const [, bytes] of files) writeFileSync(join(folder, name), bytes);
      return true;
    } catch (error) {
      const isRefusal = error.problems?.every(({ code }) => code.startsWith("unsupported/"));
      result.refused[kind] = isRefusal ? error.message : `FAILED ${error.stack}`;
      return false;
    }
  };
  await attempt("safetensors", { format: "safetensors" }, "model.safetensors");
  await attempt("npz", { format: "npz" }, "model.npz");
  result.weights = (await model.getWeights()).map(
    ({ dtype, shape, data }) =>
      `${dtype} ${shape} ${createHash("sha256")
        .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
        .digest("hex")}`,
  );
  if (model.problems.length > 0) return result;
  if (!(await attempt("onnx", { format: "onnx", opset }, `${result.stem}.onnx`))) return result;
  const arrays = new Map();
  const rows = [];
  const put = (key, tensor) => {
    arrays.set(key, plain(lib, tensor));
    return key;
  };
  const row = async (inputs, wanted, fresh) => {
    const at = `row${rows.length}`;
    const exact = await model.predict(inputs, { backend: "reference", precision: "float64" });
    const named = zeros(lib, model, inputs[0].shape[0]);
    rows.push({
      at,
      fresh,
      inputs: Object.fromEntries(
        model.inputs.map(({ name, dtype }, i) => [name, put(`${at}/in/${i}`, lib.withDType(inputs[i], dtype))]),
      ),
      states: Object.fromEntries(named.map(([name, value]) => [name, put(`${at}/${name}`, value)])),
    });
    result.rows.push({ at, wanted, exact, rtol: coarseness(model) ?? 1e-5 });
  };
  model.resetStates();
  for (const [i, inputs] of calls.entries()) await row(inputs, expected[i], i === 0);
  for (const inputs of otherSizes(model, calls[0])) {
    model.resetStates();
    // Some models say a length in an option of a layer.
    const wanted = await model.predict(inputs, { backend: "reference" }).catch(() => null);
    model.resetStates();
    if (wanted !== null) await row(inputs, wanted, true);
  }
  model.resetStates();
  writeFileSync(join(folder, "rows.json"), JSON.stringify(rows));
  writeFileSync(join(folder, "rows.npz"), lib.writeNpz(arrays));
  return result;
}

/** OpenVINO's own faults show where ONNX Runtime, on the same file, computes what is right: they are told, and no mismatch. */
const isOwnFault = (kind, equal) => kind.startsWith("openvino") && equal.has(kind.replace("openvino", "onnxruntime"));

/** Verdicts `{ kind, verdict, message? }` of what was written, from the answers of consumers.py. */
async function verdictsOf(lib, written, answers) {
  const verdicts = Object.entries(written.refused).map(([kind, message]) => ({
    kind,
    verdict: message.startsWith("FAILED") ? "failed" : "unwritten",
    message,
  }));
  for (const [kind, answer] of Object.entries(answers)) {
    if (answer?.failed !== undefined) verdicts.push({ kind, verdict: "refused", message: answer.failed });
    else if (kind.startsWith("checker")) verdicts.push({ kind, verdict: "equal" });
    else if (kind === "npz" || kind === "safetensors") verdicts.push({ kind, ...sameWeights(written, answer) });
    else verdicts.push({ kind, ...(await sameOutputs(lib, written, kind)) });
  }
  const equal = new Set(verdicts.flatMap(({ kind, verdict }) => (verdict === "equal" ? [kind] : [])));
  return verdicts.map((one) =>
    one.verdict !== "equal" && isOwnFault(one.kind, equal)
      ? { ...one, kind: "openvino", verdict: "excused", message: `${one.verdict}, where ONNX Runtime is right` }
      : one,
  );
}

/** A process of judges. */
export class Consumers {
  #lib;
  #worker;

  constructor(lib, python) {
    this.#lib = lib;
    this.#worker = new Worker(python, "", "consumers.py");
  }

  stop() {
    this.#worker.stop();
  }

  /** What `judge` needs of a model; `i` chooses the version of the operators. */
  write(model, calls, expected, i, folder) {
    return writeForConsumers(this.#lib, model, { calls, expected, opset: OPSETS[i % OPSETS.length] }, folder);
  }

  /** OpenVINO ends the process now and then. */
  async #ask(folder) {
    const [answers] = await this.#worker.ask({ folders: [folder] }).catch((error) =>
      this.#worker.ask({ folders: [folder], without: "openvino" }).then(([found]) => {
        const [kind] = Object.keys(found).filter((name) => name.startsWith("onnxruntime"));
        return [{ ...found, [kind.replace("onnxruntime", "openvino")]: { failed: error.message } }];
      }),
    );
    return answers;
  }

  /** Adds to the verdicts and failures of results what the judges say of what was `written`. */
  async judge(results) {
    for (const result of results) {
      const verdicts = await verdictsOf(this.#lib, result.written, await this.#ask(result.written.folder));
      result.verdicts = [...(result.verdicts ?? []), ...verdicts];
      for (const { kind, verdict, message } of verdicts)
        if (verdict !== "equal" && verdict !== "unwritten" && verdict !== "excused")
          result.failures.push({ stage: `judge ${kind}`, message: `${verdict}: ${message}` });
    }
  }
}

function sameWeights({ weights }, answer) {
  const found = Object.values(answer).map(([dtype, shape, hash]) => `${dtype} ${shape} ${hash}`);
  const missing = weights.filter((one) => !found.includes(one));
  return missing.length === 0
    ? { verdict: "equal" }
    : { verdict: "differs", message: `${missing.length} of ${weights.length} arrays, ${missing[0].slice(0, 60)}` };
}

async function sameOutputs(lib, { folder, rows, stem }, kind) {
  const found = await lib.values(join(folder, `${stem}.${kind.split(" ")[0]}.npz`));
  let far = 0;
  for (const { at, wanted, exact, rtol } of rows) {
    const outputs = [...found].filter(([name]) => name.startsWith(`${at}/`)).map(([, value]) => value);
    if (outputs.length !== wanted.length)
      return { verdict: "differs", message: `${outputs.length} outputs instead of ${wanted.length}` };
    for (const [i, tensor] of wanted.entries()) {
      const one = lib.compareTensors(
        `${at} output ${i}`,
        outputs[i],
        plain(lib, tensor),
        { rtol, atol: ROUNDING },
        plain(lib, exact[i]),
      );
      far = Math.max(far, one.maxRel);
      if (!one.ok && !(one.shapeOk && one.truth.excess <= 1))
        return {
          verdict: "differs",
          error: one.maxRel,
          message: `${at} output ${i} ${one.dtype}[${one.shape}] is off by ${one.maxAbs} of ${one.magnitude}, ${one.expectedDtype}[${one.expectedShape}]`,
        };
    }
  }
  return { verdict: "equal", error: far };
}

const PARTS = ["layers", "models", "formats", "policies"];

/** Every fixture's name and folder. */
const fixtureFolders = (root) =>
  PARTS.flatMap((part) =>
    Object.keys(JSON.parse(readFileSync(join(root, part, "cases.json"), "utf8"))).map((name) => ({
      name: `${part}/${name}`,
      folder: join(root, part, name),
    })),
  );

/** A fixture's model with the inputs of each call in a row and what Keras computed of them. */
async function openFixture(lib, { folder }) {
  const names = readdirSync(folder).filter((name) => name !== "io.npz");
  const weights = names.find((name) => name.endsWith("weights.h5"));
  const json = names.find((name) => name.endsWith(".json"));
  const apart = weights !== undefined && json !== undefined;
  const main = apart ? json : (names.find((name) => /^model\b/.test(name)) ?? names.find((name) => name !== weights));
  const model = await lib.load(join(folder, main), apart ? { weights: join(folder, weights) } : {});
  const values = await lib.values(join(folder, "io.npz"));
  const kind = values.has("keras/0") ? "keras" : "outputs";
  const calls = [];
  const expected = [];
  for (let call = 0; ; call++) {
    const at = call === 0 ? "" : `@${call}`;
    const inputs = model.inputs.map(
      ({ name }, i) => values.get(`inputs/${i}${at}`) ?? values.get(`inputs/${name}${at}`),
    );
    if (inputs.length === 0 || inputs.includes(undefined)) break;
    calls.push(inputs.map((x, i) => lib.withDType(x, model.inputs[i].dtype)));
    expected.push(model.outputs.map((_, i) => values.get(`${kind}/${i}${at}`)));
  }
  return { model, calls, expected };
}

/** All fixtures, spread over several processes of judges. */
export async function judgeFixtures(lib, judges, root, folder, report) {
  const all = [...fixtureFolders(root).entries()];
  await Promise.all(
    judges.map(async (judge, lane) => {
      for (let next = all.shift(); next !== undefined; next = all.shift()) {
        const [i, fixture] = next;
        const result = { verdicts: [], failures: [] };
        const place = join(folder, `fixture-${lane}`);
        rmSync(place, { recursive: true, force: true });
        try {
          const { model, calls, expected } = await openFixture(lib, fixture);
          result.written = await judge.write(model, calls, expected, i, place);
          model.dispose();
          await judge.judge([result]);
        } catch (error) {
          result.failures.push({ stage: "script", message: error.stack });
        }
        report.fixture(fixture.name, result);
        if (i % 100 === 99) process.stderr.write(`${i + 1}/${i + 1 + all.length} fixtures\n`);
      }
    }),
  );
}
