/** What the oracle found: counts, worst errors, mismatches. */
import { describe } from "./shrink.mjs";

const add = (map, key, n = 1) => map.set(key, (map.get(key) ?? 0) + n);
const listed = (map) =>
  [...map]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([key, n]) => `${key} ${n}`)
    .join(", ");

/** Refusals of each code. */
function byCode(refusals) {
  const codes = new Map();
  for (const [text, n] of refusals) add(codes, /\b[a-z]+\/[a-z-]+/.exec(text)?.[0] ?? "others", n);
  return codes;
}

/** Why outputs pass that are off by more than allowed. */
const BEYOND = {
  keras: "within the tolerance of Keras's result",
  half: "with policies of 16 bits, by at most 4 times what is allowed",
  twin: "with policies of 16 bits, as near to float64 with their casts and masks as rounding to 16 bits explains",
  condition: "each number so far off is as far in Keras, where weights and inputs move by their last digit",
};

/** The part of random models whose rounding errors may add up to more than twice Keras's own. */
const BY_CHANCE = 0.02;

export class Report {
  mismatches = [];
  #classes = { keras3: new Map(), "tf-keras": new Map() };
  #models = new Map();
  #containers = new Map();
  #undrawn = new Map();
  #verdicts = new Map();
  #excuses = new Map();
  #told = new Map();
  #refusals = new Map();
  #worst = new Map();
  #byTruth = 0;
  /** Without a float64 twin: as far from Keras's as those move by their last digit. */
  #untold = 0;
  #wasmModels = 0;
  #beyond = [];
  #kinds = new Set();
  #started = Date.now();

  constructor(seed, total) {
    this.seed = seed;
    this.total = total;
    this.done = 0;
  }

