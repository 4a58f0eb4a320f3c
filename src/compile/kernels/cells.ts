/**
 * The arithmetic of recurrent cells on four units at a time. Columns of a kernel are packed by unit: for each four units
 * their columns of all gates, so that a cell finds all its gates in registers. Follows src/ops/cells.ts.
 */
import type { Code } from "../emit/code.ts";
import { f32x4 } from "../emit/instructions.ts";
import type { Fn, Local } from "../emit/module.ts";
import { activate } from "./activations.ts";
import type { Packing } from "./types.ts";
import { madd } from "./vector-math.ts";

/** What a cell reads and writes beside its sums, for one row and four units. */
export interface Unit {
  readonly h: Code;
  readonly c: Code;
  storeH(value: Local): Code;
  storeC(value: Local): Code;
}

export interface Cell {
  readonly gates: number;
  /** Which of the sums the gates of the input and of the recurrent kernel go into. */
  readonly x: readonly number[];
  readonly h: readonly number[];
  readonly sums: number;
  readonly hasC: boolean;
  finish(f: Fn, sums: readonly Local[], unit: Unit, activation: string, recurrentActivation: string): Code;
}

const lstm: Cell = {
  gates: 4,
  x: [0, 1, 2, 3],
  h: [0, 1, 2, 3],
  sums: 4,
  hasC: true,
  finish(f, [i, forget, candidate, o], unit, activation, recurrentActivation) {
    return [
      activate(f, recurrentActivation, forget!),
      forget!.set(f32x4.mul(forget!.get, unit.c)),
      activate(f, recurrentActivation, i!),
      activate(f, activation, candidate!),
      candidate!.set(madd(f.module, i!.get, candidate!.get, forget!.get)),
      unit.storeC(candidate!),
      activate(f, activation, candidate!),
      activate(f, recurrentActivation, o!),
      o!.set(f32x4.mul(o!.get, candidate!.get)),
      unit.storeH(o!),
    ];
  },
};

/** `reset_after`: the recurrent part of the candidate has a sum of its own. */
const gru: Cell = {
  gates: 3,
  x: [0, 1, 2],
  h: [0, 1, 3],
  sums: 4,
  hasC: false,
  finish(f, [z, r, candidate, recurrent], unit, activation, recurrentActivation) {
    return [
      activate(f, recurrentActivation, r!),
      candidate!.set(madd(f.module, r!.get, recurrent!.get, candidate!.get)),
      activate(f, activation, candidate!),
      activate(f, recurrentActivation, z!),
      // z·h + (1 - z)·candidate
      recurrent!.set(f32x4.sub(unit.h, candidate!.get)),
      z!.set(madd(f.module, z!.get, recurrent!.get, candidate!.get)),
      unit.storeH(z!),
    ];
  },
};

const simple: Cell = {
  gates: 1,
  x: [0],
  h: [0],
  sums: 1,
  hasC: false,
  finish: (f, [h], unit, activation) => [activate(f, activation, h!), unit.storeH(h!)],
};

export const CELLS: ReadonlyMap<string, Cell> = new Map([
  ["lstmCell", lstm],
  ["gruCell", gru],
  ["simpleRnnCell", simple],
]);

/** Units of a panel. */
export const UNITS = 4;

export const panelsOf = (units: number): number => Math.ceil(units / UNITS);

/** Floats of a packed kernel of `depth` rows. */
export function cellSize(depth: number, units: number, gates: number): number {
  return panelsOf(units) * depth * gates * UNITS;
}

/** kernel[depth, gates·units] → [units / 4][depth][gates][4], filled up with zeros. A bias is a kernel of one row. */
export function cellPacking(depth: number, units: number, gates: number, firstRow = 0): Packing {
  return {
    key: `cell ${gates} ${firstRow}`,
    bytes: 4 * cellSize(depth, units, gates),
    pack(source, target) {
      let to = 0;
      for (let unit = 0; unit < units; unit += UNITS) {
        const here = Math.min(UNITS, units - unit);
        for (let k = firstRow; k < firstRow + depth; k++) {
          for (let gate = 0; gate < gates; gate++, to += UNITS) {
            const from = (k * gates + gate) * units + unit;
            for (let j = 0; j < here; j++) target[to + j] = source[from + j]!;
          }
        }
      }
    },
  };
}
