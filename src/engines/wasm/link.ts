/** The functions of a session: each kernel once, at an index of the table; and what lives as long as the session. */
import { fail } from "../../core/error.ts";
import { showShape } from "../../core/tensor.ts";
import type { DType } from "../../core/dtype.ts";
import type { WeightRef } from "../../ops/types.ts";
import { aligned } from "./arena.ts";
import { brIf, i32, loop } from "./emit/instructions.ts";
import { callIndirect, Module, type ModuleOptions } from "./emit/module.ts";
import { RUNNING } from "./kernels/status.ts";
import { CONTROL_END, emitThreads } from "./kernels/parallel.ts";
import type { Kernel, Packing } from "./kernels/types.ts";

/** Runs the instructions from one address to another: pairs of a table index and the address of the arguments. */
export const RUN = "run";

/** Code for the functions that have come since the last. */
export interface LinkedModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Exported under their index in the table. */
  readonly first: number;
  readonly count: number;
}

/** Gives each kernel its index, and makes modules of the new ones. */
export class Linker {
  readonly #options: ModuleOptions;
  readonly #indices = new Map<string, number>();
  #pending: Kernel[] = [];

  constructor(options: ModuleOptions) {
    this.#options = options;
  }

  /** The table index of a kernel's function. */
  index(kernel: Kernel): number {
    const known = this.#indices.get(kernel.key);
    if (known !== undefined) return known;
    const index = this.#indices.size;
    this.#indices.set(kernel.key, index);
    this.#pending.push(kernel);
    return index;
  }

  /** A module with the functions that were asked for since the last one; null when there are none. */
  emit(): LinkedModule | null {
    const kernels = this.#pending;
    if (kernels.length === 0) return null;
    this.#pending = [];
    const module = new Module(this.#options);
    const first = this.#indices.size - kernels.length;
    kernels.forEach((kernel, i) => module.func(["i32"], [], (f) => kernel.emit(f), String(first + i)));
    emitRun(module);
    if (this.#options.shared === true) emitThreads(module);
    return { bytes: module.bytes(), first, count: kernels.length };
  }
}

function emitRun(module: Module): void {
  const type = module.type(["i32"], []);
  module.func(
    ["i32", "i32"],
    [],
    (f) => {
      const [at, end] = f.params as [(typeof f.params)[number], (typeof f.params)[number]];
      return loop([
        i32.store(i32.const(RUNNING), at.get),
        callIndirect(type, i32.load(at.get), i32.load(at.get, 4)),
        brIf(0, i32.ltU(at.tee(i32.add(at.get, i32.const(8))), end.get)),
      ]);
    },
    RUN,
  );
}

/** Where a weight lies, and in what form. */
export interface WeightSlot {
  readonly weight: WeightRef;
  /** null: row-major, in the storage of `dtype`. */
  readonly packing: Packing | null;
  readonly dtype: DType;
  readonly at: number;
  readonly bytes: number;
}

/** Where a state lies between runs. */
export interface StateSlot {
  readonly at: number;
  /** Room; the state itself may be smaller. */
  readonly bytes: number;
  readonly shape: readonly number[];
}

/** What `FixedMemory.restore` goes back to. */
export interface Saved {
  readonly end: number;
  readonly version: number;
  readonly states: ReadonlyMap<string, StateSlot>;
}

/**
 * First address that is used: below are null and the words through which kernels report (`STATUS` in kernels/status.ts)
 * and threads meet (`CONTROL` in kernels/parallel.ts).
 */
const FIRST = CONTROL_END;
/** Bytes between two blocks. */
const GAP = 64;

const slotKey = (packing: Packing | null, dtype: DType): string => `${packing?.key ?? "raw"} ${dtype}`;

/** Weights and states, one behind the other from `FIRST` on; never moved. */
export class FixedMemory {
  readonly #weights = new Map<WeightRef, Map<string, WeightSlot>>();
  #states = new Map<string, StateSlot>();
  readonly #unfilled = new Set<WeightSlot>();
  #end = FIRST;
  #version = 0;
  #isWritten = false;

  get end(): number {
    return this.#end;
  }

  /** Another number: plans made before are void, since memory has grown into theirs or a state has another shape. */
  get version(): number {
    return this.#version;
  }

  #take(bytes: number): number {
    const at = this.#end;
    this.#end += aligned(bytes) + GAP;
    this.#version++;
    return at;
  }

  weight(weight: WeightRef, packing: Packing | null, dtype: DType, bytes: number): WeightSlot {
    let slots = this.#weights.get(weight);
    if (slots === undefined) this.#weights.set(weight, (slots = new Map()));
    const key = slotKey(packing, dtype);
    const known = slots.get(key);
    if (known !== undefined) return known;
    const slot = { weight, packing, dtype, at: this.#take(bytes), bytes };
    slots.set(key, slot);
    this.#unfilled.add(slot);
    return slot;
  }

  /** Throws `mismatch/shape` when the state had another shape in the run before. */
  state(path: string, shape: readonly number[], bytes: number): StateSlot {
    const known = this.#states.get(path);
    if (known !== undefined && showShape(known.shape) === showShape(shape)) return known;
    if (known !== undefined && this.#isWritten)
      return fail("mismatch/shape", {
        path,
        expected: `a state of shape ${showShape(known.shape)}, as in the run before`,
        found: showShape(shape),
      });
    const fits = known !== undefined && known.bytes >= bytes;
    const slot = { at: fits ? known.at : this.#take(bytes), bytes: fits ? known.bytes : bytes, shape };
    this.#states.set(path, slot);
    this.#version++;
    return slot;
  }

  stateAt(path: string): StateSlot | undefined {
    return this.#states.get(path);
  }

  /** Whether states may be other than zeros. */
  get hasWrittenStates(): boolean {
    return this.#isWritten;
  }

  /** A run has written the states: they keep their shapes. */
  statesWritten(): void {
    this.#isWritten = true;
  }

  /** States are zeros again, of any shape; gives where to put the zeros. */
  clearStates(): readonly StateSlot[] {
    this.#isWritten = false;
    return [...this.#states.values()];
  }

  save(): Saved {
    return { end: this.#end, version: this.#version, states: new Map(this.#states) };
  }

  /** Undoes what a plan took since `save`, when it can not be used. None of its weights may have values yet. */
  restore({ end, version, states }: Saved): void {
    for (const slot of this.#unfilled) {
      if (slot.at < end) continue;
      this.#unfilled.delete(slot);
      this.#weights.get(slot.weight)!.delete(slotKey(slot.packing, slot.dtype));
    }
    this.#end = end;
    this.#version = version;
    this.#states = new Map(states);
  }

  /** Whether every weight that has a place has its values. */
  get isFilled(): boolean {
    return this.#unfilled.size === 0;
  }

  /** Weights that have a place but no values yet, in an order good for reading. */
  unfilled(): readonly WeightSlot[] {
    const slots = [...this.#unfilled];
    return slots.sort((a, b) => Number(a.weight.name > b.weight.name) - Number(a.weight.name < b.weight.name));
  }

  filled(slot: WeightSlot): void {
    this.#unfilled.delete(slot);
  }
}
