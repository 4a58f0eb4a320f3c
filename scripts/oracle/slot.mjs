/** One lane of the oracle: makes a chunk of models, checks them with keraport, lets the library judge the exports. */
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { checkModel, compareAll, expectedOf, isUntold, nearOf, TRUTH } from "./check.mjs";
import { isNearly, isTrueOutput, ROUNDING_HALF } from "./judging.mjs";
import { Worker } from "./python.mjs";
import { shrink } from "./shrink.mjs";
import { explained } from "./told.mjs";

/** A translation computes the same within this, relative to the largest output; beyond it float32's own error decides. */
const TRANSLATED = 1e-6;
/** What was wanted of a model in two parts: its rounds, or the cells of its only one; null where there is one cell alone. */
function halvesOf(rounds) {
  const halves = (items) => [items.slice(0, Math.ceil(items.length / 2)), items.slice(Math.ceil(items.length / 2))];
  if (rounds === undefined || rounds === null) return null;
  if (rounds.length > 1) return halves(rounds);
  const [[cls, cells]] = rounds;
  return cells.length > 1 ? halves(cells).map((part) => [[cls, part]]) : null;
}

/** A verdict that stands, with what went wrong as its reason was looked for. */
const unexplained =
  ({ verdict, message, error }) =>
  (fault) => ({
    message: `${message ?? `${verdict} by ${error}`}; not explained: ${fault.message}`,
  });

/** Tensors of one shape and dtype as one. */
function joined(tensors) {
  const [{ shape, dtype }] = tensors;
  if (tensors.some((one) => one.dtype !== dtype || String(one.shape) !== String(shape))) throw new Error("not alike");
  const { length, constructor: Numbers } = tensors[0].data;
  const data = new Numbers(length * tensors.length);
  for (const [i, one] of tensors.entries()) for (let k = 0; k < length; k++) data[i * length + k] = one.data[k];
  return { dtype, shape: [tensors.length, ...shape], data };
}

/** Whether all that the other library computes is true (`isTrueOutput`), beside the first one's outputs and float64 ones. */
async function isTrue(lib, { folder, half }, found, keras, truth) {
  try {
    await truth({ folder });
    const exact = await lib.values(join(folder, "truth.npz"));
    const outputs = [...keras.keys()].filter((key) => key.startsWith("outputs/"));
    if (outputs.length !== [...found.keys()].filter((key) => key.startsWith("outputs/")).length) return false;
    // The calls of a model with states are so many samples of the same outputs.
    const names = new Set(outputs.map((key) => key.split("@")[0]));
    const calls = [...names].map((name) => outputs.filter((key) => key.split("@")[0] === name));
    return calls.every((keys) =>
      isTrueOutput(
        lib,
        joined(keys.map((key) => found.get(key))),
        joined(keys.map((key) => keras.get(key))),
        joined(keys.map((key) => exact.get(key.replace("outputs", "truth")))),
        half,
      ),
    );
  } catch {
    return false;
  }
}

/** Whether the other library computes the same in float64, so that its file says it, and rounding makes what it computes in float32. */
async function isRounded(lib, { folder, made }, found, keras, truth) {
  const [own, outputs] = ["exact", "outputs"].map((kind) => expectedOf(found, kind, made.calls));
  if (own.length !== outputs.length) return false;
  try {
    await truth({ folder });
    const exact = expectedOf(await lib.values(join(folder, "truth.npz")), "truth", made.calls);
    const wanted = expectedOf(keras, "outputs", made.calls);
    return compareAll(lib, own, exact, TRUTH, true).ok && outputs.every((one, i) => isNearly(lib, one, wanted[i]));
  } catch {
    return false;
  }
}

export class Slot {
  #workers;

  constructor(setup) {
    this.setup = setup;
    this.#workers = { keras3: new Worker(setup.python, "keras3"), "tf-keras": new Worker(setup.python, "tf-keras") };
  }

