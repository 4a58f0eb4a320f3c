/** Training with hostile options: optimizers, losses, metrics, schedules, callbacks, `fit` and the data. Typed errors, or an end. */
import { untyped } from "./engines.mjs";
import { Rng } from "./random.mjs";

/** What callers may pass for anything. */
const HOSTILE = [
  NaN,
  Infinity,
  -Infinity,
  -1,
  0,
  -0,
  1e308,
  1e-320,
  2 ** 53,
  2 ** 31,
  0.5,
  1.5,
  1,
  2,
  true,
  false,
  null,
  undefined,
  "",
  "adam",
  "__proto__",
  "\u0000",
  [],
  [NaN],
  [1, 2, 3],
  {},
  { length: 3 },
  10n,
  () => 1,
  Symbol.iterator,
  new Float32Array(3),
  new Date(0),
];
/** Of `fit`: how often what is gone over is left out, which would only take long. */
const FIT = ["batchSize", "validationSplit", "seed", "shuffle", "sampleWeight", "classWeight", "initialEpoch", "callbacks", "validationData", "validationSteps", "validationFreq", "validationBatchSize", "norms", "signal", "nothing"]; // prettier-ignore
const EPOCHS = [0, 1, 2, -1, 1.5, NaN, "2", null];

/** Short, where it stands in a line. */
const shown = (value) => {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "symbol" || typeof value === "function") return typeof value;
  return typeof value === "number" ? String(value) : JSON.stringify(value);
};

export class Training {
  constructor(lib) {
    this.lib = lib;
  }

  make(seed, index) {
    const rng = new Rng("training", seed, index);
    const kinds = ["optimizers", "losses", "metrics", "schedules", "callbacks", "fit", "compile", "data"];
    const kind = rng.pick(kinds);
    const names = Object.keys(this.lib[kind] ?? {});
    const fit = Array.from({ length: kind === "fit" ? rng.between(1, 3) : 0 }, () => [rng.pick(FIT), rng.int(HOSTILE.length)]); // prettier-ignore
    return {
      kind,
      name: names.length > 0 ? rng.pick(names) : null,
      edits: Array.from({ length: rng.between(1, 2) }, () => [rng.bits(), rng.int(HOSTILE.length)]),
      fit,
      epochs: kind === "fit" ? rng.int(EPOCHS.length) : 1,
    };
  }

  describe({ kind, name, edits, fit, epochs }) {
    const words = [...edits.map(([, i]) => i), ...fit.map(([key, i]) => `${key}: ${shown(HOSTILE[i])}`)];
    return `${kind} ${name ?? ""} ${words.join(", ")}, epochs ${shown(EPOCHS[epochs])}`;
  }

  about({ kind, name }) {
    return `${kind} ${name ?? ""}`;
  }

  *smaller(input) {
    for (const list of ["edits", "fit"])
      for (let i = 0; i < input[list].length; i++) yield { ...input, [list]: input[list].filter((_, k) => k !== i) };
  }

  bytes(input) {
    return new TextEncoder().encode(JSON.stringify(input));
  }

  /** Options of a class as a caller has them, some of them hostile. */
  #options({ edits }, declared) {
    // What it takes: an option that nobody has tells the others' names.
    let known = ["learningRate"];
    try {
      declared({ notAnOption: 1 });
    } catch (error) {
      const words = error.problems?.[0]?.expected?.match(/\w+/g);
      if (words) known = words;
    }
    return Object.fromEntries(edits.map(([bits, i]) => [known[bits % known.length], HOSTILE[i]]));
  }

  async run(input) {
    const { lib } = this;
    const { kind, name, edits } = input;
    const hostile = (k) => HOSTILE[edits[k % Math.max(1, edits.length)]?.[1] ?? 0];
    let model;
    try {
      const { layers, Sequential, tensor } = lib;
      model = new Sequential({ layers: [layers.embedding({ inputDim: 5, outputDim: 2, maskZero: true, inputShape: [3] }), layers.gru({ units: 2 }), layers.batchNormalization(), layers.dense({ units: 2, activation: "softmax" })] }); // prettier-ignore
      const x = tensor(Int32Array.of(0, 1, 2, 3, 4, 0, 1, 1, 1, 2, 0, 0), [4, 3]);
      const y = tensor(Float32Array.of(0, 1, 1, 0, 1, 0, 0, 1), [4, 2]);
      const compiled = { optimizer: "adam", loss: "mse", metrics: ["mae"] };
      const options = name === null ? {} : this.#options(input, lib[kind][name]);
      const fit = {
        epochs: EPOCHS[input.epochs],
        ...Object.fromEntries(input.fit.map(([key, i]) => [key, HOSTILE[i]])),
      };
      const made = name === null ? null : lib[kind][name](options);
      if (kind === "optimizers") compiled.optimizer = made;
      if (kind === "losses") compiled.loss = made;
      if (kind === "metrics") compiled.metrics = [made];
      if (kind === "schedules") compiled.optimizer = lib.optimizers.sgd({ learningRate: made });
      if (kind === "callbacks") fit.callbacks = [made];
      if (kind === "compile") for (const [bits, i] of edits) compiled[["optimizer", "loss", "metrics", "lossWeights", "weightedMetrics"][bits % 5]] = HOSTILE[i]; // prettier-ignore
      model.compile(compiled);
      await (kind === "data" ? model.fit(edits.length > 1 ? hostile(1) : x, hostile(0), fit) : model.fit(x, y, fit));
      await model.evaluate(x, y);
      return { find: null, ran: "trained" };
    } catch (error) {
      return { find: untyped(lib, error, undefined), ran: "refused" };
    } finally {
      model?.dispose();
    }
  }
}
