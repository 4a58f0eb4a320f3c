/** Recurrent layers whose step is one cell, and cells by themselves (one step). */
import { fail } from "../../../core/error.ts";
import { sizeOf } from "../../../core/tensor.ts";
import type { ActivationSpec } from "../../../ops/attributes.ts";
import type { AttrsOf, In } from "../../../ops/signatures.ts";
import { isNode, makesOf, readsOf } from "../../../ops/slots.ts";
import { stridesOf } from "../../../ops/strided.ts";
import type { Graph, GraphNode, NodeOf, Value, ValueId } from "../../../ops/types.ts";
import { isFused } from "../kernels/activations.ts";
import { type CellName, cellNamed, panelsOf, type Stage, UNITS } from "../kernels/cells.ts";
import { copy, fill } from "../kernels/copy.ts";
import { RECURRENT, recurrentKernel, STAGE } from "../kernels/recurrent.ts";
import { MEETING_BYTES, recurrentShared, SHARED } from "../kernels/recurrent-shared.ts";
import { isSingle } from "../kernels/storage.ts";
import { MOST_ROWS } from "../kernels/tile.ts";
import {
  type KernelArg,
  type KernelCut,
  type NodeInput,
  type LastRule,
  type Output,
  type Place,
  shifted,
  type Site,
  type SiteOf,
  type Form,
} from "../kernels/types.ts";
import { inputBytes } from "../kernels/weight-form.ts";
import { inWords } from "../kernels/words.ts";
import { packed } from "./gates.ts";
import { runGemm } from "./matmul.ts";

type Values = ReadonlyMap<ValueId, Value>;
/** The cells that have kernels. */
type CellNode = NodeOf<"lstmCell"> | NodeOf<"gruCell"> | NodeOf<"simpleRnnCell">;

const isCell = (node: GraphNode): node is CellNode =>
  isNode(node, "lstmCell") || isNode(node, "gruCell") || isNode(node, "simpleRnnCell");

/** A node or site of a cell. */
type CellSpec = { readonly [N in CellNode["op"]]: { readonly op: N; readonly attrs: AttrsOf<N> } }[CellNode["op"]];

/** What a cell's kernels are made for. */
interface CellKind {
  readonly name: CellName;
  readonly activation: ActivationSpec;
  readonly recurrentActivation: ActivationSpec | undefined;
}

function kindOf(cell: CellSpec): CellKind {
  if (cell.op === "simpleRnnCell")
    return { name: "simple", activation: cell.attrs.activation, recurrentActivation: undefined };
  const { activation, recurrentActivation } = cell.attrs;
  if (cell.op === "lstmCell") return { name: "lstm", activation, recurrentActivation };
  return { name: cell.attrs.resetAfter ? "gru" : "gru, reset before", activation, recurrentActivation };
}

/** Whether a cell's step has features: a kernel without rows is spelt out, its loops would not know when to end. */
export function hasFeatures(cell: CellNode | NodeOf<"convLstmCell">, values: Values): boolean {
  return sizeOf(values.get(cell.in.kernel)!.shape as readonly number[]) > 0;
}

/** In float32, with activations that the kernels know. */
export function takesCell(cell: CellNode, values: Values): boolean {
  const { activation, recurrentActivation } = kindOf(cell);
  return (
    hasFeatures(cell, values) &&
    readsOf(cell).every((id) => isSingle(values.get(id)!.dtype)) &&
    isFused(activation) &&
    (recurrentActivation === undefined || isFused(recurrentActivation))
  );
}

/** The body's only node, a cell that reads the inputs in their order and values from outside; the step's y is h. */
export function cellOf<C extends GraphNode>(body: Graph, isKnown: (node: GraphNode) => node is C): C | undefined {
  const cell = body.nodes[0];
  if (body.nodes.length !== 1 || cell === undefined || !isKnown(cell)) return undefined;
  const [reads, makes] = [readsOf(cell), makesOf(cell)];
  const straight = body.inputs.every((id, i) => reads[i] === id);
  const known = new Set(body.captures.map((capture) => capture.inner));
  const outside = (id: ValueId): boolean => known.has(id) || body.values.get(id)?.from !== undefined;
  const captured = reads.slice(body.inputs.length).every(outside);
  const [y, ...states] = body.outputs;
  const gives = y === makes[0] && states.length === makes.length && states.every((id, i) => id === makes[i]);
  return straight && captured && gives ? cell : undefined;
}

/** Finds the captured operand that stands for a value inside the body. */
export const operandsOf =
  (body: Graph, captured: readonly NodeInput[]) =>
  (id: ValueId): NodeInput =>
    captured[body.captures.findIndex((capture) => capture.inner === id)]!;

