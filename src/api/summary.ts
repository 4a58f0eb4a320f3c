/** A model's layers with shapes and parameter counts, and the table that Keras prints of them. */
import { formatProblem, printable, type Problem } from "../core/error.ts";
import { showShape, sizeOf } from "../core/tensor.ts";
import type { InputSpec, LayerNode } from "../layers/define.ts";
import type { ModelData } from "../model/bind.ts";
import { allNodes, topLayers } from "../model/walk.ts";
import type { Graph, Shape } from "../ops/types.ts";

export interface LayerInfo {
  readonly name: string;
  readonly class: string;
  /** Of its first call; an array of shapes for several outputs; null where unknown. */
  readonly outputShape: Shape | readonly (Shape | null)[] | null;
  /** Numbers in its weights, those of layers inside included. */
  readonly parameters: number;
  readonly trainable: boolean;
}

/** Numbers in the weights of a layer and all below it, shared ones once. */
export function countParameters(node: LayerNode): { trainable: number; other: number } {
  const count = { trainable: 0, other: 0 };
  for (const inner of allNodes(node)) {
    for (const weight of inner.weights.values())
      count[weight.trainable ? "trainable" : "other"] += sizeOf(weight.shape ?? [0]);
  }
  return count;
}

function outputShape(node: LayerNode, graph: Graph | null): LayerInfo["outputShape"] {
  if (node.class === "InputLayer") return node.batchShape;
  const call = graph?.calls.find((c) => c.path === node.name);
  const shapes = call?.outputs.map((id) => graph!.values.get(id)!.shape) ?? [];
  return shapes.length === 1 ? shapes[0]! : shapes.length === 0 ? null : shapes;
}

export function layersOf(root: LayerNode, graph: Graph | null): readonly LayerInfo[] {
  return topLayers(root).map((node) => {
    const { trainable, other } = countParameters(node);
    return {
      name: node.name,
      class: node.class,
      outputShape: outputShape(node, graph),
      parameters: trainable + other,
      trainable: node.trainable,
    };
  });
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

/** Layer (type), output shape, parameters; then the totals. */
export function summaryOf(root: LayerNode, graph: Graph | null): string {
  const rows = layersOf(root, graph).map((l) => [
    `${printable(l.name)} (${printable(l.class)})`,
    showOutput(l.outputShape),
    grouped(l.parameters),
  ]);
  const header = ["Layer (type)", "Output Shape", "Param #"];
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (left: string, mid: string, right: string, fill: string): string =>
    left + widths.map((w) => fill.repeat(w + 2)).join(mid) + right;
  const row = (cells: readonly string[]): string =>
    `│ ${cells.map((cell, i) => (i === 2 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join(" │ ")} │`;
  const { trainable, other } = countParameters(root);
  return [
    `Model: "${printable(root.name)}"`,
    line("┌", "┬", "┐", "─"),
    row(header),
    line("├", "┼", "┤", "─"),
    ...rows.map(row),
    line("└", "┴", "┘", "─"),
    ` Total params: ${grouped(trainable + other)}`,
    ` Trainable params: ${grouped(trainable)}`,
    ` Non-trainable params: ${grouped(other)}`,
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
