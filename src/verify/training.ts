/** A training as a page, epochs counted from 1 as Keras prints them: curves of losses and metrics, norms of weights and gradients. No scripts, every name escaped. */
import { escapeHtml } from "./escape.ts";
import { page } from "./html-style.ts";
import { BOTTOM, figure, frame, HEIGHT, LEFT, TOP, WIDTH } from "./plot.ts";
import { scientific } from "./text.ts";

/** What `fit` gives. */
export interface TrainingHistory {
  readonly epoch: readonly number[];
  readonly history: { readonly [name: string]: readonly number[] };
  readonly norms?: {
    readonly [path: string]: { readonly weight: readonly number[]; readonly gradient: readonly number[] };
  };
}

interface Curve {
  readonly values: readonly number[];
  /** Of what is not trained on. */
  readonly isBeside?: boolean;
}

/** Few enough to be told apart. */
const MOST_PLACES = 30;

/** Numbers between two ends, with as many digits as tell these apart. */
function between(low: number, high: number): (v: number) => string {
  if (low === high || scientific(low) !== scientific(high)) return scientific;
  const digits = [4, 5, 6, 7, 8].find((n) => low.toPrecision(n) !== high.toPrecision(n)) ?? 9;
  return (v) => (Number.isFinite(v) ? v.toPrecision(digits) : scientific(v));
}

/** Curves over epochs on one axis; with `log` by their size. NaN and infinities are gaps. */
function curves(title: string, epoch: readonly number[], all: readonly Curve[], log = false): string {
  const scaled = (v: number): number => (log ? Math.log10(v) : v);
  const finite = all.flatMap(({ values }) => values.filter((v) => Number.isFinite(scaled(v))));
  if (finite.length === 0) return figure(title, "no finite numbers", frame);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const [from, span] = [scaled(low), scaled(high) - scaled(low) || 1];
  const [wide, tall] = [WIDTH - 2 * LEFT - 12, HEIGHT - BOTTOM - TOP - 12];
  const x = (i: number): string => (LEFT + 6 + (epoch.length < 2 ? 0.5 : i / (epoch.length - 1)) * wide).toFixed(1);
  const y = (v: number): string => (HEIGHT - BOTTOM - 6 - ((scaled(v) - from) / span) * tall).toFixed(1);
  const drawn = all.map(({ values, isBeside }) => {
    const kind = isBeside === true ? " beside" : "";
    const places = values.map((v, i) => (Number.isFinite(scaled(v)) ? `${x(i)} ${y(v)}` : null));
    const path = places.map((at, i) => (at === null ? "" : `${i > 0 && places[i - 1] !== null ? "L" : "M"} ${at}`));
    const dots = places.flatMap((at) => {
      if (at === null || values.length > MOST_PLACES) return [];
      const [cx, cy] = at.split(" ");
      return [`<circle class="place${kind}" cx="${cx}" cy="${cy}" r="2.5"/>`];
    });
    return `<path class="curve${kind}" d="${path.join(" ")}"/>${dots.join("")}`;
  });
  const ends = `<text x="${LEFT}" y="${HEIGHT - 6}">epoch ${epoch[0]! + 1}</text><text x="${WIDTH - LEFT}" y="${HEIGHT - 6}" text-anchor="end">${epoch.at(-1)! + 1}</text>`;
  const show = between(low, high);
  const last = all.map(({ values }) => show(values.at(-1)!)).join(", validation ");
  const axis = low === high ? "" : `; axis from ${show(low)} to ${show(high)}${log ? ", by size" : ""}`;
  return figure(title, `at last ${last}${axis}`, frame + drawn.join("") + ends);
}

/** The norm of several vectors as one. */
const together = (all: readonly (readonly number[])[]): number[] =>
  (all[0] ?? []).map((_, i) => Math.sqrt(all.reduce((sum, values) => sum + values[i]! ** 2, 0)));

function layerFigures({ epoch, norms = {} }: TrainingHistory): string {
  const byLayer = new Map<string, string[]>();
  for (const path of Object.keys(norms)) {
    const layer = path.slice(0, Math.max(0, path.lastIndexOf("/"))) || path;
    byLayer.set(layer, [...(byLayer.get(layer) ?? []), path]);
  }
  const figures = [...byLayer].map(([layer, paths]) => {
    const own = (kind: "weight" | "gradient") =>
      together(paths.map((path) => norms[path]![kind]).filter((values) => values.length === epoch.length));
    const gradient = own("gradient");
    const of = paths.map((path) => path.slice(path.lastIndexOf("/") + 1)).join(", ");
    const drawn =
      gradient.length === 0
        ? "<p>no gradients</p>"
        : curves("norm of its gradients", epoch, [{ values: gradient }], true);
    return `<h3>${escapeHtml(layer)} <span class="dim">${escapeHtml(of)}</span></h3><div class="figures">${curves("norm of its weights", epoch, [{ values: own("weight") }])}${drawn}</div>`;
  });
  return figures.length === 0 ? "" : `<section><h2>Weights and gradients by layer</h2>${figures.join("\n")}</section>`;
}

function table({ epoch, history }: TrainingHistory): string {
  const names = Object.keys(history);
  const head = ["epoch", ...names].map((name) => `<th class="n">${escapeHtml(name)}</th>`).join("");
  const rows = epoch.map((at, i) => {
    const cells = [String(at + 1), ...names.map((name) => scientific(history[name]![i]!))];
    return `<tr>${cells.map((cell) => `<td class="n">${cell}</td>`).join("")}</tr>`;
  });
  return `<details><summary>All numbers</summary><div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div></details>`;
}

/** A whole document. */
export function trainingPage(trained: TrainingHistory): string {
  const { epoch, history } = trained;
  const names = Object.keys(history).filter((name) => !(name.startsWith("val_") && name.slice(4) in history));
  const figures = names.map((name) => {
    const beside = history[`val_${name}`];
    return curves(name, epoch, [{ values: history[name]! }, ...(beside ? [{ values: beside, isBeside: true }] : [])]);
  });
  const count = `${epoch.length} epoch${epoch.length === 1 ? "" : "s"}`;
  const loss = history["loss"]?.at(-1);
  const headline = loss === undefined ? count : `${count}, loss ${scientific(loss)}`;
  const isValidated = names.some((name) => `val_${name}` in history);
  const validation = isValidated ? ' <span><i class="curve beside"></i> validation</span>' : "";
  return page("fit", headline, [
    `<p class="key"><span><i class="curve"></i> training</span>${validation}</p></header>`,
    `<section><h2>Losses and metrics</h2><div class="figures">${figures.join("")}</div>${table(trained)}</section>`,
    layerFigures(trained),
  ]);
}
