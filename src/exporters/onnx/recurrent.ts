/**
 * Recurrent layers as ONNX's own operators: LSTM, GRU and RNN, x[T, B, D]. Masks are exact: the kept steps are moved to
 * the front, the operator runs as many steps as a row keeps, and each step reads what the last kept one before it gave.
 */
import { closed } from "../../graph/bodies.ts";
import { fail } from "../../core/error.ts";
import type { Tensor } from "../../core/tensor.ts";
import { isNode } from "../../ops/slots.ts";
import type { ActivationSpec } from "../../ops/attributes.ts";
import type { Graph, GraphNode, NodeOf, ValueId, WeightRef } from "../../ops/types.ts";
import { gateFunction, type GraphValues } from "./composites.ts";
import type { Attribute, OnnxGraph, OnnxOperand } from "./graph.ts";
import { turned } from "./movement.ts";
import type { OnnxRule } from "./rule.ts";

type Cell = NodeOf<"lstmCell"> | NodeOf<"gruCell"> | NodeOf<"simpleRnnCell">;

const isCell = (node: GraphNode): node is Cell =>
  isNode(node, "lstmCell") || isNode(node, "gruCell") || isNode(node, "simpleRnnCell");

interface Kind {
  readonly op: "LSTM" | "GRU" | "RNN";
  /** Where each of ONNX's gates lies among Keras's. */
  readonly gates: readonly number[];
  readonly activations: readonly ActivationSpec[];
}

function kindOf(cell: Cell): Kind {
  if (cell.op === "simpleRnnCell") return { op: "RNN", gates: [0], activations: [cell.attrs.activation] };
  const { activation, recurrentActivation } = cell.attrs;
  if (cell.op === "gruCell") return { op: "GRU", gates: [0, 1, 2], activations: [recurrentActivation, activation] };
  // Keras has input, forget, candidate, output; ONNX input, output, forget, candidate.
  return { op: "LSTM", gates: [0, 3, 1, 2], activations: [recurrentActivation, activation, activation] };
}

const weightOf = (values: GraphValues, body: Graph, id: ValueId): WeightRef | undefined => {
  const outer = body.captures.find(({ inner }) => inner === id)?.outer ?? id;
  const from = values.get(outer)?.from;
  return from !== undefined && "weight" in from ? from.weight : undefined;
};

/** The step is one cell over weights, which gives its states as they are, with activations that ONNX has. */
export function takesRnn(node: NodeOf<"rnn">, values: GraphValues): boolean {
  const body = node.body!;
  const [cell] = body.nodes;
  if (body.nodes.length !== 1 || cell === undefined || !isCell(cell)) return false;
  const states = cell.op === "lstmCell" ? [cell.out.h, cell.out.c] : [cell.out.h];
  const reads = cell.op === "lstmCell" ? [cell.in.x, cell.in.h, cell.in.c] : [cell.in.x, cell.in.h];
  const weights = [cell.in.kernel, cell.in.recurrent, ...(cell.in.bias === null ? [] : [cell.in.bias])];
  return (
    body.outputs.join() === [cell.out.h, ...states].join() &&
    body.inputs.join() === reads.join() &&
    values.get(node.in.x)!.dtype === "float32" &&
    (node.in.mask === null || values.get(node.in.mask)!.shape!.length === 2) &&
    weights.every((id) => weightOf(values, body, id)?.shape?.includes(0) === false) &&
    kindOf(cell).activations.every((spec) => gateFunction(spec) !== undefined)
  );
}

/** Rows of gates: m[rows, gates · units] → [1, gates · units, rows], the gates in ONNX's order. */
function gateRows({ data }: Tensor, rows: number, units: number, gates: readonly number[]): Float32Array {
  const out = new Float32Array(gates.length * units * rows);
  const columns = gates.length * units;
  gates.forEach((from, gate) => {
    for (let unit = 0; unit < units; unit++) {
      for (let row = 0; row < rows; row++)
        out[(gate * units + unit) * rows + row] = data[row * columns + from * units + unit] as number;
    }
  });
  return out;
}

interface RecurrentWeights {
  readonly kernel: string;
  readonly recurrent: string;
  readonly bias: string;
  readonly units: number;
}

/** W[1, G·H, D], R[1, G·H, H], B[1, 2·G·H]: the bias of the input, then that of the state. */
function weightsOf(g: OnnxGraph, cell: Cell, { op, gates }: Kind, find: (id: ValueId) => WeightRef): RecurrentWeights {
  const [kernel, recurrent] = [find(cell.in.kernel), find(cell.in.recurrent)];
  const [depth, units] = [kernel.shape![0]!, recurrent.shape![0]!];
  const wide = gates.length * units;
  const made = (weight: WeightRef, rows: number): string =>
    g.form(weight, op, "float32", [1, wide, rows], (value) => ({
      dtype: "float32",
      shape: [1, wide, rows],
      data: gateRows(value, rows, units, gates),
    }));
  const biased = (weight: WeightRef): string =>
    g.form(weight, op, "float32", [1, 2 * wide], (value) => {
      const data = new Float32Array(2 * wide);
      const rows = value.shape.length === 2 ? 2 : 1;
      for (let row = 0; row < rows; row++) {
        const part = { ...value, data: (value.data as Float32Array).subarray(row * wide, (row + 1) * wide) };
        data.set(gateRows(part, 1, units, gates), row * wide);
      }
      return { dtype: "float32", shape: [1, 2 * wide], data };
    });
  return {
    kernel: made(kernel, depth),
    recurrent: made(recurrent, units),
    bias: cell.in.bias === null ? "" : biased(find(cell.in.bias)),
    units,
  };
}

