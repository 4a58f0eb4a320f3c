/** A model's layers with shapes, connections and parameter counts, and the table that Keras prints of them. */
import { itemSize } from "../core/dtype.ts";
import { formatProblem, printable, type Problem } from "../core/error.ts";
import type { OptionKinds } from "../core/guard.ts";
import { showShape, sizeOf } from "../core/tensor.ts";
import type { InputSpec, LayerNode } from "../layers/define.ts";
import type { ModelData } from "../model/bind.ts";
import { inboundOf, isChain, type Origin } from "../model/edges.ts";
import { allNodes, childrenOf, topLayers } from "../model/walk.ts";
import type { Graph, Shape } from "../ops/types.ts";

/** A layer, as callers see it. */
export interface LayerInfo {
  /** Its name in the model. */
  readonly name: string;
  /** Keras's class, as the file has it. */
  readonly class: string;
  /** Of its first call; an array of shapes for several outputs; null where unknown. */
  readonly outputShape: Shape | readonly (Shape | null)[] | null;
  /** Numbers in its weights, those of layers inside included. */
  readonly parameters: number;
  /** Those that training changes. */
  readonly trainableParameters: number;
  /** Of its weights in memory. */
  readonly bytes: number;
  /** Whether `fit` changes its weights. */
  readonly trainable: boolean;
  /** For each of its calls: the outputs of layers that it takes. Empty for an input, and for what is inside a wrapper. */
  readonly inbound: readonly (readonly Origin[])[];
  /** Layers inside. */
  readonly layers: readonly LayerInfo[];
}

interface Count {
  trainable: number;
  other: number;
  bytes: number;
  trainableBytes: number;
}

/** Numbers in the weights of a layer and all below it, shared ones once. */
export function countParameters(node: LayerNode): Count {
  const count: Count = { trainable: 0, other: 0, bytes: 0, trainableBytes: 0 };
  const seen = new Set<unknown>();
  for (const inner of allNodes(node)) {
    for (const weight of [...inner.weights.values(), ...(inner.kept ?? [])]) {
      if (seen.has(weight)) continue;
      seen.add(weight);
      const size = sizeOf(weight.shape ?? [0]);
      const bytes = size * itemSize(weight.dtype);
      count[weight.trainable ? "trainable" : "other"] += size;
      count.bytes += bytes;
      if (weight.trainable) count.trainableBytes += bytes;
    }
  }
  return count;
}

/** Shapes of the outputs of each call, by path; the first call's where a layer is called again. */
function shapesOf(graph: Graph | null): ReadonlyMap<string, readonly (Shape | null)[]> {
  const shapes = new Map<string, readonly (Shape | null)[]>();
  for (const { path, outputs } of graph?.calls ?? [])
    if (!shapes.has(path))
      shapes.set(
        path,
        outputs.map((id) => graph!.values.get(id)!.shape),
      );
  return shapes;
}

function infoOf(
  node: LayerNode,
  inbound: LayerInfo["inbound"],
  shapes: ReadonlyMap<string, readonly (Shape | null)[]>,
): LayerInfo {
  const { trainable, other, bytes } = countParameters(node);
  const made = node.class === "InputLayer" ? [node.batchShape] : (shapes.get(node.path) ?? []);
  return {
    name: node.name,
    class: node.class,
    outputShape: made.length === 1 ? made[0]! : made.length === 0 ? null : made,
    parameters: trainable + other,
    trainableParameters: trainable,
    bytes,
    trainable: node.trainable,
    inbound,
    layers: infosOf(node, shownChildren(node), shapes),
  };
}

function infosOf(
  around: LayerNode,
  nodes: readonly LayerNode[],
  shapes: ReadonlyMap<string, readonly (Shape | null)[]>,
): readonly LayerInfo[] {
  const inbound = inboundOf(around);
  return nodes.map((node) => infoOf(node, inbound.get(node.name) ?? [], shapes));
}

/** Those that a user made: the cell of an LSTM is the layer's own affair. */
export const shownChildren = (node: LayerNode): readonly LayerNode[] =>
  childrenOf(node).filter(({ raw, def }) => raw !== null || def?.kind !== "cell");

/** The model's own layers; shapes where there is a graph. */
export function layersOf(root: LayerNode, graph: Graph | null): readonly LayerInfo[] {
  return infosOf(root, topLayers(root), shapesOf(graph));
}

const pythonShape = (shape: Shape | null): string =>
  shape === null ? "?" : `(${shape.map((n) => n ?? "None").join(", ")}${shape.length === 1 ? "," : ""})`;

function isShapes(shape: Shape | readonly (Shape | null)[]): shape is readonly (Shape | null)[] {
  return shape.some((entry) => Array.isArray(entry));
}

