/**
 * From a resolved, lowered graph to instructions: every value gets a place, every node its kernels. A plan is made for
 * one set of input shapes; kernels, weights and states are shared by all plans of a session.
 */
import { fail } from "../core/error.ts";
import { sizeOf } from "../core/tensor.ts";
import type { Graph, ValueId } from "../ops/types.ts";
import { aligned, Arena, type Block } from "./arena.ts";
import { PlanData } from "./data.ts";
import { fuse, type PlanNode } from "./fuse.ts";
import type { Instruction } from "./kernels/copy.ts";
import { held, storageOf, widthOf } from "./kernels/storage.ts";
import { type Operand, type Packing, type Place, shifted, type Site } from "./kernels/types.ts";
import type { FixedMemory, Linker } from "./link.ts";
import { planLoop } from "./loops.ts";
import { planSite } from "./rules/index.ts";
import { copyAll } from "./settle.ts";

/** A value while it is alive. */
export interface Stored extends Operand {
  /** Its address; weights are laid out when first asked. */
  place(): Place;
  readonly holder: Holder | undefined;
}

/** Arena memory with the number of values that lie in it. */
interface Holder {
  readonly block: Block;
  users: number;
}

export interface IoPlace {
  readonly place: Place;
  readonly operand: Operand;
}

export interface KernelUse {
  readonly kernel: Instruction["kernel"];
  readonly call: number;
}

export interface Plan {
  readonly data: PlanData;
  /** Address of the first instruction and behind the last. */
  readonly from: Place;
  readonly to: Place;
  /** Address of the first instruction that changes a state: nothing from there on can fail. */
  readonly settle: Place;
  readonly inputs: readonly IoPlace[];
  readonly outputs: readonly IoPlace[];
  readonly arenaBytes: number;
  /** Every instruction's kernel, those inside loops too, and the call of the graph that it belongs to. */
  readonly kernels: readonly KernelUse[];
}

export class Planner {
  readonly data = new PlanData();
  readonly arena = new Arena();
  readonly linker: Linker;
  readonly fixed: FixedMemory;
  readonly values: Graph["values"];
  readonly #stored = new Map<ValueId, Stored>();
  readonly kernels: KernelUse[] = [];
  /** Instructions of the graph or body being planned. */
  #list: { readonly index: number; readonly args: Place }[] = [];
  /** The call that instructions belong to; -1: none. */
  call = -1;

  constructor(graph: Graph, linker: Linker, fixed: FixedMemory) {
    this.values = graph.values;
    this.linker = linker;
    this.fixed = fixed;
  }

  /** Adds an instruction; gives the place of its arguments. */
  emit({ kernel, args }: Instruction): Place {
    const place = this.data.args(args);
    this.#list.push({ index: this.linker.index(kernel), args: place });
    this.kernels.push({ kernel, call: this.call });
    return place;
  }

  /** Plans `build` into a list of its own; gives where its instructions start and end. */
  separately(build: () => void): { from: Place; to: Place } {
    const outer = this.#list;
    this.#list = [];
    build();
    const made = this.#list;
    this.#list = outer;
    const from = this.data.args(made.flatMap(({ index, args }) => [index, args]));
    return { from, to: shifted(from, 8 * made.length) };
  }

  /** Instructions in the list being made. */
  get count(): number {
    return this.#list.length;
  }

  /** Memory for a value or for scratch. */
  hold(bytes: number): Holder {
    return { block: this.arena.take(bytes), users: 1 };
  }

  release(holder: Holder): void {
    holder.users--;
    if (holder.users === 0) this.arena.give(holder.block);
  }

