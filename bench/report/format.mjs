/** What the sections of the report share: tables, figures, the list of workloads. */
import { readFileSync } from "node:fs";

export const WORKLOADS = JSON.parse(readFileSync(new URL("../workloads.json", import.meta.url), "utf8"));

/** `{ name, batch, key, label }` of each workload with each batch size. */
export const KEYS = Object.entries(WORKLOADS).flatMap(([name, { batches }]) =>
  batches.map((batch) => ({ name, batch, key: `${name}/b${batch}`, label: `${name} b${batch}` })),
);

export const table = (head, rows) =>
  [head, head.map((_, i) => (i === 0 ? ":--" : "--:")), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** Three figures, without an exponent. */
export function figures(number) {
  if (number >= 100) return number.toFixed(0);
  return number.toFixed(Math.max(0, 2 - Math.floor(Math.log10(number))));
}

/** On what a section was made. */
export function machineLines({ cpu, cores, memoryGiB, system, node, node24, date, commit, load }) {
  const newer = node24 === null ? "" : ` and ${node24} (n24)`;
  return `${date.replace("T", " ")} UTC, commit ${commit}: ${cores} cores of ${cpu}, ${memoryGiB} GiB, ${system}, Node ${node}${newer}, load ${load.join(" ")}.`;
}

/** Below 1 we are faster; above in bold. */
export const showRatio = (r) =>
  r === undefined ? "–" : r < 0.005 ? "< 0.01" : r > 1 ? `**${r.toFixed(2)}**` : r.toFixed(2);

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
