/**
 * The results as tables: bench/results/VERSION.json → bench/results/VERSION.md.
 *   node bench/report.mjs [--print]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { CANDIDATES } from "./lib/candidates.mjs";
import { readResults, resultFile, VERSION } from "./lib/results.mjs";

const WORKLOADS = JSON.parse(readFileSync(new URL("workloads.json", import.meta.url), "utf8"));
const { browser, ceiling, compare, growth, startup } = readResults();

const table = (head, rows) =>
  [head, head.map((_, i) => (i === 0 ? ":--" : "--:")), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** Three figures, without an exponent. */
function figures(number) {
  if (number >= 100) return number.toFixed(0);
  return number.toFixed(Math.max(0, 2 - Math.floor(Math.log10(number))));
}

function machineLines({ cpu, cores, memoryGiB, system, node, node24, date, commit, load }) {
  const newer = node24 === null ? "" : ` and ${node24} (n24)`;
  return `${date.replace("T", " ")} UTC, commit ${commit}: ${cores} cores of ${cpu}, ${memoryGiB} GiB, ${system}, Node ${node}${newer}, load ${load.join(" ")}.`;
}

const keys = Object.entries(WORKLOADS).flatMap(([name, { batches }]) =>
  batches.map((batch) => ({ name, batch, key: `${name}/b${batch}` })),
);
const of = (key, candidate) => compare.workloads[key]?.[candidate];
const min = (key, candidate) => {
  const mins = of(key, candidate)?.mins;
  return mins === undefined ? undefined : Math.min(...mins);
};
const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const measured = compare === undefined ? [] : keys.filter(({ key }) => compare.workloads[key] !== undefined);
const names = CANDIDATES.map(({ name }) => name).filter((name) => measured.some(({ key }) => min(key, name)));

function times() {
  const rows = measured.map(({ name, batch, key }) => [
    `${name} b${batch}`,
    ...names.map((candidate) => (min(key, candidate) === undefined ? "–" : figures(min(key, candidate)))),
  ]);
  return table(["ms a call", ...names], rows);
}

/** Ours, the peer, and the column's title: engines of one kind are compared with each other. */
const RATIOS = [
  ["keraport", "ort-web"],
  ["keraport n24", "ort-web n24"],
  ["keraport", "tfjs-wasm"],
  ["keraport", "tfjs-cpu"],
  ["keraport", "keras predict"],
  ["keraport", "keras compiled"],
  ["keraport", "ort-node"],
  ["keraport n24", "ort-node"],
  ["keraport", "litert"],
].filter(([ours, peer]) => names.includes(ours) && names.includes(peer));

const ratio = (key, [ours, peer]) => {
  const [a, b] = [min(key, ours), min(key, peer)];
  return a === undefined || b === undefined ? undefined : a / b;
};
const title = ([ours, peer]) => (ours === "keraport" ? peer : `${ours.replace("keraport ", "")} / ${peer}`);
const showRatio = (r) => (r === undefined ? "–" : r < 0.005 ? "< 0.01" : r > 1 ? `**${r.toFixed(2)}**` : r.toFixed(2));

function ratios() {
  const rows = measured.map(({ name, batch, key }) => [
    `${name} b${batch}`,
    ...RATIOS.map((pair) => showRatio(ratio(key, pair))),
  ]);
  const known = (pair) => measured.map(({ key }) => ratio(key, pair)).filter((r) => r !== undefined);
  const mean = (pair) => Math.exp(known(pair).reduce((sum, r) => sum + Math.log(r), 0) / known(pair).length);
  rows.push(["geometric mean", ...RATIOS.map((pair) => mean(pair).toFixed(2))]);
  rows.push([
    "faster in",
    ...RATIOS.map((pair) => `${known(pair).filter((r) => r < 1).length} of ${known(pair).length}`),
  ]);
  return table(["keraport / peer", ...RATIOS.map(title)], rows);
}

/** What the kernels reach of what 128-bit vectors can do. */
function shares() {
  const limits = { keraport: ceiling.node.multiplyAdd, "keraport n24": ceiling.node24?.fused };
  const columns = Object.keys(limits).filter((name) => names.includes(name) && limits[name] !== undefined);
  const rows = measured.map(({ name, batch, key }) => {
    const work = batch * compare.mflop[name];
    const rates = columns.map((candidate) => work / min(key, candidate));
    const share = (candidate, i) => `${figures(rates[i])} (${((100 * rates[i]) / limits[candidate]).toFixed(0)} %)`;
    return [`${name} b${batch}`, figures(work), ...columns.map(share)];
  });
  const shown = columns.map((name) => `${name} ${limits[name].toFixed(1)}`).join(", ");
  return `One thread of WebAssembly multiplies and adds 128-bit vectors in registers, with nothing else to do, at this many
GFLOP/s: ${shown}. The workloads (activations, states and copies not counted as work):

${table(["", "MFLOP", ...columns], rows)}
`;
}

