/** Pictures of a report, of text and inline SVG alone: errors beside the tolerance, and how a tensor is off. */
import { escapeHtml } from "./escape.ts";
import type { Spread } from "./spread.ts";
import { scientific } from "./text.ts";

/** One tensor in the plot. */
export interface PlotRow {
  readonly label: string;
  /** What a reader sees when pointing at the row. */
  readonly title: string;
  readonly error: number;
  /** The error as a part of what the tolerance allows. */
  readonly share: number;
  readonly ok: boolean;
  /** The same of Keras's own error against the truth, where it is known. */
  readonly reference?: number;
}

const LOWEST = -5;
const LEAST_END = 2;
const MOST_END = 12;

/** Rows on one logarithmic axis, where 1 is the tolerance. Errors of zero lie on the left edge, infinite ones on the right. */
export function errorPlot(rows: readonly PlotRow[]): string {
  const worst = rows.reduce((max, { share }) => (Number.isFinite(share) ? Math.max(max, share) : max), 1);
  const end = Math.min(MOST_END, Math.max(LEAST_END, Math.ceil(Math.log10(worst))));
  const place = (share: number): string => {
    if (share === 0) return "0";
    const power = Number.isFinite(share) ? Math.min(end, Math.max(LOWEST, Math.log10(share))) : end;
    return (3 + ((power - LOWEST) / (end - LOWEST)) * 96).toFixed(1);
  };
  const shown = [LOWEST, LOWEST / 2, 0, end / 2, end].map(Math.round);
  const ticks = shown.map((power) => {
    const text = power === 0 ? "tolerance" : power === 1 ? "10×" : `10<sup>${power}</sup>×`;
    return `<span class="tick" style="left:${place(10 ** power)}%">${text}</span>`;
  });
  const limit = `<i class="limit" style="left:${place(1)}%"></i>`;
  const marks = rows.map(({ label, title, error, share, ok, reference }) => {
    const own =
      reference === undefined
        ? ""
        : `<i class="diamond" style="left:${place(reference)}%" title="Keras against the truth"></i>`;
    const at = place(share);
    return [
      `<div class="row ${ok ? "ok" : "bad"}" title="${escapeHtml(title)}"><span class="label">${escapeHtml(label)}</span>`,
      `<span class="track">${limit}<i class="stem" style="width:${at}%"></i>${own}<i class="dot" style="left:${at}%"></i></span>`,
      `<span class="value">${scientific(error)}</span></div>`,
    ].join("");
  });
  return `<div class="plot"><div class="row axis"><span></span><span class="track">${ticks.join("")}</span><span class="value">max rel</span></div>${marks.join("\n")}</div>`;
}

/** Of a picture, and of what is around its frame. */
export const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [300, 190, 8, 22, 10] as const;

/** A picture with what it is and what it says. */
export function figure(title: string, below: string, content: string): string {
  const svg = `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">${content}</svg>`;
  return `<figure><figcaption>${escapeHtml(title)}</figcaption>${svg}<p class="dim">${escapeHtml(below)}</p></figure>`;
}

/** The axes of a picture. */
export const frame = `<path class="frame" d="M ${LEFT} ${TOP} V ${HEIGHT - BOTTOM} H ${WIDTH - LEFT}"/>`;

/** Found over expected: on the diagonal they are equal. */
function scatter({ pairs }: Spread): string {
  const finite = pairs.filter((pair) => pair.every(Number.isFinite));
  const all = finite.flat();
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const span = high - low || 1;
  const x = (n: number): string => (LEFT + 6 + ((n - low) / span) * (WIDTH - 2 * LEFT - 12)).toFixed(1);
  const y = (n: number): string => (HEIGHT - BOTTOM - 6 - ((n - low) / span) * (HEIGHT - BOTTOM - TOP - 12)).toFixed(1);
  const dots = finite.map(([expected, found]) => `<circle cx="${x(expected)}" cy="${y(found)}" r="2.5"/>`);
  const lost = pairs.length - finite.length;
  const without = lost === 0 ? "" : `; ${lost} NaN or infinite`;
  const ends = `<text x="${LEFT}" y="${HEIGHT - 6}">${scientific(low)}</text><text x="${WIDTH - LEFT}" y="${HEIGHT - 6}" text-anchor="end">${scientific(high)}</text>`;
  const diagonal = `<path class="diagonal" d="M ${x(low)} ${y(low)} L ${x(high)} ${y(high)}"/>`;
  const content = finite.length === 0 ? frame : frame + diagonal + dots.join("") + ends;
  return figure("found (up) over expected (right)", `on the line they are equal${without}`, content);
}

/** What Keras's axes usually are, by the number of them. */
const AXES: Readonly<Record<number, readonly string[]>> = {
  2: ["sample", "unit"],
  3: ["sample", "step", "channel"],
  4: ["sample", "row", "column", "channel"],
  5: ["sample", "step", "row", "column", "channel"],
};

/** The largest error at each place of an axis. */
function along({ axis, length, errors }: Spread["axes"][number], rank: number): string {
  const finite = errors.filter(Number.isFinite);
  const most = Math.max(...finite, Number.MIN_VALUE);
  const step = (WIDTH - 2 * LEFT) / errors.length;
  const bars = errors.map((error, i) => {
    const height = (Number.isFinite(error) ? error / most : 1) * (HEIGHT - BOTTOM - TOP);
    const kind = Number.isFinite(error) ? "" : ' class="lost"';
    return `<rect${kind} x="${(LEFT + i * step).toFixed(1)}" y="${(HEIGHT - BOTTOM - height).toFixed(1)}" width="${Math.max(0.8, step * 0.8).toFixed(1)}" height="${height.toFixed(1)}"/>`;
  });
  const ends = `<text x="${LEFT}" y="${HEIGHT - 6}">0</text><text x="${WIDTH - LEFT}" y="${HEIGHT - 6}" text-anchor="end">${length - 1}</text>`;
  const name = AXES[rank]?.[axis];
  const worst = errors.indexOf(Math.max(...errors));
  const place = Math.floor((worst * length) / errors.length);
  const title = `largest error by ${name ?? "place"} (axis ${axis})`;
  return figure(title, `up to ${scientific(Math.max(...errors))}, at ${place}`, frame + bars.join("") + ends);
}

/** Found against expected, and the error along each axis. */
export const spreadFigures = (spread: Spread, rank: number): string =>
  `<div class="figures">${scatter(spread)}${spread.axes.map((axis) => along(axis, rank)).join("")}</div>`;
