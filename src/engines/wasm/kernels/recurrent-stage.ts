/** One stage of a step of a recurrent layer: products of the panels of four units, and their cells. */
import type { Code } from "../emit/code.ts";
import { brIf, f32x4, i32, loop, v128, when } from "../emit/instructions.ts";
import { call, type Fn, type Local } from "../emit/module.ts";
import { type CellName, panelsOf, type Stage, type Unit, UNITS } from "./cells.ts";
import { toMask } from "./vector-ops.ts";
import { repeat } from "./nest.ts";
import { isLong, storeColumns, tile, TILE_ROWS } from "./tile.ts";
import { headBytes, panelBytes, stepsOf } from "./weight-form.ts";
import type { Form } from "./types.ts";

/** Addresses of what belongs to units: [rows, units] each. */
const UNIT_ARRAYS = ["h", "out", "c", "cOut", "update", "reset", "y", "yPrev"] as const;
const WEIGHTS = ["kernel", "recurrent", "bias", "recurrentBias"] as const;
type UnitArray = (typeof UNIT_ARRAYS)[number];
type Weights = (typeof WEIGHTS)[number];

/** What is fixed of a recurrent layer; part of its kernel's key. */
export interface Recurrent {
  readonly cell: CellName;
  readonly activation: string;
  readonly recurrentActivation: string;
  readonly depth: number;
  readonly units: number;
  /** One row, its input projected: x is the sums of the input's gates, biases included. */
  readonly single: boolean;
  /** A bias of the input's gates (without `single`), and one of the recurrent gates. */
  readonly bias: boolean;
  readonly recurrentBias: boolean;
  readonly mask: "none" | "repeat" | "zero";
  /** Of the kernels, if not float32; int8 only with `single`. */
  readonly form?: Form;
  /** Whether h of every step is kept; else it goes to and fro between two places. */
  readonly history: boolean;
  /** Whether c of every step is kept, too: what is computed twice is the same. */
  readonly shared?: true;
}

/** Some of the units: the first, a multiple of those of a panel, and how many. */
export interface Units {
  readonly first: number;
  readonly count: number;
}

/** One stage of one step, with the places that it reads and writes. */
export interface StageStep extends Recurrent {
  readonly stage: Stage;
  /** Those that are computed. */
  readonly some: Units;
  /** Rows of the input, or of its projection. */
  readonly x: Local;
  /** Which step it is. */
  readonly t: Local;
  /** What the recurrent kernel is multiplied with. */
  readonly h: Code;
  readonly rows: Code;
  readonly weights: Readonly<Record<Weights, Code>>;
  /** Room for the products of one row: [panels][gates][4]. */
  readonly sums: Code;
  /** Room for h as int8 weights want it. */
  readonly quantised: Code;
  readonly unit: Readonly<Record<UnitArray, Code>>;
  readonly maskAt: Code;
}

/** Panels that are taken at a time, by gates: together at most as wide as a tile. */
const PANELS_OF_ONE_ROW: readonly number[] = [0, 4, 2, 2, 1];
const PANELS_OF_ROWS: readonly number[] = [0, 4, 2, 1, 1];

/**
 * Weights from which a single row meets two panels at a time where one is as wide as a tile: memory gives more of two at
 * once. Of fewer, a step finds many where the one before has left them (`isBack`), and one by one is as fast.
 */
const PAIRED_WEIGHTS = 1.5 * 2 ** 20;

const add = (local: Local, bytes: number): Code => local.set(i32.add(local.get, i32.const(bytes)));
const wideOf = ({ stage }: StageStep): number => stage.gates * UNITS * 4;

function locals<K extends string>(f: Fn, names: readonly K[]): Record<K, Local> {
  return Object.fromEntries(names.map((name) => [name, f.local("i32")])) as Record<K, Local>;
}

/**
 * Runs `body` for all panels: as many at a time as wanted, then one at a time, then the last, which has fewer units.
 * `move` takes the pointers on by some panels. `isBack`: 1, those taken together come from the last to the first.
 */
function eachPanel(
  f: Fn,
  units: number,
  atOnce: number,
  body: (panels: number, lanes: number) => Code,
  move: (panels: number) => Code,
  isBack?: Local,
): Code {
  const left = f.local("i32");
  const full = Math.floor(units / UNITS);
  const groups = Math.floor(full / atOnce);
  const some = (turns: number, panels: number, isBack?: Local): Code => {
    if (turns === 0) return [];
    if (isBack === undefined || turns === 1) return repeat(left, i32.const(turns), [body(panels, UNITS), move(panels)]);
    return [
      when(isBack.get, move((turns - 1) * panels)),
      repeat(left, i32.const(turns), [body(panels, UNITS), when(isBack.get, move(-panels), move(panels))]),
      when(isBack.get, move((turns + 1) * panels)),
    ];
  };
  const code = [
    some(groups, atOnce, isBack),
    some(full - groups * atOnce, 1),
    units % UNITS === 0 ? [] : body(1, units % UNITS),
  ];
  f.release(left);
  return code;
}