/** Whether a recurrent layer is one that a kernel runs whole. */
export function takesRnn(node: NodeOf<"rnn">, values: Values): boolean {
  const cell = cellOf(node.body!, isCell);
  // A mask of places within a step is spelt out.
  const plain =
    node.in.mask === null ||
    values
      .get(node.in.mask)!
      .shape!.slice(2)
      .every((n) => n === 1);
  return cell !== undefined && plain && takesCell(cell, node.body!.values);
}

/** A cell, its sizes and its weights. */
interface Layer {
  readonly kind: CellKind;
  readonly rows: number;
  readonly steps: number;
  readonly depth: number;
  readonly units: number;
  readonly kernel: NodeInput;
  readonly recurrent: NodeInput;
  readonly bias: NodeInput | null;
}

function run(site: Site, { kernel, args }: ReturnType<typeof copy>): void {
  site.run(kernel, args);
}

interface RecurrentRun {
  /** Time-major: [steps, rows, depth]. */
  readonly x: Place;
  /** Whether the last step comes first. */
  readonly backwards: boolean;
  readonly h0: Place;
  readonly c: Place;
  /** [steps, rows, units]: h of every step, if it is wanted. */
  readonly history: Place | undefined;
  readonly mask?: { readonly place: Place; readonly zero: boolean; readonly y: Place };
}

/** What a stage reads in every step: packed kernels, their biases, and room for projected inputs. */
interface StageOperands {
  readonly gates: number;
  readonly kernel: Place;
  readonly recurrent: Place;
  readonly bias: KernelArg;
  readonly recurrentBias: KernelArg;
  readonly projected: Place | undefined;
}

const hasTwoBiases = ({ bias }: Layer): boolean => bias !== null && bias.shape.length === 2;

/** Columns of a projected input: all gates of a stage, by panels. */
const columnsOf = ({ units }: Layer, gates: number): number => panelsOf(units) * gates * UNITS;

/** That of both kernels, if they share one; several rows have no kernel for int8. */
function formOfLayer(site: Site, { kernel, recurrent, rows }: Layer): Form | undefined {
  return kernel.weight === undefined ? undefined : site.form(recurrent, rows > 1);
}

function stageOperands(site: Site, layer: Layer, stage: Stage): StageOperands {
  const { rows, steps, depth, units } = layer;
  const gates = { first: stage.first, count: stage.gates, total: cellNamed(layer.kind.name).gates };
  const form = formOfLayer(site, layer);
  const pack = (input: NodeInput, depthOf: number, how: Parameters<typeof packed>[5]): Place =>
    packed(site, units, gates, input, depthOf, how);
  return {
    gates: stage.gates,
    kernel: pack(layer.kernel, depth, { form }),
    recurrent: pack(layer.recurrent, units, { form }),
    bias: layer.bias === null ? 0 : pack(layer.bias, 1, {}),
    recurrentBias: hasTwoBiases(layer) ? pack(layer.bias!, 1, { firstRow: 1 }) : 0,
    projected: rows === 1 ? site.scratch(4 * Math.min(steps, PROJECTED) * columnsOf(layer, stage.gates)) : undefined,
  };
}

/** Steps of a single row whose input is projected at a time: the more, the more memory, and no faster. */
const PROJECTED = 32;

/** Of two halves together. */
const LEAST_UNITS = 32;

/** The place of the step that comes first of `steps`. */
const firstOf = (backwards: boolean, place: Place, steps: number, step: number): Place =>
  backwards ? shifted(place, (steps - 1) * step) : place;

type StageArgs = { readonly [N in keyof typeof STAGE]: KernelArg };

/** Arguments of a stage for `count` steps whose input starts at `x`. */
function stageArgs(site: Site, layer: Layer, o: StageOperands, x: Place, count: number, backwards: boolean): StageArgs {
  const { rows, depth } = layer;
  let [from, step] = [x, 4 * rows * depth];
  if (o.projected !== undefined) {
    const columns = columnsOf(layer, o.gates);
    const form = formOfLayer(site, layer);
    runGemm(site, { depth, columns, bias: o.bias !== 0, width: o.gates * UNITS, form }, [
      x,
      o.kernel,
      o.projected,
      count,
      o.bias,
    ]);
    [from, step] = [o.projected, 4 * columns];
  }
  const turn = backwards ? -1 : 1;
  const { kernel, recurrent, bias, recurrentBias } = o;
  return { x: firstOf(backwards, from, count, step), xStep: turn * step, kernel, recurrent, bias, recurrentBias };
}

