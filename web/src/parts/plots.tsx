/** Small pictures of numbers. */
import { useEffect, useRef } from "preact/hooks";
import { short } from "../text.ts";
import type { Grid, Histogram } from "../types.ts";
import { Figure } from "./figure.tsx";

/** The outline of a histogram; heights grow with the root of the counts, so that tails are seen. */
export function histogramPath({ counts }: Histogram, width: number, height: number): string {
  const most = Math.sqrt(Math.max(1, ...counts));
  const step = width / counts.length;
  const tops = counts.map((count, i) => {
    const y = (height - (Math.sqrt(count) / most) * height).toFixed(1);
    return `L${(i * step).toFixed(1)} ${y}H${((i + 1) * step).toFixed(1)}`;
  });
  return `M0 ${height}${tops.join("")}V${height}Z`;
}

export function HistogramPlot({ histogram, label }: { readonly histogram: Histogram; readonly label: string }) {
  const { low, high } = histogram;
  const zero = low < 0 && high > 0 ? (-low / (high - low)) * 320 : null;
  return (
    <Figure class="histogram" label={label} width={320} height={64} words={[short(low), short(high)]}>
      <path class="area" d={histogramPath(histogram, 320, 64)} />
      {zero !== null && <path class="zero" d={`M${zero} 0V64`} />}
    </Figure>
  );
}

/** Below zero one colour, above it another, zero the paper. */
function colour(value: number, most: number, below: readonly number[], above: readonly number[]): number[] {
  if (!Number.isFinite(value)) return [255, 0, 180, 255];
  const [r, g, b] = value < 0 ? below : above;
  return [r!, g!, b!, Math.min(1, Math.abs(value) / most) * 255];
}

/** The height that a map has at most. */
const TALL = 240;
const BELOW = [214, 92, 30] as const;
const ABOVE = [66, 105, 226] as const;

export function Heatmap({ grid, label }: { readonly grid: Grid; readonly label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { rows, columns, values } = grid;
  // Squares, where that is neither a thread nor a tower.
  const shape = Math.max(0.5, Math.min(columns / rows, 12));
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const most = values.reduce((max, v) => (Number.isFinite(v) ? Math.max(max, Math.abs(v)) : max), 1e-30);
    const image = context.createImageData(columns, rows);
    values.forEach((value, i) => image.data.set(colour(value, most, BELOW, ABOVE), i * 4));
    context.putImageData(image, 0, 0);
  }, [grid]);
  return (
    <figure class="heatmap">
      {grid.title !== "" && <figcaption>{grid.title}</figcaption>}
      <canvas
        ref={canvas}
        width={columns}
        height={rows}
        role="img"
        aria-label={label}
        style={{ aspectRatio: `${shape}`, maxWidth: `${TALL * shape}px` }}
      />
    </figure>
  );
}