  stop() {
    this.setup.consumers?.stop();
    for (const worker of Object.values(this.#workers)) worker.stop();
  }

  async run({ library, seeds }) {
    const { folder, coverage, keep, rounds, trial } = this.setup;
    const asked = seeds.map((seed) => ({
      seed,
      folder: join(folder, library, String(seed)),
      ...(rounds && { rounds: rounds[library][seed % 1_000_000] }),
      ...(trial && { trial }),
    }));
    await this.#run(library, asked);
    coverage?.save();
    if (!keep) for (const one of asked) rmSync(one.folder, { recursive: true, force: true });
    this.#workers[library].renewAfter(10);
  }

  /** Gives how many failures there were. Of several rounds in one model that fails, which one it is the halves tell. */
  async #run(library, asked) {
    const { coverage, report, rounds } = this.setup;
    const worker = this.#workers[library];
    let answers;
    try {
      const towards = rounds ? { required: coverage.required(library) } : { wanted: coverage?.wanted(library) ?? {} };
      answers = await worker.ask({ do: "make", models: asked, ...towards });
    } catch (error) {
      report.lost(
        library,
        asked.map(({ seed }) => seed),
        error.message,
      );
      return 1;
    }
    const made = answers.filter((answer) => answer.failed === undefined);
    for (const { refusals = [] } of answers) coverage?.refuse(library, refusals, rounds !== null);
    for (const { failed } of answers.filter((answer) => answer.failed !== undefined)) report.undrawn(library, failed);
    const results = await this.check(library, made);
    for (const [i, result] of results.entries()) report.add(library, made[i], result);
    let count = 0;
    for (const [i, { failures, declined }] of results.entries()) {
      const one = made[i];
      const parts = failures.length > 0 || declined ? halvesOf(one.rounds) : null;
      if (parts !== null) {
        const asked = parts.map((part, k) => ({ seed: one.seed, rounds: part, folder: join(one.folder, String(k)) }));
        const found = await this.#run(library, asked);
        count += found;
        if (found > 0 || declined) continue;
      }
      if (declined && rounds) coverage.refuse(library, one.aims.map((aim) => [aim, `NotCompared: refused here by name: ${declined}`]), true); // prettier-ignore
      for (const failure of failures) await this.#mismatch(library, one, failure);
      count += failures.length;
    }
    return count;
  }

  /** keraport's results of freshly made models, with the library's verdicts in them. */
  async check(library, made) {
    const { lib, tfjs, consumers, coverage } = this.setup;
    const tfk = library === "tf-keras";
    const worker = this.#workers[library];
    const results = [];
    const truth = ({ folder }) => worker.ask({ do: "truth", folder });
    const asked = {
      moves: (request) => worker.ask({ do: "moves", ...request }),
      twin: (request) => worker.ask({ do: "twin", ...request }),
    };
    for (const one of made) results.push(await checkModel(lib, one, { tfk, tfjs, consumers, coverage, truth, asked }));
    await consumers?.judge(results.flatMap((result) => (result.written === undefined ? [] : [result])));
    const exports = results.flatMap((result) => result.exports.map((file) => ({ ...file, result, half: result.half })));
    await this.#judge(
      worker,
      exports.filter((file) => !file.translated),
    );
    await this.#judge(
      this.#workers[tfk ? "keras3" : "tf-keras"],
      exports.filter((file) => file.translated),
      { truth, ...asked },
    );
    for (const { cells, failures } of results) if (cells && failures.length === 0) coverage.count(library, cells);
    return results;
  }

  /** `asked`: asks for float64 outputs of the model that was translated, and for how it moves, wanted where the two libraries differ. */
  async #judge(worker, files, asked) {
    if (files.length === 0) return;
    const { lib } = this.setup;
    const wanted = files.map(({ folder, files: names, container, translated, half }) => ({
      folder,
      files: names,
      container,
      ...(translated && { translated, tolerance: half ? ROUNDING_HALF : TRANSLATED }),
    }));
    let verdicts;
    try {
      verdicts = await worker.ask({ do: "judge", files: wanted });
    } catch (error) {
      verdicts = files.map(() => ({ verdict: "refused", message: error.message }));
    }
    for (const [i, verdict] of verdicts.entries()) {
      const file = files[i];
      const kind = `${file.translated ? "translated " : ""}${file.container}`;
      file.result.verdicts ??= [];
      if (verdict.verdict === "differs" && file.translated) {
        const values = await lib.values(join(file.folder, "io.npz"));
        const found = await lib.values(join(file.folder, "translated.npz"));
        const pair = [found, values].map((all) => expectedOf(all, "outputs", file.made.calls));
        if (
          compareAll(lib, ...pair, nearOf(lib)).ok ||
          (await isTrue(lib, file, found, values, asked.truth)) ||
          (!file.half && (await isRounded(lib, file, found, values, asked.truth))) ||
          (!file.half && (await isUntold(lib, file.made, ...pair, asked)))
        )
          verdict.verdict = "near";
      }
      if (verdict.verdict === "refused" || verdict.verdict === "differs")
        Object.assign(verdict, await explained(lib, file, verdict).catch(unexplained(verdict)));
      file.result.verdicts.push({ kind, ...verdict });
      if (verdict.verdict === "refused" || verdict.verdict === "differs")
        file.result.failures.push({
          stage: `judge ${kind}`,
          message: verdict.message ?? `differs by ${verdict.error}`,
          where: verdict.where,
        });
    }
  }

  async #mismatch(library, made, failure) {
    const { failures, report, folder, shrink: wanted } = this.setup;
    const part = relative(join(folder, library), made.folder).replace(/[\\/]/g, "-");
    const kept = join(failures, `${library}-${part}`);
    rmSync(kept, { recursive: true, force: true });
    cpSync(made.folder, kept, { recursive: true });
    const small =
      wanted && report.newKind(failure)
        ? await shrink(made, failure, async (spec) => {
            const place = join(folder, `shrink-${library}-${made.seed}`);
            const [answer] = await this.#workers[library].ask({
              do: "make",
              models: [{ seed: made.seed, folder: place, spec, container: made.container }],
            });
            if (answer.failed !== undefined) return null;
            const [result] = await this.check(library, [answer]);
            const found = result.failures.find((f) => f.stage === failure.stage);
            if (found) cpSync(place, join(kept, "small"), { recursive: true, force: true });
            rmSync(place, { recursive: true, force: true });
            return found ?? null;
          })
        : null;
    if (small) writeFileSync(join(kept, "small.json"), JSON.stringify(small.spec, null, 1));
    report.mismatch(library, made, failure, small);
  }
}
