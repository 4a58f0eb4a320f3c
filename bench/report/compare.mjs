/** The comparison with the peers: times, ratios, share of what the machine can do, noise. */
import { CANDIDATES } from "../lib/candidates.mjs";
import { readResults } from "../lib/results.mjs";
import { figures, KEYS, machineLines, median, showRatio, table, WORKLOADS } from "./format.mjs";

const { ceiling, compare } = readResults();

const of = (key, candidate) => compare.workloads[key]?.[candidate];
const min = (key, candidate) => {
  const mins = of(key, candidate)?.mins;
  return mins === undefined ? undefined : Math.min(...mins);
};
const measured = compare === undefined ? [] : KEYS.filter(({ key }) => compare.workloads[key] !== undefined);
const names = CANDIDATES.map(({ name }) => name).filter((name) => measured.some(({ key }) => min(key, name)));

function times() {
  const rows = measured.map(({ label, key }) => [
    label,
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
  ["keraport 2t", "ort-web 2t"],
].filter(([ours, peer]) => names.includes(ours) && names.includes(peer));

const ratio = (key, [ours, peer]) => {
  const [a, b] = [min(key, ours), min(key, peer)];
  return a === undefined || b === undefined ? undefined : a / b;
};
const title = ([ours, peer]) => (ours === "keraport" ? peer : `${ours.replace("keraport ", "")} / ${peer}`);

function ratios() {
  const rows = measured.map(({ label, key }) => [label, ...RATIOS.map((pair) => showRatio(ratio(key, pair)))]);
  const known = (pair) => measured.map(({ key }) => ratio(key, pair)).filter((r) => r !== undefined);
  const mean = (pair) => Math.exp(known(pair).reduce((sum, r) => sum + Math.log(r), 0) / known(pair).length);
  rows.push(["geometric mean", ...RATIOS.map((pair) => mean(pair).toFixed(2))]);
  rows.push([
    "faster in",
    ...RATIOS.map((pair) => `${known(pair).filter((r) => r < 1).length} of ${known(pair).length}`),
  ]);
  return table(["keraport / peer", ...RATIOS.map(title)], rows);
}

/** Processes that make one model and call it once. */
function cold() {
  const keys = measured.filter(({ key }) => names.some((name) => of(key, name)?.cold !== undefined));
  if (keys.length === 0) return "";
  const cell = ({ cold: ms, peak } = {}) => (ms === undefined ? "–" : `${figures(ms)} (${peak ?? "–"})`);
  const rows = keys.map(({ label, key }) => [label, ...names.map((name) => cell(of(key, name)))]);
  return `From the start of a process to the first output, ms, and in brackets the most memory it had, MiB:

${table(["", ...names], rows)}
`;
}

/** What the kernels reach of what 128-bit vectors can do. */
function shares() {
  const limits = { keraport: ceiling.node.multiplyAdd, "keraport n24": ceiling.node24?.fused };
  const columns = Object.keys(limits).filter((name) => names.includes(name) && limits[name] !== undefined);
  const rows = measured.flatMap(({ name, batch, key, label }) => {
    if (compare.mflop[name] === 0) return [];
    const work = batch * compare.mflop[name];
    const rates = columns.map((candidate) => work / min(key, candidate));
    const share = (candidate, i) =>
      Number.isNaN(rates[i]) ? "–" : `${figures(rates[i])} (${((100 * rates[i]) / limits[candidate]).toFixed(0)} %)`;
    return [[label, figures(work), ...columns.map(share)]];
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
    const list = slower.map(({ label, key }) => `${label} (${ratio(key, pair).toFixed(2)})`);
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

/** The workloads on keraport and its peers. */
export function compareSection() {
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

${cold()}
${ceiling === undefined || compare.mflop === undefined ? "" : `\n${shares()}`}
Not timed:

${missing === "" ? "- nothing" : missing}

Noise, the median round above the best one, over the workloads: ${noise()}.

Largest difference from Keras on any workload, as a share of the largest output: ${worstDifference()}.
`;
}