  #describe(id: ValueId): Operand {
    const { shape, dtype, from } = this.values.get(id)!;
    const constant = from !== undefined && "constant" in from ? (from.constant.data as ArrayLike<number>) : undefined;
    const weight = from !== undefined && "weight" in from ? from.weight : undefined;
    return { shape: shape as readonly number[], dtype, weight, constant };
  }

  /** A value with memory of its own; `filled`: what all its elements will be, if that is known. */
  create(id: ValueId, filled?: number): Stored {
    const operand = this.#describe(id);
    const holder = this.hold(sizeOf(operand.shape) * widthOf(operand.dtype));
    const place: Place = { base: "arena", at: holder.block.at };
    return this.bind(id, { ...operand, ...(filled !== undefined && { filled }), holder, place: () => place });
  }

  /** A value that lies `offset` bytes inside another. */
  alias(id: ValueId, inside: Stored, offset: number): Stored {
    if (inside.holder !== undefined) inside.holder.users++;
    const { shape, dtype } = this.#describe(id);
    // The same values in the same order, whatever the shape: a weight can still be packed from its file.
    const same = offset === 0 && sizeOf(inside.shape) === sizeOf(shape) && inside.dtype === dtype;
    return this.bind(id, {
      shape,
      dtype,
      weight: same ? inside.weight : undefined,
      constant: same ? inside.constant : undefined,
      holder: inside.holder,
      place: () => shifted(inside.place(), offset),
    });
  }

  bind(id: ValueId, stored: Stored): Stored {
    this.#stored.set(id, stored);
    return stored;
  }

  /** A value that was made, or a weight, constant or state. */
  read(id: ValueId): Stored {
    return this.#stored.get(id) ?? this.bind(id, this.#source(id));
  }

  /** The value dies. */
  forget(id: ValueId): void {
    const stored = this.#stored.get(id);
    if (stored?.holder !== undefined) this.release(stored.holder);
    this.#stored.delete(id);
  }

  #source(id: ValueId): Stored {
    const operand = this.#describe(id);
    const { shape, dtype, weight } = operand;
    const bytes = sizeOf(shape) * widthOf(dtype);
    const from = this.values.get(id)?.from;
    if (from === undefined) return fail("malformed/graph", { message: `value ${id} has no value` });
    if (weight !== undefined) {
      const place = (): Place => ({ base: "fixed", at: this.fixed.weight(weight, null, dtype, bytes).at });
      return { ...operand, holder: undefined, place };
    }
    if ("state" in from) {
      const { at } = this.fixed.state(from.state, shape, bytes);
      return { ...operand, holder: undefined, place: () => ({ base: "fixed", at }) };
    }
    let known: Place | undefined;
    const place = (): Place => (known ??= this.data.constants(toStorage(operand)));
    return { ...operand, holder: undefined, place };
  }

  /** Plans the nodes of a graph or body; values die after their last use but for those in `keep`. */
  nodes(graph: Graph, keep: ReadonlySet<ValueId>): void {
    const nodes = fuse(graph);
    const last = new Map<ValueId, number>();
    nodes.forEach((node, i) => {
      for (const id of [...node.out, ...node.in]) last.set(id, i);
    });
    const dying: ValueId[][] = nodes.map(() => []);
    for (const [id, i] of last) if (!keep.has(id)) dying[i]!.push(id);
    const isUsed = (id: ValueId, i: number): boolean => keep.has(id) || last.get(id)! > i;
    nodes.forEach((node, i) => {
      this.call = node.call;
      this.#node(node, (id) => isUsed(id, i));
      for (const id of dying[i]!) this.forget(id);
    });
  }

  #node(node: PlanNode, isUsed: (id: ValueId) => boolean): void {
    if (node.op === "scan") {
      planLoop(this, node);
      return;
    }
    const empty = node.out.every((id) => sizeOf(this.values.get(id)!.shape as readonly number[]) === 0);
    if (empty) {
      for (const id of node.out) this.create(id);
      return;
    }
    const site = new NodeSite(this, node, isUsed);
    planSite(site);
    site.finish();
  }
}

/** Values of a constant as they lie in memory. */
function toStorage({ constant, dtype }: Operand): Int32Array | Float32Array | Float64Array {
  const storage = storageOf(dtype);
  const values = Array.from(constant!, (value) => held(dtype, Number(value)));
  if (storage === "f32") return Float32Array.from(values);
  return storage === "f64" ? Float64Array.from(values) : Int32Array.from(values);
}