/** Plans all steps; gives the place of the last h. */
function planSteps(site: Site, layer: Layer, r: RecurrentRun): Place {
  const { kind, rows, steps, depth, units } = layer;
  const { stages } = cellNamed(kind.name);
  const state = 4 * rows * units;
  const operands = stages.map((stage) => stageOperands(site, layer, stage));
  const keeps = r.history !== undefined && r.mask === undefined;
  const { mask, backwards } = r;
  const form = formOfLayer(site, layer);
  const gates = stages.reduce((sum, stage) => sum + stage.gates, 0);
  const workOf = (count: number): number => count * rows * gates * units * (rows === 1 ? units : depth + units);
  // Two threads with half of the units each. They meet at every stage of a step, as long as some work takes.
  const hasHalves = rows <= MOST_ROWS && units >= LEAST_UNITS;
  const inHalves = { lengths: [2], work: workOf(Math.min(steps, PROJECTED)) / 2 / stages.length, each: 1 };
  const isShared = hasHalves && site.shares(inHalves);
  const cutOf = (count: number): KernelCut =>
    isShared ? inHalves : { lengths: [rows], unit: MOST_ROWS, work: workOf(count), each: 2 };
  const kernel = (isShared ? recurrentShared : recurrentKernel)({
    cell: kind.name,
    activation: kind.activation.fn,
    recurrentActivation: kind.recurrentActivation?.fn ?? "",
    depth,
    units,
    single: rows === 1,
    bias: layer.bias !== null,
    recurrentBias: hasTwoBiases(layer),
    mask: mask === undefined ? "none" : mask.zero ? "zero" : "repeat",
    history: keeps || isShared,
    ...(isShared && { shared: isShared }),
    ...(form && { form }),
  });
  const sumsBytes = rows === 1 ? 4 * Math.max(...stages.map((stage) => columnsOf(layer, stage.gates))) : 0;
  const scratch = () => ({
    sums: sumsBytes === 0 ? 0 : site.scratch(sumsBytes),
    quantised: form?.quantise ? site.scratch(inputBytes(form, units)) : 0,
  });
  const scratches = isShared ? [scratch(), scratch()] : [scratch()];
  const atOnce = isShared || rows === 1 ? Math.min(steps, PROJECTED) : steps;
  const kept = isShared ? atOnce * state : state;
  const [update, reset] = stages.length > 1 ? [site.scratch(kept), site.scratch(kept)] : [0, 0];
  const places = keeps ? [r.history, r.history] : [site.scratch(kept), site.scratch(kept)];
  const cRows = isShared && cellNamed(kind.name).hasC ? site.scratch(kept) : 0;
  const meeting = isShared ? site.scratch(MEETING_BYTES) : 0;
  let h = r.h0;
  let before: KernelArg = 0;
  if (mask !== undefined) {
    before = site.scratch(state);
    run(site, fill(before, rows * units, 0, "f32"));
  }

  /** `count` steps from `first` on, in the order in which they are taken. */
  const some = (first: number, count: number): void => {
    const at = backwards ? steps - first - count : first;
    const staged = operands.map((o) =>
      stageArgs(site, layer, o, shifted(r.x, 4 * at * rows * depth), count, backwards),
    );
    const turn = backwards ? -1 : 1;
    // Shared: what the steps before have made stays until nobody reads it.
    const out = keeps ? shifted(places[0]!, first * state) : places[isShared ? (first / atOnce) % 2 : 0]!;
    const other = keeps || isShared ? state : places[1]!;
    const masks: readonly [KernelArg, KernelArg, KernelArg, KernelArg, KernelArg] =
      mask === undefined
        ? [0, 0, 0, 0, 0]
        : [firstOf(backwards, shifted(mask.place, 4 * at * rows), count, 4 * rows), turn * 4 * rows, shifted(mask.y, first * state), state, before]; // prettier-ignore
    if (typeof meeting !== "number") run(site, fill(meeting, MEETING_BYTES / 4, 0, "i32"));
    site.split(kernel, cutOf(count), ({ from, lengths }) => {
      const [row, length] = isShared ? [0, rows] : [from[0]!, lengths[0]!];
      const half = isShared ? from[0]! : 0;
      const moved = (arg: KernelArg, floats: number): KernelArg =>
        typeof arg === "number" ? arg : shifted(arg, 4 * row * floats);
      const [maskAt, maskStep, y, yStep, yBefore] = masks;
      const own = inWords(RECURRENT, {
        h0: moved(h, units),
        c: moved(r.c, units),
        cRows,
        out: moved(out, units),
        outStep: moved(other, units),
        steps: count,
        rows: length,
        ...scratches[half]!,
        update: moved(update, units),
        reset: moved(reset, units),
        mask: moved(maskAt, 1),
        maskStep,
        y: moved(y, units),
        yStep,
        yBefore: moved(yBefore, units),
      });
      const stages = staged.flatMap((stage) => inWords(STAGE, { ...stage, x: moved(stage.x, depth) }));
      return [...own, ...stages, ...(isShared ? inWords(SHARED, { half, meeting }) : [])];
    });
    const last = (count - 1) * state;
    const isOdd = count % 2 === 1;
    h = keeps || isShared ? shifted(out, last) : isOdd ? places[0]! : places[1]!;
    if (typeof cRows !== "number") run(site, copy(shifted(cRows, last), r.c, [rows * units], [[1], [1]], 4));
    if (mask !== undefined) before = shifted(mask.y, (first + count - 1) * state);
  };
  for (let first = 0; first < steps; first += atOnce) some(first, Math.min(atOnce, steps - first));
  return h;
}