function showOutput(shape: LayerInfo["outputShape"]): string {
  if (shape === null) return "?";
  return isShapes(shape) ? `[${shape.map(pythonShape).join(", ")}]` : pythonShape(shape);
}

const grouped = (n: number): string => n.toLocaleString("en-US");

/** As Keras writes a size: `3.74 KB`. Source: keras/src/utils/summary_utils.py. */
export function readableBytes(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  const power = Math.min(bytes < 1024 ? 0 : Math.floor(Math.log2(bytes) / 10), units.length - 1);
  return `${(bytes / 1024 ** power).toFixed(2)} ${units[power]}`;
}

/** `lower[0][0], upper[0][0]`: each of the outputs that a layer takes; `-` for none. */
export function connectedTo({ inbound }: Pick<LayerInfo, "inbound">): string {
  const from = inbound.flat().map(({ layer, call, output }) => `${printable(layer)}[${call}][${output}]`);
  return from.length === 0 ? "-" : from.join(", ");
}

/** Every layer with its depth, those inside after the one around them; only the outermost where not `nested`. */
export function flatLayers<L extends { readonly layers: readonly L[] }>(
  layers: readonly L[],
  nested: boolean,
  depth = 0,
): readonly { readonly layer: L; readonly depth: number }[] {
  return layers.flatMap((layer) => [{ layer, depth }, ...(nested ? flatLayers(layer.layers, nested, depth + 1) : [])]);
}

/** Options of `summary`. */
export interface SummaryOptions {
  /** Layers inside wrappers and models too, indented. Default false, as in Keras. */
  readonly nested?: boolean;
  /** A column that says which layers are trainable. Default false. */
  readonly trainable?: boolean;
}

export const SUMMARY_OPTIONS: OptionKinds<SummaryOptions> = { nested: "boolean", trainable: "boolean" };

/** Layer (type), output shape, parameters, and what it is connected to where the model is no chain; then the totals. */
export function summaryOf(root: LayerNode, graph: Graph | null, options: SummaryOptions = {}): string {
  const { nested = false, trainable: showTrainable = false } = options;
  const connected = !isChain(root);
  // Keras shows no InputLayer of a Sequential.
  const isShown = ({ class: name }: LayerInfo): boolean => name !== "InputLayer" || root.options.has("input_layers");
  const layers = flatLayers(layersOf(root, graph).filter(isShown), nested);
  const header = [
    "Layer (type)",
    "Output Shape",
    "Param #",
    ...(connected ? ["Connected to"] : []),
    ...(showTrainable ? ["Trainable"] : []),
  ];
  const rows = layers.map(({ layer, depth }) => [
    `${"  ".repeat(depth)}${printable(layer.name)} (${printable(layer.class)})`,
    showOutput(layer.outputShape),
    grouped(layer.parameters),
    ...(connected ? [connectedTo(layer)] : []),
    ...(showTrainable ? [layer.trainable ? "Y" : "N"] : []),
  ]);
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (left: string, mid: string, right: string, fill: string): string =>
    left + widths.map((w) => fill.repeat(w + 2)).join(mid) + right;
  const row = (cells: readonly string[]): string =>
    `│ ${cells.map((cell, i) => (i === 2 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join(" │ ")} │`;
  const { trainable, other, bytes, trainableBytes } = countParameters(root);
  const total = (n: number, size: number): string => `${grouped(n)} (${readableBytes(size)})`;
  return [
    `Model: "${printable(root.name)}"`,
    line("┌", "┬", "┐", "─"),
    row(header),
    line("├", "┼", "┤", "─"),
    ...rows.map(row),
    line("└", "┴", "┘", "─"),
    ` Total params: ${total(trainable + other, bytes)}`,
    ` Trainable params: ${total(trainable, trainableBytes)}`,
    ` Non-trainable params: ${total(other, bytes - trainableBytes)}`,
  ].join("\n");
}

/** A model in a few lines, as `console.log` shows it: name, file, size, inputs, outputs, what keeps it from running. */
export function describe(
  { archive, root }: ModelData,
  inputs: readonly InputSpec[],
  outputs: readonly InputSpec[],
  problems: readonly Problem[],
): string {
  const ends = (list: readonly InputSpec[]): string =>
    list.map(({ name, shape, dtype }) => `${printable(name)} ${dtype} ${showShape(shape)}`).join(", ") || "?";
  const { trainable, other } = countParameters(root);
  const from = archive === null ? "" : ` (${archive.format}, ${printable(archive.file)})`;
  return [
    `Model "${printable(root.name)}"${from}: ${topLayers(root).length} layers, ${grouped(trainable + other)} parameters`,
    `  ${ends(inputs)} → ${ends(outputs)}`,
    ...problems.map((problem) => `  ${formatProblem(problem, "problem")}`),
  ].join("\n");
}
