/**
 * The arithmetic of recurrent cells on four units at a time. Columns of a kernel are packed by unit: for each four units
 * their columns of all gates, so that a cell finds all its gates in registers. Follows src/ops/cells.ts.
 */
import type { Code } from "../emit/code.ts";
import { f32x4 } from "../emit/instructions.ts";
import type { Fn, Local } from "../emit/module.ts";
import { activated } from "./activations.ts";
import type { Packing, Form } from "./types.ts";
import { madd } from "./vector-math.ts";

/** What a stage reads and writes beside its sums, for one row and four units. */
export interface Unit {
  readonly h: Code;
  readonly c: Code;
  storeH(value: Local): Code;
  storeC(value: Local): Code;
  /** What a stage leaves for the next one. */
  readonly update: Code;
  storeUpdate(value: Local): Code;
  storeReset(value: Local): Code;
}

/** A cell's products and what is made of them; most cells have one. The second reads what the first made of all units. */
export interface Stage {
  /** Which gates of the kernels take part. */
  readonly first: number;
  readonly gates: number;
  /** Which of the sums the gates of the input and of the recurrent kernel go into. */
  readonly x: readonly number[];
  readonly h: readonly number[];
  readonly sums: number;
  /** What the recurrent kernel is multiplied with: h, or what `storeReset` left. */
  readonly reads: "h" | "reset";
  finish(f: Fn, sums: readonly Local[], unit: Unit, activation: string, recurrentActivation: string): Code;
}

/** One kind of recurrent cell: a step of it, in stages that each need all products of the one before. */
export interface Cell {
  /** Gates of a kernel. */
  readonly gates: number;
  readonly hasC: boolean;
  readonly stages: readonly Stage[];
}

const lstm: Stage = {
  first: 0,
  gates: 4,
  x: [0, 1, 2, 3],
  h: [0, 1, 2, 3],
  sums: 4,
  reads: "h",
  finish(f, [i, forget, candidate, o], unit, activation, recurrentActivation) {
    return [
      activated(f, recurrentActivation, forget!),
      forget!.set(f32x4.mul(forget!.get, unit.c)),
      activated(f, recurrentActivation, i!),
      activated(f, activation, candidate!),
      candidate!.set(madd(f.module, i!.get, candidate!.get, forget!.get)),
      unit.storeC(candidate!),
      activated(f, activation, candidate!),
      activated(f, recurrentActivation, o!),
      o!.set(f32x4.mul(o!.get, candidate!.get)),
      unit.storeH(o!),
    ];
  },
};

/** z·h + (1 - z)·candidate, in z: in these products, which infinities tell from z·(h - candidate) + candidate. */
function mixed(f: Fn, z: Local, candidate: Local, unit: Unit): Code {
  return [
    candidate.set(f32x4.mul(f32x4.sub(f32x4.const(1), z.get), candidate.get)),
    z.set(madd(f.module, z.get, unit.h, candidate.get)),
  ];
}

/** `reset_after`: the recurrent part of the candidate has a sum of its own. */
const gru: Stage = {
  first: 0,
  gates: 3,
  x: [0, 1, 2],
  h: [0, 1, 3],
  sums: 4,
  reads: "h",
  finish(f, [z, r, candidate, recurrent], unit, activation, recurrentActivation) {
    return [
      activated(f, recurrentActivation, r!),
      candidate!.set(madd(f.module, r!.get, recurrent!.get, candidate!.get)),
      activated(f, activation, candidate!),
      activated(f, recurrentActivation, z!),
      mixed(f, z!, candidate!, unit),
      unit.storeH(z!),
    ];
  },
};

/** Without `reset_after`: h is reset before the candidate's product. */
const gruGates: Stage = {
  first: 0,
  gates: 2,
  x: [0, 1],
  h: [0, 1],
  sums: 2,
  reads: "h",
  finish(f, [z, r], unit, _, recurrentActivation) {
    return [
      activated(f, recurrentActivation, z!),
      unit.storeUpdate(z!),
      activated(f, recurrentActivation, r!),
      r!.set(f32x4.mul(r!.get, unit.h)),
      unit.storeReset(r!),
    ];
  },
};

const gruCandidate: Stage = {
  first: 2,
  gates: 1,
  x: [0],
  h: [0],
  sums: 1,
  reads: "reset",
  finish(f, [candidate], unit, activation) {
    const z = f.local("v128");
    const code = [
      activated(f, activation, candidate!),
      z.set(unit.update),
      mixed(f, z, candidate!, unit),
      unit.storeH(z),
    ];
    f.release(z);
    return code;
  },
};

const simple: Stage = {
  first: 0,
  gates: 1,
  x: [0],
  h: [0],
  sums: 1,
  reads: "h",
  finish: (f, [h], unit, activation) => [activated(f, activation, h!), unit.storeH(h!)],
};

const CELLS = {
  lstm: { gates: 4, hasC: true, stages: [lstm] },
  gru: { gates: 3, hasC: false, stages: [gru] },
  "gru, reset before": { gates: 3, hasC: false, stages: [gruGates, gruCandidate] },
  simple: { gates: 1, hasC: false, stages: [simple] },
} satisfies Record<string, Cell>;

export type CellName = keyof typeof CELLS;

export const cellNamed = (name: CellName): Cell => CELLS[name];

/** Units of a panel. */
export const UNITS = 4;

export const panelsOf = (units: number): number => Math.ceil(units / UNITS);

/** Gates of a kernel that are packed together. */
export interface Gates {
  readonly first: number;
  readonly count: number;
  /** Of the kernel. */
  readonly total: number;
}

/** Floats of packed gates of a kernel of `depth` rows. */
export function cellSize(depth: number, units: number, gates: number): number {
  return panelsOf(units) * depth * gates * UNITS;
}

/** kernel[depth, gates·units] → [units / 4][depth][gates][4], filled up with zeros. A bias is a kernel of one row. */
export function cellPacking(depth: number, units: number, gates: Gates, firstRow = 0, form?: Form): Packing {
  const { first, count, total } = gates;
  const widths = Array.from({ length: panelsOf(units) }, () => count * UNITS);
  const packing: Packing = {
    key: `cell ${first} ${count} ${total} ${firstRow}`,
    bytes: 4 * cellSize(depth, units, count),
    pack(source, target) {
      let to = 0;
      for (let unit = 0; unit < units; unit += UNITS) {
        const here = Math.min(UNITS, units - unit);
        for (let k = firstRow; k < firstRow + depth; k++) {
          for (let gate = first; gate < first + count; gate++, to += UNITS) {
            const from = (k * total + gate) * units + unit;
            for (let j = 0; j < here; j++) target[to + j] = source[from + j]!;
          }
        }
      }
    },
  };
  return form?.packing(packing, depth, widths) ?? packing;
}