/** [a, b, ...] → [b, a, ...] in scratch memory, if that moves anything. */
function swapped(site: Site, place: Place, [a, b, inner]: readonly [number, number, number]): Place {
  if (a === 1 || b === 1) return place;
  const target = site.scratch(4 * a * b * inner);
  const strides = stridesOf([a, b, inner]);
  run(site, copy(place, target, [b, a, inner], [[strides[1]!, strides[0]!, 1], stridesOf([b, a, inner])], 4));
  return target;
}

/** Throws `mismatch/shape` for a sequence without steps. */
export function refuseNoSteps(steps: number): void {
  if (steps === 0)
    fail("mismatch/shape", { source: "wasm", path: "rnn", expected: "at least one step", found: "a length of 0" });
}

export const rnnRule: LastRule<"rnn"> = (site) => {
  const body = site.body!;
  const cell = cellOf(body, isCell)!;
  const { x, mask, states, captured } = site.in;
  const { sequence: y, last: lastY, states: lastStates } = site.out;
  const { hasC } = cellNamed(kindOf(cell).name);
  const batchFirst = site.attrs.axis === 1;
  const [major, minor, depth] = x.shape as [number, number, number];
  const [rows, steps] = batchFirst ? [major, minor] : [minor, major];
  const h0 = states[0]!;
  const units = h0.shape[1]!;
  const operand = operandsOf(body, captured);
  const layer: Layer = {
    kind: kindOf(cell),
    rows,
    steps,
    depth,
    units,
    kernel: operand(cell.in.kernel),
    recurrent: operand(cell.in.recurrent),
    bias: cell.in.bias === null ? null : operand(cell.in.bias),
  };
  const state = rows * units;
  const move = (from: Place, to: Place) => run(site, copy(from, to, [state], [[1], [1]], 4));
  refuseNoSteps(steps);
  const turned = (place: Place, inner: number): Place =>
    batchFirst ? swapped(site, place, [rows, steps, inner]) : place;
  const c = hasC ? lastStates[1]!.place() : h0.place();
  if (hasC) move(states[1]!.place(), c);
  const sequenceUsed = y.isUsed || mask !== null;
  const direct = !batchFirst || rows === 1 || steps === 1;
  const sequence = sequenceUsed ? (direct ? y.place() : site.scratch(4 * steps * state)) : undefined;
  const last = planSteps(site, layer, {
    x: turned(x.place(), depth),
    backwards: site.attrs.goBackwards,
    h0: h0.place(),
    c,
    history: sequence,
    ...(mask !== null && {
      mask: { place: turned(mask.place(), 1), zero: site.attrs.zeroOutputForMask, y: sequence! },
    }),
  });
  if (y.isUsed && !direct) {
    run(site, copy(sequence!, y.place(), [steps, rows, units], [stridesOf([steps, rows, units]), [units, steps * units, 1]], 4)); // prettier-ignore
  }
  if (lastY.isUsed) move(mask !== null ? shifted(sequence!, 4 * (steps - 1) * state) : last, lastY.place());
  if (lastStates[0]!.isUsed) move(last, lastStates[0]!.place());
};

/** A cell by itself: one step. */
function planCell(site: Site, kind: CellKind, x: In<"gruCell", NodeInput>, h: Output, c: Place): void {
  const [rows, depth] = x.x.shape as [number, number];
  const { kernel, recurrent, bias } = x;
  const layer = { kind, rows, steps: 1, depth, units: x.h.shape[1]!, kernel, recurrent, bias };
  planSteps(site, layer, { x: x.x.place(), backwards: false, h0: x.h.place(), c, history: h.place() });
}

export const lstmCellRule: LastRule<"lstmCell"> = (site) => {
  const c = site.out.c.place();
  run(site, copy(site.in.c.place(), c, [sizeOf(site.in.c.shape)], [[1], [1]], 4));
  planCell(site, kindOf(site), site.in, site.out.h, c);
};

/** Plans a cell that is called by itself: one step. */
export function cellRule(site: SiteOf<"gruCell"> | SiteOf<"simpleRnnCell">): undefined {
  planCell(site, kindOf(site), site.in, site.out.h, site.in.h.place());
}
