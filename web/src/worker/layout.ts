/** Where boxes and lines of the graph are: from the inputs down, each unfolded layer a drawing of its own in its box. */
import { Graph, layout } from "@dagrejs/dagre";
import type { Box, InspectedLayer, Layout, Line } from "../types.ts";
import { pathOf } from "../parts/paths.ts";
import { inColumns } from "./columns.ts";
import { kindOf } from "./kinds.ts";

const [WIDTH, HEIGHT, HEAD, PAD] = [208, 52, 40, 18] as const;
/** Of more boxes the shortest lines take too long to find. */
const MANY = 100;

interface Placed {
  readonly x: number;
  readonly y: number;
}
interface Routed {
  readonly points: readonly Placed[];
  readonly x?: number;
  readonly y?: number;
}

const shown = (shape: readonly (number | null)[]): string => shape.map((n) => n ?? "?").join("×");

/** The shape of one output of a layer. */
function shapeOf({ outputShape: shape }: InspectedLayer, output: number): string {
  if (shape === null) return "";
  const isSeveral = shape.some((entry) => typeof entry === "object" && entry !== null);
  const one = isSeveral ? shape[output] : shape;
  return Array.isArray(one) ? shown(one as readonly (number | null)[]) : "";
}

function shifted(inner: Layout, x: number, y: number): Pick<Layout, "boxes" | "lines"> {
  const move = (at: readonly [number, number]): readonly [number, number] => [at[0] + x, at[1] + y];
  return {
    boxes: inner.boxes.map((box) => ({ ...box, x: box.x + x, y: box.y + y })),
    lines: inner.lines.map((line) => ({ ...line, points: line.points.map(move), at: move(line.at) })),
  };
}

/** `open`: paths of the layers whose inside is shown; `outputs`: names of the layers that give the model's outputs. */
export function layoutOf(
  layers: readonly InspectedLayer[],
  open: ReadonlySet<string>,
  outputs: ReadonlySet<string>,
  around = "",
): Layout {
  if (layers.length === 0) return { width: 0, height: 0, boxes: [], lines: [] };
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 28, ranksep: 44, ...(layers.length > MANY && { ranker: "tight-tree" }) });
  graph.setDefaultEdgeLabel(() => ({}));
  // Not by name: names of layers are anything, and dagre keeps nodes in plain objects.
  const ids = new Map(layers.map(({ name }, i) => [name, `n${i}`]));
  const insides = new Map<InspectedLayer, Layout>();
  for (const [i, layer] of layers.entries()) {
    const path = pathOf(around, layer.name);
    const inner = open.has(path) && layer.layers.length > 0 ? layoutOf(layer.layers, open, new Set(), path) : null;
    if (inner !== null) insides.set(layer, inner);
    const width = inner === null ? WIDTH : Math.max(WIDTH, inner.width + 2 * PAD);
    graph.setNode(`n${i}`, { width, height: inner === null ? HEIGHT : inner.height + HEAD + PAD });
  }
  for (const [at, layer] of layers.entries())
    layer.inbound.flat().forEach((from, i) => {
      const id = ids.get(from.layer);
      if (id === undefined) return;
      const source = layers[Number(id.slice(1))]!;
      const label = { width: 64, height: 14, labelpos: "c", text: shapeOf(source, from.output) };
      graph.setEdge(id, `n${at}`, label, `${from.call}.${from.output}.${i}`);
    });
  layout(graph);
  const size = graph.graph() as { readonly width?: number; readonly height?: number };
  const boxes: Box[] = [];
  const lines: Line[] = [];
  for (const [i, layer] of layers.entries()) {
    const node = graph.node(`n${i}`) as unknown as Placed & { readonly width: number; readonly height: number };
    const [x, y] = [node.x - node.width / 2, node.y - node.height / 2];
    const inner = insides.get(layer);
    boxes.push({
      path: pathOf(around, layer.name),
      name: layer.name,
      class: layer.class,
      kind: kindOf(layer),
      x,
      y,
      width: node.width,
      height: node.height,
      parameters: layer.parameters,
      isOutput: outputs.has(layer.name),
      inside: inner !== undefined ? "shown" : layer.layers.length > 0 ? "folded" : "none",
    });
    if (inner === undefined) continue;
    const moved = shifted(inner, x + (node.width - inner.width) / 2, y + HEAD);
    boxes.push(...moved.boxes);
    lines.push(...moved.lines);
  }
  const pathAt = (id: string): string => pathOf(around, layers[Number(id.slice(1))]!.name);
  for (const edge of graph.edges() as readonly { readonly v: string; readonly w: string }[]) {
    const { points, x, y, text } = graph.edge(edge as never) as unknown as Routed & { readonly text: string };
    const middle = points[Math.floor(points.length / 2)]!;
    lines.push({
      from: pathAt(edge.v),
      to: pathAt(edge.w),
      points: points.map((point) => [point.x, point.y] as const),
      label: text,
      at: [x ?? middle.x, y ?? middle.y],
      isMasked: layers[Number(edge.v.slice(1))]!.masked,
    });
  }
  const drawn = { width: size.width ?? 0, height: size.height ?? 0, boxes, lines };
  return around === "" ? inColumns(drawn) : drawn;
}
