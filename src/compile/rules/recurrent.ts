/** Recurrent layers whose step is one cell, and cells by themselves (one step). */
import { fail } from "../../core/error.ts";
import type { CellAttrs } from "../../ops/builder.ts";
import { stridesOf } from "../../ops/strided.ts";
import type { Attrs, Graph, GraphNode, Value, ValueId } from "../../ops/types.ts";
import { isFused } from "../kernels/activations.ts";
import {
  type CellName,
  cellNamed,
  cellNameOf,
  cellPacking,
  cellSize,
  type Gates,
  panelsOf,
  type Stage,
  UNITS,
} from "../kernels/cells.ts";
import { copy, fill } from "../kernels/copy.ts";
import { recurrent } from "../kernels/recurrent.ts";
import { MOST_ROWS } from "../kernels/tile.ts";
import { type Arg, type Place, type Rule, shifted, type Site } from "../kernels/types.ts";
import { runGemm } from "./matmul.ts";

type Values = ReadonlyMap<ValueId, Value>;

const nameOf = ({ op, attrs }: GraphNode): CellName | undefined => cellNameOf(op, attrs["resetAfter"] === true);

/** Float32, with activations that the kernels know. */
export function takesCell({ op, in: inputs, attrs }: GraphNode, values: Values): boolean {
  const { activation, recurrentActivation } = attrs as unknown as CellAttrs;
  return (
    inputs.every((id) => values.get(id)?.dtype === "float32") &&
    isFused(activation) &&
    (op === "simpleRnnCell" || isFused(recurrentActivation))
  );
}

/** The body's only node, a known cell that reads the inputs in their order and values from outside; the step's y is h. */
export function cellOf(body: Graph, isKnown: (node: GraphNode) => boolean = (n) => nameOf(n) !== undefined) {
  const cell = body.nodes[0];
  if (body.nodes.length !== 1 || cell === undefined || !isKnown(cell)) return undefined;
  const straight = body.inputs.every((id, i) => cell.in[i] === id);
  const known = new Set(body.captures.map((capture) => capture.inner));
  const outside = (id: ValueId): boolean => known.has(id) || body.values.get(id)?.from !== undefined;
  const captured = cell.in.slice(body.inputs.length).every(outside);
  const [y, ...states] = body.outputs;
  const gives = y === cell.out[0] && states.length === cell.out.length && states.every((id, i) => id === cell.out[i]);
  return straight && captured && gives ? cell : undefined;
}

export function takesRnn(node: GraphNode, values: Values): boolean {
  const cell = cellOf(node.body!);
  const floats = node.in.every((id) => ["float32", "bool"].includes(values.get(id)?.dtype ?? ""));
  return cell !== undefined && floats && takesCell(cell, node.body!.values);
}

/** A cell and where the site's inputs hold its operands. */
interface Layer {
  readonly name: CellName;
  readonly attrs: Attrs;
  readonly rows: number;
  readonly steps: number;
  readonly depth: number;
  readonly units: number;
  readonly kernel: number;
  readonly recurrent: number;
  readonly bias: number | undefined;
}

function run(site: Site, { kernel, args }: ReturnType<typeof copy>): void {
  site.run(kernel, args);
}

/** Gates of a kernel or of a row of a bias packed for a stage: a weight at once, anything else by copies. */
export function packed(site: Site, units: number, gates: Gates, input: number, depth: number, firstRow = 0): Place {
  const { first, count, total } = gates;
  if (site.inputs[input]!.weight !== undefined) return site.packed(input, cellPacking(depth, units, gates, firstRow));
  const target = site.scratch(4 * cellSize(depth, units, count));
  const source = shifted(site.input(input), 4 * (firstRow * total + first) * units);
  const full = Math.floor(units / UNITS);
  const wide = count * UNITS;
  const move = (unit: number, panels: number, lanes: number) =>
    run(
      site,
      copy(
        shifted(source, 4 * unit),
        shifted(target, 4 * unit * depth * count),
        [panels, depth, count, lanes],
        [
          [UNITS, total * units, units, 1],
          [depth * wide, wide, UNITS, 1],
        ],
        4,
      ),
    );
  if (units % UNITS !== 0) run(site, fill(target, cellSize(depth, units, count), 0, "f32"));
  if (full > 0) move(0, full, UNITS);
  if (units % UNITS !== 0) move(full * UNITS, 1, units % UNITS);
  return target;
}

interface Run {
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
  readonly bias: Arg;
  readonly recurrentBias: Arg;
  readonly projected: Place | undefined;
}

