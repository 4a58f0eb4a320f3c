/** Errors of tensors as a dot plot: one row each, the relative error on a logarithmic axis, as inline SVG. */
import { escapeHtml } from "./escape.ts";
import { scientific } from "./text.ts";

/** One tensor in the plot. */
export interface PlotRow {
  readonly label: string;
  /** What a reader sees when pointing at the row. */
  readonly title: string;
  readonly error: number;
  readonly ok: boolean;
  /** Keras's own error against the truth, where it is known. */
  readonly reference?: number;
}

const ROW = 22;
const TOP = 26;
const LABEL = 250;
const WIDTH = 900;
const RIGHT = 80;
const LOWEST = -10;

const maxOf = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), -Infinity);

/** Powers of ten from 1e-10 to what the worst finite error needs. */
function axisEnd(rows: readonly PlotRow[], tolerance: number): number {
  const finite = rows.map((row) => row.error).filter((error) => Number.isFinite(error) && error > 0);
  const worst = maxOf([tolerance * 10, ...finite]);
  return Math.min(12, Math.max(LOWEST + 4, Math.ceil(Math.log10(worst))));
}

/** Errors of zero lie on the left edge, infinite ones on the right. */
export function errorPlot(rows: readonly PlotRow[], tolerance: number): string {
  const end = axisEnd(rows, tolerance);
  const [left, right] = [LABEL, WIDTH - RIGHT];
  const x = (error: number): number => {
    if (error === 0) return left;
    const power = Number.isFinite(error) ? Math.log10(error) : end;
    const share = (Math.min(end, Math.max(LOWEST, power)) - LOWEST) / (end - LOWEST);
    return left + 14 + share * (right - left - 14);
  };
  const at = (n: number): string => n.toFixed(1);
  const bottom = TOP + rows.length * ROW;
  const ticks: string[] = [];
  for (let power = LOWEST; power <= end; power += end - LOWEST > 12 ? 2 : 1) {
    const px = at(x(10 ** power));
    ticks.push(`<line class="grid" x1="${px}" x2="${px}" y1="${TOP - 6}" y2="${bottom}"/>`);
    ticks.push(`<text class="tick" x="${px}" y="14" text-anchor="middle">1e${power}</text>`);
  }
  const limit = at(x(tolerance));
  const marks = rows.map(({ label, title, error, ok, reference }, i) => {
    const y = TOP + i * ROW + ROW / 2;
    const short = label.length > 36 ? `…${label.slice(-35)}` : label;
    const own =
      reference === undefined
        ? ""
        : `<path class="keras" d="M ${at(x(reference))} ${y - 5} l 5 5 l -5 5 l -5 -5 z"><title>Keras against the truth: ${scientific(reference)}</title></path>`;
    return [
      `<g class="${ok ? "ok" : "bad"}"><title>${escapeHtml(title)}</title>`,
      `<rect class="row" x="0" y="${y - ROW / 2}" width="${WIDTH}" height="${ROW}"/>`,
      `<text class="label" x="${LABEL - 12}" y="${y + 4}" text-anchor="end">${escapeHtml(short)}</text>`,
      `<line class="stem" x1="${left}" x2="${at(x(error))}" y1="${y}" y2="${y}"/>${own}`,
      `<circle class="dot" cx="${at(x(error))}" cy="${y}" r="5"/>`,
      `<text class="value" x="${WIDTH - RIGHT + 12}" y="${y + 4}">${scientific(error)}</text></g>`,
    ].join("");
  });
  return [
    `<svg class="plot" viewBox="0 0 ${WIDTH} ${bottom + 8}" role="img" aria-label="relative errors">`,
    ...ticks,
    `<line class="limit" x1="${limit}" x2="${limit}" y1="${TOP - 6}" y2="${bottom}"/>`,
    ...marks,
    "</svg>",
  ].join("\n");
}