/** The first value of sum `index`: what biases and a projected input give. */
function first(step: StageStep, index: number, x: Local, weights: Readonly<Record<Weights, Local>>, at = 0): Code {
  const { stage, single, bias, recurrentBias } = step;
  const [gate, own] = [stage.x.indexOf(index), stage.h.indexOf(index)];
  const terms: Code[] = [];
  if (gate >= 0 && single) terms.push(v128.load(x.get, at + 16 * gate));
  if (gate >= 0 && !single && bias) terms.push(v128.load(weights.bias.get, at + 16 * gate));
  if (own >= 0 && recurrentBias) terms.push(v128.load(weights.recurrentBias.get, at + 16 * own));
  return terms.length === 0 ? f32x4.const(0) : terms.reduce((a, b) => f32x4.add(a, b));
}

/** The cell of one row and one panel; `at`: bytes from the pointers to its units. */
function finish(
  f: Fn,
  step: StageStep,
  sums: readonly Local[],
  arrays: Readonly<Record<UnitArray, Local>>,
  mask: Code,
  lanes: number,
  at: number,
): Code {
  const valid = f.local("v128");
  const load = (name: UnitArray): Code => v128.load(arrays[name].get, at);
  const store = (name: UnitArray, value: Local): Code => storeColumns(arrays[name].get, [value], lanes, at);
  const masked = step.mask !== "none";
  const unit: Unit = {
    h: load("h"),
    c: load("c"),
    update: load("update"),
    storeUpdate: (value) => store("update", value),
    storeReset: (value) => store("reset", value),
    storeC: (value) => [
      masked ? value.set(v128.select(value.get, load("c"), valid.get)) : [],
      store(step.shared ? "cOut" : "c", value),
    ],
    storeH(value) {
      if (!masked) return store("out", value);
      const y = f.local("v128");
      const code = [
        y.set(v128.select(value.get, step.mask === "zero" ? f32x4.const(0) : load("yPrev"), valid.get)),
        store("y", y),
        y.set(v128.select(value.get, load("h"), valid.get)),
        store("out", y),
      ];
      f.release(y);
      return code;
    },
  };
  const code = [
    masked ? valid.set(toMask(mask)) : [],
    step.stage.finish(f, sums, unit, step.activation, step.recurrentActivation),
  ];
  f.release(valid);
  return code;
}

/**
 * One row: the products of all panels, then all cells. A cell's functions wait for one another; without the ends of the
 * products' loops between them, the processor works on several cells at once.
 */
export function oneRow(f: Fn, step: StageStep): Code {
  const { stage, units, some, x, form } = step;
  const wide = wideOf(step);
  const before = some.first / UNITS;
  const distance = panelBytes(form, units, stage.gates * UNITS);
  const head = headBytes(form, stage.gates * UNITS);
  const weights = locals(f, WEIGHTS);
  const arrays = locals(f, UNIT_ARRAYS);
  const [sumsAt, walk, h, isBack, apart] = f.locals("i32", 5);
  const single = PANELS_OF_ONE_ROW[stage.gates]!;
  const inPairs = single === 1 && form === undefined && stage.gates * UNITS * panelsOf(units) * units >= PAIRED_WEIGHTS;
  const products = (panels: number): Code => {
    const sums = f.locals("v128", panels * stage.h.length);
    const vectors = sums.length;
    const segments = [{ length: stepsOf(form, units), base: h.get, rowBytes: 0 }];
    const small = form && { form, factors: weights.recurrent };
    const code = [
      sums.map((sum) => sum.set(f32x4.const(0))),
      walk.set(i32.add(weights.recurrent.get, i32.const(head))),
      tile(
        f,
        {
          rows: 1,
          vectors,
          segments,
          panel: walk,
          ...(inPairs && panels === 2 ? { apart } : { panels: { count: panels, distance } }),
          long: isLong(units),
          small,
        },
        [sums],
      ),
      sums.map((sum, i) => v128.store(sumsAt.get, sum.get, 16 * i)),
    ];
    f.release(...sums);
    return code;
  };
  const cells = (lanes: number): Code => {
    const sums = f.locals("v128", stage.sums);
    const product = (index: number): Code => v128.load(sumsAt.get, 16 * stage.h.indexOf(index));
    const value = (index: number): Code =>
      stage.h.includes(index)
        ? f32x4.add(first(step, index, x, weights), product(index))
        : first(step, index, x, weights);
    const code = [
      sums.map((sum, index) => sum.set(value(index))),
      finish(f, step, sums, arrays, v128.load32Splat(step.maskAt), lanes, 0),
    ];
    f.release(...sums);
    return code;
  };
  const code = [
    form?.quantise
      ? [
          call(form.quantise.row(f.module), step.h, step.quantised, i32.const(units)),
          h.set(i32.add(step.quantised, i32.const(form.inputHead))),
        ]
      : h.set(step.h),
    WEIGHTS.map((name) => weights[name].set(step.weights[name])),
    before === 0
      ? []
      : [
          add(weights.recurrent, before * distance),
          [x, weights.recurrentBias].map((local) => add(local, before * wide)),
        ],
    sumsAt.set(step.sums),
    inPairs ? apart.set(i32.const(distance)) : [],
    // Of weights that no cache holds whole, a step begins with those that the one before has ended with.
    isBack.set(i32.and(step.t.get, i32.const(1))),
    eachPanel(
      f,
      some.count,
      inPairs ? 2 : single,
      products,
      (panels) => [add(weights.recurrent, panels * distance), add(sumsAt, panels * wide)],
      isBack,
    ),
    sumsAt.set(step.sums),
    UNIT_ARRAYS.map((name) => [
      arrays[name].set(step.unit[name]),
      before === 0 ? [] : add(arrays[name], 4 * some.first),
    ]),
    eachPanel(
      f,
      some.count,
      1,
      (_, lanes) => cells(lanes),
      (panels) => [
        [x, weights.recurrentBias, sumsAt].map((local) => add(local, panels * wide)),
        UNIT_ARRAYS.map((name) => add(arrays[name], panels * UNITS * 4)),
      ],
    ),
  ];
  f.release(sumsAt, walk, h, isBack, apart, ...Object.values(weights), ...Object.values(arrays));
  return code;
}