class NodeSite implements Site {
  readonly op: string;
  readonly attrs: PlanNode["attrs"];
  readonly body: Graph | undefined;
  readonly steps: PlanNode["steps"];
  readonly inputs: readonly Stored[];
  readonly outputs: readonly Operand[];
  readonly #planner: Planner;
  readonly #out: readonly ValueId[];
  readonly #made = new Map<number, Stored>();
  readonly #scratch: Holder[] = [];
  readonly #isUsed: (id: ValueId) => boolean;

  constructor(planner: Planner, node: PlanNode, isUsed: (id: ValueId) => boolean) {
    this.#isUsed = isUsed;
    this.op = node.op;
    this.attrs = node.attrs;
    this.body = node.body;
    this.steps = node.steps;
    this.#planner = planner;
    this.#out = node.out;
    this.inputs = node.in.map((id) => planner.read(id));
    this.outputs = node.out.map((id) => {
      const { shape, dtype } = planner.values.get(id)!;
      return { shape: shape as readonly number[], dtype, weight: undefined, constant: undefined };
    });
  }

  input(index: number): Place {
    return this.inputs[index]!.place();
  }

  output(index: number): Place {
    const known = this.#made.get(index);
    if (known !== undefined) return known.place();
    const filled = this.op === "full" ? Number(this.attrs["value"]) : undefined;
    const made = this.#planner.create(this.#out[index]!, filled);
    this.#made.set(index, made);
    return made.place();
  }

  isUsed(index: number): boolean {
    return this.#isUsed(this.#out[index]!);
  }

  alias(output: number, input: number, offset: number): void {
    this.#made.set(output, this.#planner.alias(this.#out[output]!, this.inputs[input]!, offset));
  }

  packed(index: number, packing: Packing): Place {
    const { weight, dtype } = this.inputs[index]!;
    return { base: "fixed", at: this.#planner.fixed.weight(weight!, packing, dtype, packing.bytes).at };
  }

  scratch(bytes: number): Place {
    const holder = this.#planner.hold(bytes);
    this.#scratch.push(holder);
    return { base: "arena", at: holder.block.at };
  }

  data(values: Int32Array | Float32Array | Float64Array): Place {
    return this.#planner.data.constants(values);
  }

  run(kernel: Instruction["kernel"], args: Instruction["args"]): void {
    this.#planner.emit({ kernel, args });
  }

  /** Gives the scratch back; an output that no kernel asked for still has a place. */
  finish(): void {
    for (const holder of this.#scratch) this.#planner.release(holder);
    this.#out.forEach((_, i) => this.isUsed(i) && this.output(i));
  }
}

/** Plans a whole graph. Throws `unsupported/operation` for what no rule runs. */
export function plan(graph: Graph, linker: Linker, fixed: FixedMemory): Plan {
  const planner = new Planner(graph, linker, fixed);
  const io = (id: ValueId): IoPlace => {
    const stored = planner.read(id);
    return { place: stored.place(), operand: stored };
  };
  for (const id of graph.inputs) planner.create(id);
  const inputs = graph.inputs.map(io);
  const keep = new Set<ValueId>([...graph.outputs, ...graph.states.map((state) => state.write)]);
  let computing = 0;
  const { from, to } = planner.separately(() => {
    planner.nodes(graph, keep);
    computing = planner.count;
    planner.call = -1;
    copyAll(
      planner,
      graph.states.map((state) => ({ from: planner.read(state.write), to: planner.read(state.read).place() })),
    );
  });
  const outputs = graph.outputs.map(io);
  const { data, arena, kernels } = planner;
  return {
    data,
    from,
    to,
    settle: shifted(from, 8 * computing),
    inputs,
    outputs,
    kernels,
    arenaBytes: aligned(arena.size),
  };
}