const hasTwoBiases = (site: Site, { bias }: Layer): boolean =>
  bias !== undefined && site.inputs[bias]!.shape.length === 2;

/** Columns of a projected input: all gates of a stage, by panels. */
const columnsOf = ({ units }: Layer, gates: number): number => panelsOf(units) * gates * UNITS;

function operandsOf(site: Site, layer: Layer, stage: Stage): StageOperands {
  const { rows, steps, depth, units } = layer;
  const gates = { first: stage.first, count: stage.gates, total: cellNamed(layer.name).gates };
  const pack = (input: number, depthOf: number, firstRow?: number): Place =>
    packed(site, units, gates, input, depthOf, firstRow);
  return {
    gates: stage.gates,
    kernel: pack(layer.kernel, depth),
    recurrent: pack(layer.recurrent, units),
    bias: layer.bias === undefined ? 0 : pack(layer.bias, 1),
    recurrentBias: hasTwoBiases(site, layer) ? pack(layer.bias!, 1, 1) : 0,
    projected: rows === 1 ? site.scratch(4 * Math.min(steps, PROJECTED) * columnsOf(layer, stage.gates)) : undefined,
  };
}

/** Steps of a single row whose input is projected at a time: the more, the more memory, and no faster. */
const PROJECTED = 32;

/** The place of the step that comes first of `steps`. */
const firstOf = (backwards: boolean, place: Place, steps: number, step: number): Place =>
  backwards ? shifted(place, (steps - 1) * step) : place;

/** Arguments of a stage for `count` steps whose input starts at `x` (see kernels/recurrent.ts). */
function stageArgs(site: Site, layer: Layer, o: StageOperands, x: Place, count: number, backwards: boolean): Arg[] {
  const { rows, depth } = layer;
  let [from, step] = [x, 4 * rows * depth];
  if (o.projected !== undefined) {
    const columns = columnsOf(layer, o.gates);
    runGemm(site, { depth, columns, bias: o.bias !== 0, width: o.gates * UNITS }, [
      x,
      o.kernel,
      o.projected,
      count,
      o.bias,
    ]);
    [from, step] = [o.projected, 4 * columns];
  }
  const turn = backwards ? -1 : 1;
  return [firstOf(backwards, from, count, step), turn * step, o.kernel, o.recurrent, o.bias, o.recurrentBias];
}

/** Plans all steps; gives the place of the last h. */
function planSteps(site: Site, layer: Layer, r: Run): Place {
  const { name, attrs, rows, steps, depth, units } = layer;
  const { activation, recurrentActivation } = attrs as unknown as CellAttrs;
  const { stages } = cellNamed(name);
  const state = 4 * rows * units;
  const operands = stages.map((stage) => operandsOf(site, layer, stage));
  const keeps = r.history !== undefined && r.mask === undefined;
  const { mask, backwards } = r;
  const kernel = recurrent({
    cell: name,
    activation: activation.fn,
    recurrentActivation: recurrentActivation?.fn ?? "",
    depth,
    units,
    single: rows === 1,
    bias: layer.bias !== undefined,
    recurrentBias: hasTwoBiases(site, layer),
    mask: mask === undefined ? "none" : mask.zero ? "zero" : "repeat",
    history: keeps,
  });
  const gates = stages.reduce((sum, stage) => sum + stage.gates, 0);
  const sums = rows === 1 ? site.scratch(4 * Math.max(...stages.map((stage) => columnsOf(layer, stage.gates)))) : 0;
  const [update, reset] = stages.length > 1 ? [site.scratch(state), site.scratch(state)] : [0, 0];
  const places = keeps ? [r.history, r.history] : [site.scratch(state), site.scratch(state)];
  let h = r.h0;
  let before: Arg = 0;
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
    const out = keeps ? shifted(places[0]!, first * state) : places[0]!;
    const other = keeps ? state : places[1]!;
    const masks: readonly [Arg, Arg, Arg, Arg, Arg] =
      mask === undefined
        ? [0, 0, 0, 0, 0]
        : [firstOf(backwards, shifted(mask.place, 4 * at * rows), count, 4 * rows), turn * 4 * rows, shifted(mask.y, first * state), state, before]; // prettier-ignore
    const work = count * rows * gates * units * (rows === 1 ? units : depth + units);
    site.split(kernel, { lengths: [rows], unit: MOST_ROWS, work, each: 2 }, (part) => {
      const row = part.from[0]!;
      const moved = (arg: Arg, floats: number): Arg => (typeof arg === "number" ? arg : shifted(arg, 4 * row * floats));
      const [maskAt, maskStep, y, yStep, yBefore] = masks;
      return [
        ...[h, r.c, out, other].map((place) => moved(place, units)),
        count,
        part.lengths[0]!,
        sums,
        ...[update, reset].map((place) => moved(place, units)),
        moved(maskAt, 1),
        maskStep,
        moved(y, units),
        yStep,
        moved(yBefore, units),
        ...staged.flatMap(([x, ...rest]) => [moved(x!, depth), ...rest]),
      ];
    });
    const isOdd = count % 2 === 1;
    h = keeps ? shifted(out, (count - 1) * state) : isOdd ? places[0]! : places[1]!;
    if (mask !== undefined) before = shifted(mask.y, (first + count - 1) * state);
  };
  const atOnce = rows === 1 ? PROJECTED : steps;
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

