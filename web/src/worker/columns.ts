/** A long chain in columns side by side, read from the top of each: a drawing that fits into what people look at. */
import type { Layout, Line } from "../types.ts";

const [GAP, TURN, RATIO] = [72, 22, 1.25] as const;
/** What is not taller than that many times its width stays as it is. */
const TALL = 5;

type Point = readonly [x: number, y: number];

/** Heights at which all that goes on comes from one box, the last above it. */
function cutsOf({ boxes, lines }: Layout): readonly number[] {
  const outer = boxes.filter(({ path }) => !boxes.some((other) => path.startsWith(`${other.path}/`)));
  const at = new Map(boxes.map((box) => [box.path, box]));
  return outer.flatMap((box) => {
    const cut = box.y + box.height;
    const crossed = outer.some(({ y, height }) => y < cut && cut < y + height);
    const passing = lines.filter(({ from, to }) => at.get(from)!.y < cut && at.get(to)!.y >= cut);
    return crossed || passing.length === 0 || passing.some(({ from }) => from !== box.path) ? [] : [cut];
  });
}

/** Those that make columns of about one height; the last column may be shorter. */
function chosen(cuts: readonly number[], height: number, most: number): readonly number[] {
  const found: number[] = [];
  let start = 0;
  for (const [i, cut] of cuts.entries()) {
    const next = cuts[i + 1] ?? height;
    if (next - start <= most || cut === start) continue;
    found.push(cut);
    start = cut;
  }
  return found;
}

export function inColumns(layout: Layout): Layout {
  const { width, height } = layout;
  if (height < TALL * width) return layout;
  const cuts = cutsOf(layout);
  const most = height / Math.sqrt((RATIO * height) / (width + GAP));
  const tops = [
    0,
    ...chosen(
      [...new Set(cuts)].sort((a, b) => a - b),
      height,
      most,
    ),
  ];
  if (tops.length === 1) return layout;
  const columnOf = (y: number): number => tops.findLastIndex((top) => y >= top - 1);
  const moved = ([x, y]: Point, column: number): Point => [x + column * (width + GAP), y - tops[column]!];
  const boxAt = new Map(layout.boxes.map((box) => [box.path, box]));
  const boxes = layout.boxes.map((box) => {
    const column = columnOf(box.y);
    const [x, y] = moved([box.x, box.y], column);
    return { ...box, x, y };
  });
  const tallest = Math.max(...tops.map((top, i) => (tops[i + 1] ?? height) - top));
  const lines = layout.lines.map((line): Line => {
    const [from, to] = [columnOf(boxAt.get(line.from)!.y), columnOf(boxAt.get(line.to)!.y)];
    if (from === to)
      return { ...line, points: line.points.map((point) => moved(point, from)), at: moved(line.at, from) };
    // Down, between the columns, and into the next from above.
    const after = line.points.filter(([, y]) => y > tops[to]! + TURN).map((point) => moved(point, to));
    const start = moved(line.points[0]!, from);
    const [end] = after;
    const between = to * (width + GAP) - GAP / 2;
    const bottom = start[1] + TURN;
    const way: readonly Point[] = [
      start,
      [start[0], bottom],
      [between, bottom],
      [between, -TURN],
      [end![0], -TURN],
      ...after,
    ];
    return { ...line, points: way, at: [between, (bottom - TURN) / 2], isBent: true };
  });
  return { width: tops.length * (width + GAP) - GAP, height: tallest + 2 * TURN, boxes, lines };
}
