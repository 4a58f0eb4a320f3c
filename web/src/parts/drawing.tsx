/** Boxes and lines of a layout. */
import { memo } from "./memo.ts";
import { grouped } from "../text.ts";
import type { Box, Histogram, Layout, Line, Marks, Overlay } from "../types.ts";
import { histogramPath } from "./plots.tsx";

type Point = Line["points"][number];

interface DrawingProps {
  readonly layout: Layout;
  readonly histograms: ReadonlyMap<string, Histogram>;
  readonly marks: Marks;
  readonly overlay: Overlay | null;
  /** Whether lines tell which of them carry a mask. */
  readonly showsMasks: boolean;
  readonly selected: string | null;
  /** What a search has found; null: nothing is searched. */
  readonly hits: ReadonlySet<string> | null;
  readonly onSelect: (path: string) => void;
  readonly onFold: (path: string) => void;
}

/** About what fits into a box: names of layers are longer than that now and then. */
const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

const ROUND = 12;

/** Through the points, with round corners: as round as the lines are long, or as a right angle looks well. */
function curve({ points, isBent }: Line): string {
  const towards = (from: Point, to: Point): string => {
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]) || 1;
    const part = Math.min(0.5, (isBent ? ROUND : length) / length);
    return `${from[0] + (to[0] - from[0]) * part} ${from[1] + (to[1] - from[1]) * part}`;
  };
  const corners = points.slice(1, -1).map((point, i) => `L${towards(point, points[i]!)}Q${point[0]} ${point[1]} ${towards(point, points[i + 2]!)}`); // prettier-ignore
  const end = points.at(-1)!;
  return `M${points[0]![0]} ${points[0]![1]}${corners.join("")}L${end[0]} ${end[1]}`;
}

interface BoxProps extends Pick<DrawingProps, "onSelect" | "onFold"> {
  readonly box: Box;
  readonly histogram: Histogram | undefined;
  readonly state: string;
  readonly note: string | undefined;
  /** In place of the class. */
  readonly told: (Overlay extends ReadonlyMap<string, infer T> ? T : never) | undefined;
}

const LayerBox = memo(function LayerBox({ box, histogram, state, note, told, onSelect, onFold }: BoxProps) {
  const { path, x, y, width, height, inside } = box;
  const hasPlot = histogram !== undefined && inside !== "shown";
  const about = inside === "none" ? "" : inside === "shown" ? ", unfolded" : ", folded";
  return (
    <g
      id={`box-${path}`}
      class={`box ${box.kind} ${inside} ${state}`}
      transform={`translate(${x} ${y})`}
      role="button"
      aria-label={`${box.name}, ${box.class}, ${grouped(box.parameters)} parameters${about}${note ? `, ${note}` : ""}`}
      onClick={() => onSelect(path)}
      onDblClick={() => inside !== "none" && onFold(path)}
    >
      <title>{`${path}\n${box.class}${note ? `\n${note}` : ""}`}</title>
      <rect class="paper" width={width} height={height} rx={8} />
      {told !== undefined && (
        <rect
          class={told.isBad ? "tint bad" : "tint"}
          width={width}
          height={height}
          rx={8}
          opacity={told.share * 0.35}
        />
      )}
      <rect class="kind" x={0} y={10} width={3} height={inside === "shown" ? 20 : height - 20} rx={1.5} />
      <text class="name" x={14} y={22}>
        {cut(box.name, hasPlot ? 15 : 23)}
      </text>
      <text class="class" x={14} y={inside === "shown" ? 36 : 39}>
        {cut(told?.text ?? box.class, hasPlot ? 20 : 30)}
        {box.isOutput && told === undefined && <tspan class="output"> output</tspan>}
      </text>
      {hasPlot && <path class="plot" transform={`translate(${width - 66} 14)`} d={histogramPath(histogram, 54, 24)} />}
      {inside !== "none" && (
        <g class="fold" onClick={(event) => (event.stopPropagation(), onFold(path))}>
          <circle cx={width} cy={0} r={9} />
          <path d={inside === "shown" ? `M${width - 4} 0h8` : `M${width - 4} 0h8M${width} -4v8`} />
        </g>
      )}
    </g>
  );
});

export function Drawing({
  layout,
  histograms,
  marks,
  overlay,
  showsMasks,
  selected,
  hits,
  onSelect,
  onFold,
}: DrawingProps) {
  const state = ({ path }: Box): string =>
    [
      path === selected ? "selected" : "",
      hits === null ? "" : hits.has(path) ? "hit" : "missed",
      marks.get(path)?.mark ?? "",
    ].join(" ");
  const near = (line: Line): string =>
    line.from === selected || line.to === selected || (showsMasks && line.isMasked) ? "line near" : "line";
  return (
    <>
      <defs>
        <marker
          id="arrow"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="8"
          markerHeight="8"
          markerUnits="userSpaceOnUse"
          orient="auto"
        >
          <path d="M0 0.5L7.5 4L0 7.5" class="arrow" />
        </marker>
      </defs>
      {layout.boxes.map((box) => (
        <LayerBox
          key={box.path}
          box={box}
          histogram={histograms.get(box.path)}
          state={state(box)}
          note={marks.get(box.path)?.note}
          told={overlay?.get(box.path)}
          onSelect={onSelect}
          onFold={onFold}
        />
      ))}
      {layout.lines.map((line, i) => (
        <g key={`${line.from}>${line.to}#${i}`} class={near(line)}>
          <path d={curve(line)} marker-end="url(#arrow)" />
          <text x={line.at[0]} y={line.at[1] + 4}>
            {line.label}
          </text>
        </g>
      ))}
    </>
  );
}