  /** The library could not build, run or save its own random model. */
  undrawn(library, why) {
    this.done++;
    add(this.#undrawn, `${library}: ${why.split(/[:\n]/)[0]}`);
  }

  lost(library, seeds, why) {
    this.done += seeds.length;
    this.mismatches.push({ library, seed: `${seeds[0]}…${seeds.at(-1)}`, stage: "worker", message: why });
    process.stderr.write(`\nchunk lost: ${why}\n`);
  }

  add(library, made, result) {
    this.done++;
    add(this.#models, library);
    add(this.#containers, `${library} ${made.container}`);
    for (const name of made.classes) add(this.#classes[library], name);
    if (result.byTruth) this.#byTruth++;
    if (result.untold) this.#untold++;
    else if (Number.isFinite(result.maxRel))
      this.#worst.set(library, Math.max(this.#worst.get(library) ?? 0, result.maxRel));
    if (result.wasm !== undefined) {
      this.#wasmModels++;
      const { beyond, excess } = result.wasm;
      if (Object.keys(beyond).length > 0)
        this.#beyond.push({
          name: `${library} ${made.seed} (${made.container}) ${excess.toFixed(2)} × allowed`,
          beyond,
        });
    }
    for (const text of result.refused)
      add(this.#refusals, text.replace(/^error\[([^\]]*)\][^:]*: ?(.*)$/, "$1 $2").slice(0, 160));
    this.#count(library, result);
    this.#progress();
  }

  /** What other programs made of a fixture. */
  fixture(name, { verdicts, failures }) {
    this.#count("fixtures", { verdicts });
    for (const { kind, verdict, message } of verdicts)
      if (verdict === "unwritten")
        add(this.#refusals, `${name}, ${kind}: ${message.replace(/^error/, "")}`.slice(0, 160));
    for (const failure of failures) this.mismatch("fixtures", { seed: name }, failure);
  }

  #count(library, result) {
    for (const verdict of result.verdicts ?? []) {
      add(this.#verdicts, `${library} ${verdict.kind}: ${verdict.verdict}`);
      if (verdict.verdict === "excused")
        add(this.#excuses, `${library} ${verdict.kind}: ${verdict.message.slice(0, 110).replaceAll("\n", " ")}`);
      if (verdict.verdict === "told") add(this.#told, `${library} ${verdict.kind}: ${verdict.message}`);
      if (verdict.verdict === "near")
        this.#worst.set(
          `${library} translated`,
          Math.max(this.#worst.get(`${library} translated`) ?? 0, verdict.error),
        );
    }
  }

  #progress() {
    if (this.done % 10 === 0)
      process.stderr.write(
        `${this.done}/${this.total} models, ${this.mismatches.length} mismatches, ${Math.round((Date.now() - this.#started) / 1000)} s\n`,
      );
  }

  /** Whether a failure is the first of its kind: only those are worth shrinking. */
  newKind({ stage, message }) {
    const kind = `${stage} ${message.replace(/[\d.e+-]+|['"`][^'"`]*['"`]/g, "#").slice(0, 90)}`;
    const times = [...this.#kinds].filter((k) => k.startsWith(`${kind}§`)).length;
    this.#kinds.add(`${kind}§${times}`);
    return times < (stage === "outputs" ? 6 : 2);
  }

  mismatch(library, made, failure, small) {
    const shown = made.spec === undefined ? made.seed : describe(small?.spec ?? made.spec);
    this.mismatches.push({ library, seed: made.seed, container: made.container, ...failure, shown });
    const text = (small?.failure ?? failure).message;
    process.stderr.write(
      `\nMISMATCH ${library} ${made.seed} (${made.container}) ${failure.stage}: ${text}\n${small || made.spec?.steps.length < 6 ? shown : "(not shrunk: as before)"}\n\n`,
    );
  }

  /** Whether a run must not pass: a mismatch, or more models off by chance than chance explains. */
  get isBad() {
    return this.mismatches.length > 0 || this.#beyond.length > 2 + BY_CHANCE * this.#wasmModels;
  }

  print() {
    const lines = [
      `seed ${this.seed}; ${listed(this.#models)} models in ${Math.round((Date.now() - this.#started) / 1000)} s; saved as ${listed(this.#containers)}`,
    ];
    for (const [library, classes] of Object.entries(this.#classes))
      if (classes.size > 0) lines.push(`${library} classes (${classes.size}): ${listed(classes)}`);
    lines.push(`not drawn, since the library itself failed: ${listed(this.#undrawn) || "none"}`);
    lines.push(
      `worst error of predictions, relative to the largest output: ${[...this.#worst].map(([key, value]) => `${key} ${value.toExponential(2)}`).join(", ")}; ${this.#byTruth} models decided in float64, ${this.#untold} without it by how far Keras's own numbers move`,
    );
    lines.push(
      `wasm backend: ${this.#wasmModels} models; with an output that passes though off by more than allowed: ${this.#beyond.length}`,
    );
    for (const [why, words] of Object.entries(BEYOND)) {
      const those = this.#beyond.filter(({ beyond }) => beyond[why] !== undefined);
      lines.push(`  ${words}: ${those.length}`, ...those.map(({ name, beyond }) => `    ${name}: ${beyond[why]}`));
    }
    lines.push(`exports read by the library: ${listed(this.#verdicts)}`);
    if (this.#excuses.size > 0)
      lines.push(
        `not judged, since the library's own file fails:\n  ${[...this.#excuses].map(([k, n]) => `${n} × ${k}`).join("\n  ")}`,
      );
    if (this.#told.size > 0)
      lines.push(
        `differing or refused as is told where they are written:\n  ${[...this.#told].map(([k, n]) => `${n} × ${k}`).join("\n  ")}`,
      );
    if (this.#refusals.size > 0)
      lines.push(
        `refused by name, and so not compared: ${listed(byCode(this.#refusals))}\n  ${[...this.#refusals].map(([k, n]) => `${n} × ${k}`).join("\n  ")}`,
      );
    lines.push(`mismatches: ${this.mismatches.length}`);
    for (const m of this.mismatches)
      lines.push(`  ${m.library} ${m.seed} (${m.container}) ${m.stage}: ${m.message.slice(0, 300)}`);
    console.log(lines.join("\n"));
  }
}