/** Any number of rows, some at a time: products of x and h, and the cells while the sums are in registers. */
export function manyRows(f: Fn, step: StageStep): Code {
  const { stage, units, some, depth, form } = step;
  const wide = wideOf(step);
  const before = some.first / UNITS;
  const bytesOf = (length: number): number => panelBytes(form, length, stage.gates * UNITS);
  const head = headBytes(form, stage.gates * UNITS);
  const atOnce = PANELS_OF_ROWS[stage.gates]!;
  const weights = locals(f, WEIGHTS);
  const arrays = locals(f, UNIT_ARRAYS);
  const [x, h, mask, offset, left, walk] = f.locals("i32", 6);

  const tiles = (rows: number, panels: number, lanes: number): Code => {
    const lots = Array.from({ length: rows * panels }, (_, i) => {
      const [row, panel] = [Math.floor(i / panels), i % panels];
      return { row, panel, sums: f.locals("v128", stage.sums) };
    });
    const start = (indices: readonly number[]): Code =>
      lots.map(({ sums, panel }) => indices.map((i) => sums[i]!.set(first(step, i, x, weights, panel * wide))));
    const product = (of: Local, length: number, from: Local, into: readonly number[], held = 0): Code => [
      walk.set(i32.add(of.get, i32.const(head))),
      tile(
        f,
        {
          rows,
          vectors: panels * stage.gates,
          segments: [{ length, base: from.get, rowBytes: length * 4 }],
          long: isLong(held + length),
          panel: walk,
          panels: { count: panels, distance: bytesOf(length) },
          small: form && { form, factors: of },
        },
        Array.from({ length: rows }, (_, row) =>
          lots.filter((lot) => lot.row === row).flatMap(({ sums }) => into.map((index) => sums[index]!)),
        ),
      ),
    ];
    const code = [
      // Sums are set just before their first product: the fewer are held, the better.
      start(stage.x),
      product(weights.kernel, depth, x, stage.x),
      start(stage.h.filter((index) => !stage.x.includes(index))),
      product(weights.recurrent, units, h, stage.h, depth),
      lots.map(({ sums, row, panel }) =>
        finish(f, step, sums, arrays, v128.load32Splat(mask.get, 4 * row), lanes, 4 * (row * units + panel * UNITS)),
      ),
      add(x, rows * depth * 4),
      [h, ...Object.values<Local>(arrays)].map((local) => add(local, rows * units * 4)),
      add(mask, rows * 4),
      left.set(i32.sub(left.get, i32.const(rows))),
    ];
    f.release(...lots.flatMap((lot) => lot.sums));
    return code;
  };
  const all = (panels: number, lanes: number): Code => {
    const rows = TILE_ROWS[panels * stage.gates]!;
    const enough = i32.geU(left.get, i32.const(rows));
    return [
      x.set(step.x.get),
      h.set(step.h),
      mask.set(step.maskAt),
      UNIT_ARRAYS.map((name) => arrays[name].set(i32.add(step.unit[name], offset.get))),
      left.set(step.rows),
      when(enough, loop([tiles(rows, panels, lanes), brIf(0, enough)])),
      when(left.get, loop([tiles(1, panels, lanes), brIf(0, left.get)])),
    ];
  };
  const move = (panels: number): Code => [
    add(weights.kernel, panels * bytesOf(depth)),
    add(weights.recurrent, panels * bytesOf(units)),
    [weights.bias, weights.recurrentBias].map((local) => add(local, panels * wide)),
    add(offset, panels * UNITS * 4),
  ];
  const code = [
    WEIGHTS.map((name) => weights[name].set(step.weights[name])),
    offset.set(i32.const(0)),
    before === 0 ? [] : move(before),
    eachPanel(f, some.count, atOnce, all, move),
  ];
  f.release(x, h, mask, offset, left, walk, ...Object.values(weights), ...Object.values(arrays));
  return code;
}