export function refuseNoSteps(steps: number): void {
  if (steps === 0)
    fail("mismatch/shape", { source: "wasm", path: "rnn", expected: "at least one step", found: "a length of 0" });
}

export const rnnRule: Rule = (site) => {
  const body = site.body!;
  const cellNode = cellOf(body)!;
  const name = nameOf(cellNode)!;
  const { hasC } = cellNamed(name);
  const masked = site.attrs["masked"] === true;
  const batchFirst = site.attrs["axis"] === 1;
  const [major, minor, depth] = site.inputs[0]!.shape as [number, number, number];
  const [rows, steps] = batchFirst ? [major, minor] : [minor, major];
  const states = cellNode.out.length;
  const firstState = masked ? 2 : 1;
  const units = site.inputs[firstState]!.shape[1]!;
  const operand = (index: number): number | undefined => {
    const id = cellNode.in[1 + states + index];
    const at = body.captures.findIndex((capture) => capture.inner === id);
    return at < 0 ? undefined : firstState + states + at;
  };
  const layer: Layer = {
    name,
    attrs: cellNode.attrs,
    rows,
    steps,
    depth,
    units,
    kernel: operand(0)!,
    recurrent: operand(1)!,
    bias: operand(2),
  };
  const state = rows * units;
  const move = (from: Place, to: Place) => run(site, copy(from, to, [state], [[1], [1]], 4));
  refuseNoSteps(steps);
  const turned = (place: Place, inner: number): Place =>
    batchFirst ? swapped(site, place, [rows, steps, inner]) : place;
  const c = hasC ? site.output(3) : site.input(firstState);
  if (hasC) move(site.input(firstState + 1), c);
  const sequenceUsed = site.isUsed(0) || masked;
  const direct = !batchFirst || rows === 1 || steps === 1;
  const sequence = sequenceUsed ? (direct ? site.output(0) : site.scratch(4 * steps * state)) : undefined;
  const last = planSteps(site, layer, {
    x: turned(site.input(0), depth),
    backwards: site.attrs["goBackwards"] === true,
    h0: site.input(firstState),
    c,
    history: sequence,
    ...(masked && {
      mask: { place: turned(site.input(1), 1), zero: site.attrs["zeroOutputForMask"] === true, y: sequence! },
    }),
  });
  if (site.isUsed(0) && !direct) {
    run(site, copy(sequence!, site.output(0), [steps, rows, units], [stridesOf([steps, rows, units]), [units, steps * units, 1]], 4)); // prettier-ignore
  }
  if (site.isUsed(1)) move(masked ? shifted(sequence!, 4 * (steps - 1) * state) : last, site.output(1));
  if (site.isUsed(2)) move(last, site.output(2));
  return true;
};

export const cellRule: Rule = (site) => {
  const name = cellNameOf(site.op, site.attrs["resetAfter"] === true)!;
  const { hasC } = cellNamed(name);
  const [rows, depth] = site.inputs[0]!.shape as [number, number];
  const units = site.inputs[1]!.shape[1]!;
  const first = hasC ? 3 : 2;
  const bias = site.inputs.length > first + 2 ? first + 2 : undefined;
  const c = hasC ? site.output(1) : site.input(1);
  if (hasC) run(site, copy(site.input(2), c, [rows * units], [[1], [1]], 4));
  const layer = { name, attrs: site.attrs, rows, steps: 1, depth, units, kernel: first, recurrent: first + 1, bias };
  planSteps(site, layer, { x: site.input(0), backwards: false, h0: site.input(1), c, history: site.output(0) });
  return true;
};