function behind() {
  return RATIOS.flatMap((pair) => {
    const slower = measured.filter(({ key }) => (ratio(key, pair) ?? 0) > 1);
    if (slower.length === 0) return [];
    const list = slower.map(({ name, batch, key }) => `${name} b${batch} (${ratio(key, pair).toFixed(2)})`);
    return `- ${pair[0]} behind ${pair[1]}: ${list.join(", ")}`;
  }).join("\n");
}

function refused() {
  const reasons = new Map();
  for (const { key } of measured) {
    for (const name of names) {
      const error = of(key, name)?.error;
      if (error !== undefined) reasons.set(`${name}: ${error}`, [...(reasons.get(`${name}: ${error}`) ?? []), key]);
    }
  }
  return [...reasons].map(([reason, where]) => `- ${where.join(", ")}: ${reason}`).join("\n");
}

/** How far the median round lies above the best one. */
function noise() {
  const spread = names.map((name) => {
    const all = measured
      .filter(({ key }) => min(key, name))
      .map(({ key }) => median(of(key, name).mins) / min(key, name) - 1);
    return `${name} ${(100 * median(all)).toFixed(0)} % (worst ${(100 * Math.max(...all)).toFixed(0)} %)`;
  });
  return spread.join(", ");
}

function worstDifference() {
  const worst = names.map((name) => [name, Math.max(...measured.map(({ key }) => of(key, name)?.difference ?? 0))]);
  return worst.map(([name, d]) => `${name} ${d.toExponential(0)}`).join(", ");
}

function compareSection() {
  if (compare === undefined) return "";
  const workloads = Object.entries(WORKLOADS).map(([name, spec]) => `- ${name}: ${spec.title}`);
  const candidates = CANDIDATES.filter(({ name }) => names.includes(name)).map(
    ({ name, note }) => `- ${name}: ${note}`,
  );
  const missing = refused();
  return `## Beside its peers

${machineLines(compare.machine)}

Minimum of all calls of all rounds, candidates in turn; from an input array to an output array; every candidate's outputs
were compared with Keras's first. bN: batch of N.

${workloads.join("\n")}

${candidates.join("\n")}

${times()}

Ratios of the minima; below 1 keraport is faster, above 1 (bold) it is slower.

${ratios()}

${behind()}
${ceiling === undefined || compare.mflop === undefined ? "" : `\n${shares()}`}
Not timed:

${missing === "" ? "- nothing" : missing}

Noise, the median round above the best one, over the workloads: ${noise()}.

Largest difference from Keras on any workload, as a share of the largest output: ${worstDifference()}.
`;
}

function browserSection() {
  if (browser === undefined) return "";
  const rows = keys.flatMap(({ name, batch, key }) => {
    const found = browser.workloads[key];
    if (found === undefined) return [];
    const least = (candidate) => {
      const mins = found[candidate]?.mins ?? [];
      return mins.length === 0 ? undefined : Math.min(...mins);
    };
    const all = ["keraport", "keraport strict", "ort-web", "tfjs-wasm"].map(least);
    const pairs = all.slice(2).map((ms) => (ms === undefined ? undefined : all[0] / ms));
    return [[`${name} b${batch}`, ...all.map((ms) => (ms === undefined ? "–" : figures(ms))), ...pairs.map(showRatio)]];
  });
  return `## In a browser

${machineLines(browser.machine)}

${browser.browser}, headless, on the page's own thread; minima, candidates in turn, ms a call. strict: without relaxed SIMD.

${table(["", "keraport", "keraport strict", "ort-web", "tfjs-wasm", "ratio to ort-web", "to tfjs-wasm"], rows)}
`;
}

function growthSection() {
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

function startupSection() {
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

const text = `# keraport ${VERSION}, measured

Made by the scripts of [bench](../README.md). Other machines have other figures: run them on yours.

${[compareSection(), browserSection(), growthSection(), startupSection()].filter((part) => part !== "").join("\n")}`;
if (process.argv.includes("--print")) console.log(text);
else writeFileSync(resultFile("md"), text);
