/** The smaller sections: browser, growth, start-up. */
import { readResults } from "../lib/results.mjs";
import { figures, KEYS, machineLines, showRatio, table } from "./format.mjs";

const { browser, growth, startup, training } = readResults();

/** The workloads in a page. */
export function browserSection() {
  if (browser === undefined) return "";
  const rows = KEYS.flatMap(({ key, label }) => {
    const found = browser.workloads[key];
    if (found === undefined) return [];
    const least = (candidate) => {
      const mins = found[candidate]?.mins ?? [];
      return mins.length === 0 ? undefined : Math.min(...mins);
    };
    const all = ["keraport", "keraport strict", "ort-web", "tfjs-wasm"].map(least);
    const pairs = all.slice(2).map((ms) => (ms === undefined ? undefined : all[0] / ms));
    return [[label, ...all.map((ms) => (ms === undefined ? "–" : figures(ms))), ...pairs.map(showRatio)]];
  });
  return `## In a browser

${machineLines(browser.machine)}

${browser.browser}, headless, on the page's own thread; minima, candidates in turn, ms a call. strict: without relaxed SIMD.

${table(["", "keraport", "keraport strict", "ort-web", "tfjs-wasm", "ratio to ort-web", "to tfjs-wasm"], rows)}
`;
}

/** Cost against size; what a call costs. */
export function growthSection() {
  if (growth === undefined) return "";
  const parts = growth.series.map(({ title: what, grows, values, ms, first, exponents }) => {
    const rows = [["ms a call", ...ms.map(figures)]];
    if (grows === "layers") rows.push(["first call, ms", ...first.map(figures)]);
    const last = values.slice(-2).join(" to ");
    return `${what}: exponent ${exponents.all.toFixed(2)}; from ${last} it is ${exponents.last.toFixed(2)}.

${table([grows, ...values], rows)}`;
  });
  const { predict, predictSync, predictSyncOut } = growth.overhead;
  return `## Growth

${machineLines(growth.machine)}

Cost against size, fitted as a power law (1: linear; a model's units enter its weights squared).

${parts.join("\n\n")}

A call of the smallest model, \`Dense(1)\` of one number: \`predict\` ${predict.toFixed(2)} µs,
\`predictSync\` ${predictSync.toFixed(2)} µs, into the caller's array ${predictSyncOut.toFixed(2)} µs.
`;
}

/** Whole processes. */
export function startupSection() {
  if (startup === undefined) return "";
  const rows = startup.rows.map(({ name, min: least, median: middle, rss }) => [
    name,
    least.toFixed(0),
    middle.toFixed(0),
    rss.toFixed(0),
  ]);
  const sizes = Object.entries(startup.sizes).map(([name, size]) => `${name} ${size.toFixed(1)} MB`);
  return `## From process start to the first prediction

${machineLines(startup.machine)}

Whole processes; LSTM stacks in a .keras file, ${sizes.join(", ")}.

${table(["", "min ms", "median ms", "peak MiB"], rows)}
`;
}

/** Steps of training. */
export function trainingSection() {
  if (training === undefined) return "";
  const peers = ["TensorFlow.js wasm", "TensorFlow.js cpu", "Keras"];
  const rows = Object.entries(training.steps).map(([key, found]) => {
    const of = (who) => found[who] && `${figures(found[who].least)} (${figures(found[who].cpu)})`;
    const { keraport: own, memory, predict } = found;
    return [
      key.replace("/", " "),
      ...["keraport", ...peers].map((who) => of(who) ?? "–"),
      figures(own.least / predict),
      `${figures(memory.wasm / 1e6)} (${figures(memory.weights / 1e6)})`,
    ];
  });
  return `## Training

${machineLines(training.machine)}

ms a step by Adam, in brackets the processor's time of all cores; a step over one predict; MB of WebAssembly's memory, in brackets
of the weights, of which Adam keeps two more.

${table(["", "keraport", ...peers, "step / predict", "memory"], rows)}
`;
}