/** Rows `index`[T, B] of x[T, B, …]: those of the flattened table, T·B rows, at index·B + row. */
function rowsAt(g: OnnxGraph, x: string, width: number, index: string): string {
  const batch = g.length(index, 1);
  const plain = g.node("Squeeze", [batch, g.ints([0])]);
  const row = g.node("Range", [g.scalar(0, "int64"), plain, g.scalar(1, "int64")]);
  const at = g.node("Add", [g.node("Mul", [index, batch]), row]);
  return g.node("Gather", [g.node("Reshape", [x, g.ints([-1, width])]), at], { axis: 0 });
}

/** The kept steps of a mask[T, B]: their places in order, how many, and for each step how many up to it, less one. */
function keptSteps(
  g: OnnxGraph,
  mask: string,
): { readonly order: string; readonly count: string; readonly last: string } {
  const steps = g.length(mask, 0);
  // Kept ones first, each before those behind it: engines differ in how they order equal ones.
  const ends = [g.scalar(0, "int64"), g.node("Squeeze", [steps, g.ints([0])]), g.scalar(1, "int64")];
  const step = g.cast(g.node("Unsqueeze", [g.node("Range", ends), g.ints([1])]), "int64", "float32");
  const shown = g.node("Mul", [g.cast(mask, "bool", "float32"), g.cast(steps, "int64", "float32")]);
  const order = g.raw("TopK", [g.node("Sub", [shown, step]), steps], { axis: 0, largest: 1, sorted: 1 }, 2)[1]!;
  const count = g.node("ReduceSum", [g.cast(mask, "bool", "int32"), g.ints([0])], { keepdims: 0 });
  const upTo = g.node("CumSum", [g.cast(mask, "bool", "int64"), g.scalar(0, "int64")]);
  return { order, count, last: g.node("Sub", [upTo, g.scalar(1, "int64")]) };
}

function attributesOf(cell: Cell, { op, activations }: Kind, units: number): Record<string, Attribute> {
  const functions = activations.map((spec) => gateFunction(spec)!);
  const alpha = functions.flatMap(([, ...numbers]) => numbers.slice(0, 1));
  const beta = functions.flatMap(([, ...numbers]) => numbers.slice(1, 2));
  return {
    hidden_size: units,
    activations: functions.map(([name]) => name),
    ...(alpha.length > 0 && { activation_alpha: { floats: alpha } }),
    ...(beta.length > 0 && { activation_beta: { floats: beta } }),
    ...(op === "GRU" && { linear_before_reset: Number((cell as NodeOf<"gruCell">).attrs.resetAfter) }),
  };
}

export const rnn: OnnxRule<"rnn"> = (g, { x, mask, states }, a, node) => {
  const whole = closed(node) as NodeOf<"rnn">;
  const body = whole.body!;
  const cell = body.nodes[0] as Cell;
  const kind = kindOf(cell);
  const find = (id: ValueId): WeightRef =>
    weightOf(body.values, body, id) ?? fail("internal/graph", { source: "onnx", message: "a cell without weights" });
  const { kernel, recurrent, bias, units } = weightsOf(g, cell, kind, find);
  const timeFirst = (name: string, rank: number): string =>
    a.axis === 0 ? name : g.transpose(name, [1, 0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2)]);
  // ONNX's own "reverse" gives its outputs in the order of the input, ours come as they are made; OpenVINO computes it wrong.
  const towards = (name: string): string => (a.goBackwards ? turned(g, name, [0]) : name);
  const sequence = towards(timeFirst(x.name, 3));
  const shows = mask === null ? null : towards(timeFirst(mask.name, 2));
  const kept = shows === null ? null : keptSteps(g, shows);
  const depth = find(cell.in.kernel).shape![0]!;
  const packed = kept === null ? sequence : rowsAt(g, sequence, depth, kept.order);
  const first = states.map((state: OnnxOperand) => g.node("Unsqueeze", [state.name, g.ints([0])]));
  const inputs = [packed, kernel, recurrent, bias, kept?.count ?? "", ...first];
  const attributes = attributesOf(cell, kind, units);
  const [all, ...ends] = g.raw(kind.op, inputs, attributes, kind.op === "LSTM" ? 3 : 2);
  const next = ends.map((name) => g.node("Squeeze", [name, g.ints([0])]));
  const y = g.node("Squeeze", [all!, g.ints([1])]);
  if (kept === null) return { sequence: timeFirst(y, 3), last: next[0]!, states: next };
  const zero = g.scalar(0, "int64");
  const there = rowsAt(g, y, units, g.node("Max", [kept.last, zero]));
  const isShown = a.zeroOutputForMask ? shows! : g.node("GreaterOrEqual", [kept.last, zero]);
  const shown = g.node("Where", [g.node("Unsqueeze", [isShown, g.ints([2])]), there, g.scalar(0, "float32")]);
  const last = g.node("Gather", [shown, g.scalar(-1, "int64")], { axis: 0 });
  return { sequence: timeFirst(shown, 3), last, states: next };
};
