/** Numbers and shapes as the page writes them. */
export const grouped = (n: number): string => n.toLocaleString("en-US");

export function bytes(n: number): string {
  const units = ["B", "kB", "MB", "GB"];
  const power = n < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(n) / 3));
  return `${power === 0 ? n : (n / 1000 ** power).toFixed(1)} ${units[power]}`;
}

/** Short and of even length: 0.0123, 1.2e-7. */
export function short(n: number): string {
  if (n === 0 || !Number.isFinite(n)) return String(n);
  const size = Math.abs(n);
  return size >= 1e-3 && size < 1e5 ? String(Number(n.toPrecision(4))) : n.toExponential(1);
}

/** Of milliseconds: 0.38 µs, 12 ms. */
export const time = (ms: number): string =>
  ms < 1 ? `${Number((ms * 1000).toPrecision(2))} µs` : `${Number(ms.toPrecision(3))} ms`;

export const shape = (axes: readonly (number | null)[] | null): string =>
  axes === null ? "?" : `[${axes.map((n) => n ?? "–").join(", ")}]`;

export const plural = (n: number, word: string): string => `${grouped(n)} ${word}${n === 1 ? "" : "s"}`;
