/**
 * From a resolved, lowered graph to instructions: every value gets a place, every node its kernels. A plan is made for
 * one set of input shapes; kernels, weights and states are shared by all plans of a session.
 */
import { atMost, fail, placed } from "../../core/error.ts";
import { DEFAULT_LIMITS } from "../../core/limits.ts";
import { sizeOf } from "../../core/tensor.ts";
import { isNode, makesOf } from "../../ops/slots.ts";
import type { Graph, ValueId } from "../../ops/types.ts";
import { aligned, Arena } from "./arena.ts";
import { PlanData, toStorage } from "./data.ts";
import { fuse } from "./fuse.ts";
import { type InPlace, writtenInPlace } from "./in-place.ts";
import { allReads, type PlanNode } from "./plan-node.ts";
import type { Instruction } from "./kernels/copy.ts";
import { widthOf } from "./kernels/storage.ts";
import { IN_ORDER, inOrder, PARALLEL, parallel } from "./kernels/parallel.ts";
import { inWords } from "./kernels/words.ts";
import { type KernelCut, type Operand, type Place, type Range, shifted, type Form } from "./kernels/types.ts";
import type { FixedMemory, Linker } from "./link.ts";
import { pairUp } from "./pairs.ts";
import { type Parallel, partsFor } from "./parts.ts";
import { formName } from "./form-name.ts";
import { planSite } from "./rules/index.ts";
import { loaded } from "./rules/later.ts";
import { copyAll, putAside } from "./copy-all.ts";
import { NodeSite } from "./planning-node.ts";
import type { OpenOptions } from "../types.ts";
import type { Holder, PlanLimits, Planning, PlanOptions, StoredValue } from "./types.ts";

/** An input or output of a plan. */
export interface IoPlace<O extends Operand = Operand> {
  readonly place: Place;
  readonly operand: O;
}

/** A kernel, and the call of a layer (by its number in the graph) that it computes. */
export interface KernelUse {
  readonly kernel: Instruction["kernel"];
  readonly call: number;
}

/** A graph for one set of input shapes, as instructions in memory. */
export interface Plan {
  readonly data: PlanData;
  /** Address of the first instruction and behind the last. */
  readonly from: Place;
  readonly to: Place;
  /** Address of the first instruction that changes a state: nothing from there on can fail. */
  readonly commit: Place;
  readonly inputs: readonly IoPlace[];
  readonly outputs: readonly IoPlace[];
  readonly arenaBytes: number;
  /** The kernel of each instruction from `from` on, and its call. */
  readonly uses: readonly KernelUse[];
  /** Every instruction's kernel, those inside loops too, and the call of the graph that it belongs to. */
  readonly kernels: readonly KernelUse[];
  /** Whether threads can share some of it. */
  readonly isParallel: boolean;
}

/** What an instruction list holds: a table index and the place of the arguments. */
interface PlanEntry {
  readonly index: number;
  readonly args: Place;
  readonly use: KernelUse;
}

/** Plans a graph node by node. Throws `limit/plan-steps`, `limit/run-bytes`, `limit/memory`. */
export class Planner implements Planning {
  readonly data = new PlanData();
  readonly arena = new Arena();
  readonly linker: Linker;
  readonly fixed: FixedMemory;
  readonly values: Graph["values"];
  readonly #weightDtype: OpenOptions["weightDtype"];
  readonly isFast: boolean;
  readonly #stored = new Map<ValueId, StoredValue>();
  readonly kernels: KernelUse[] = [];
  /** Instructions of the graph or body being planned. */
  #list: PlanEntry[] = [];
  readonly #parallel: Parallel | null;
  isParallel = false;
  /** Whether the instructions being made are a part themselves. */
  #isPart = false;
  /** The call that instructions belong to; -1: none. */
  call = -1;
  /** What the group being planned writes to the place of its old value, and how many instructions there were before any did. */
  #target: InPlace | undefined;
  committed: number | undefined;
  /** Steps that have been planned. */
  #steps = 0;
  readonly #limits: PlanLimits;

  get isShared(): boolean {
    return this.#parallel !== null;
  }

  constructor(
    graph: Graph,
    linker: Linker,
    fixed: FixedMemory,
    { parallel = null, limits = {}, weightDtype, precision }: PlanOptions,
  ) {
    this.#weightDtype = weightDtype;
    this.isFast = precision === "fast";
    this.#parallel = parallel;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.values = graph.values;
    this.linker = linker;
    this.fixed = fixed;
  }

  /** Throws `limit/plan-steps`. */
  #count(steps: number): void {
    this.#steps += steps;
    const { planSteps } = this.#limits;
    if (this.#steps > planSteps)
      fail("limit/plan-steps", { source: "wasm", expected: `a run of at most ${planSteps} steps` });
  }

  emit({ kernel, args }: Instruction): Place {
    this.#count(1);
    const place = this.data.args(args);
    const use = { kernel, call: this.call };
    this.#list.push({ index: this.linker.index(kernel), args: place, use });
    this.kernels.push(use);
    return place;
  }

  shares(cut: KernelCut): boolean {
    return partsFor(cut, this.#isPart ? null : this.#parallel)[0]!.length > 1;
  }

  split(kernel: Instruction["kernel"], cut: KernelCut, args: (part: Range) => Instruction["args"]): void {
    const index = this.linker.index(kernel);
    for (const parts of partsFor(cut, this.#isPart ? null : this.#parallel)) {
      if (parts.length === 1) {
        this.emit({ kernel, args: args(parts[0]!) });
        continue;
      }
      const use = { kernel, call: this.call };
      this.kernels.push(use);
      this.#share(
        parts.map((part) => ({ index, args: this.data.args(args(part)) })),
        use,
      );
    }
  }

  share(cut: KernelCut, build: (part: Range, slot: number) => void): void {
    for (const parts of partsFor(cut, this.#isPart ? null : this.#parallel)) {
      if (parts.length === 1) build(parts[0]!, 0);
      else this.#asParts(parts.map((part, slot) => () => build(part, slot)));
    }
  }

  #share(parts: readonly Omit<PlanEntry, "use">[], use: KernelUse): void {
    this.#count(parts.length);
    this.isParallel = true;
    const list = this.data.args(parts.flatMap(({ index, args }) => [index, args]));
    this.#list.push({
      index: this.linker.index(parallel),
      args: this.data.args(inWords(PARALLEL, { parts: parts.length, list })),
      use,
    });
  }

  /** Plans what lies between instructions that threads share: each of `builds` is a part. */
  #asParts(builds: readonly (() => void)[]): void {
    this.#isPart = true;
    const parts = builds.map((build) => {
      const { from, to } = this.separately(build);
      return { index: this.linker.index(inOrder), args: this.data.args(inWords(IN_ORDER, { from, to })) };
    });
    this.#isPart = false;
    this.#share(parts, { kernel: parallel, call: this.call });
  }

  /** Plans `build` into a list of its own; gives where its instructions start and end. */
  separately(build: () => void): { from: Place; to: Place } {
    const outer = this.#list;
    this.#list = [];
    build();
    const range = this.listed();
    this.#list = outer;
    return range;
  }

  /** The list being made, in memory: where its instructions start and end. */
  listed(): { from: Place; to: Place } {
    const from = this.data.args(this.#list.flatMap(({ index, args }) => [index, args]));
    return { from, to: shifted(from, 8 * this.#list.length) };
  }

  /** What the instructions of the list being made do. */
  get uses(): readonly KernelUse[] {
    return this.#list.map(({ use }) => use);
  }

  /** The form that a weight is packed in: see `Site.form`. */
  form(input: Operand, rows: boolean): Form | undefined {
    const name = formName(input, this.#weightDtype);
    return name && loaded("forms").FORMS[name === "int8" && rows ? "float16" : name];
  }

  hold(bytes: number): Holder {
    const block = this.arena.take(bytes);
    const { runBytes } = this.#limits;
    atMost("limit/run-bytes", this.arena.size, runBytes, "bytes of intermediate values", { source: "wasm" });
    return { block, users: 1 };
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
  create(id: ValueId, filled?: number): StoredValue {
    const operand = this.#describe(id);
    if (this.#target?.write === id) {
      this.committed ??= this.#list.length;
      return this.bind(id, { ...operand, holder: undefined, place: this.read(this.#target.read).place });
    }
    const holder = this.hold(sizeOf(operand.shape) * widthOf(operand.dtype));
    const place: Place = { base: "arena", at: holder.block.at };
    return this.bind(id, { ...operand, ...(filled !== undefined && { filled }), holder, place: () => place });
  }

  /** A value that lies `offset` bytes inside another. */
  alias(id: ValueId, inside: StoredValue, offset: number): StoredValue {
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
      state: inside.state,
      place: () => shifted(inside.place(), offset),
    });
  }

  bind(id: ValueId, stored: StoredValue): StoredValue {
    this.#stored.set(id, stored);
    return stored;
  }

  read(id: ValueId): StoredValue {
    return this.#stored.get(id) ?? this.bind(id, this.#source(id));
  }

  /** An output: what a state was, which another value takes the place of, is put aside. */
  told({ place, operand }: IoPlace<StoredValue>): IoPlace {
    return { operand, place: operand.state === undefined ? place : putAside(this, place, operand).place };
  }

  forget(id: ValueId): void {
    const stored = this.#stored.get(id);
    if (stored?.holder !== undefined) this.release(stored.holder);
    this.#stored.delete(id);
  }

  #source(id: ValueId): StoredValue {
    const operand = this.#describe(id);
    const { shape, dtype, weight } = operand;
    const bytes = sizeOf(shape) * widthOf(dtype);
    const from = this.values.get(id)?.from;
    if (from === undefined) return fail("internal/graph", { message: `value ${id} has no value` });
    if (weight !== undefined) {
      const place = (): Place => ({ base: "fixed", at: this.fixed.weight(weight, null, dtype, bytes).at });
      return { ...operand, holder: undefined, place };
    }
    if ("state" in from) {
      const { at } = this.fixed.state(from.state, shape, bytes);
      return { ...operand, holder: undefined, state: from.state, place: () => ({ base: "fixed", at }) };
    }
    let known: Place | undefined;
    const place = (): Place => (known ??= this.data.constants(toStorage(operand)));
    return { ...operand, holder: undefined, place };
  }

  /**
   * Plans the nodes of a graph or body; values die after their last use but for those in `keep`. Yields between nodes: who
   * plans may do something else, or stop. A graph that is no body may write its states in place.
   */
  *nodes(graph: Graph, keep: ReadonlySet<ValueId>, isBody = true): Generator<void, void> {
    const groups = pairUp(fuse(graph), this.values, this.#isPart ? null : this.#parallel);
    const last = new Map<ValueId, number>();
    groups.forEach((group, i) => {
      for (const node of group) for (const id of [...makesOf(node), ...allReads(node)]) last.set(id, i);
    });
    const dying: ValueId[][] = groups.map(() => []);
    for (const [id, i] of last) if (!keep.has(id)) dying[i]!.push(id);
    const targets = isBody || this.isShared ? null : writtenInPlace(graph, groups, last);
    for (const [i, group] of groups.entries()) {
      const target = targets?.get(i);
      this.#target = target && this.#diesWhole(target.read, dying[i]!) ? target : undefined;
      const isUsed = (id: ValueId): boolean => keep.has(id) || last.get(id)! > i;
      this.#group(group, isUsed);
      for (const id of dying[i]!) this.forget(id);
      yield;
    }
  }

  /** Whether all that lies in a state's memory is its whole old value, and dies. */
  #diesWhole(read: ValueId, dying: readonly ValueId[]): boolean {
    const { state, shape } = this.read(read);
    return [...this.#stored].every(
      ([id, other]) =>
        other.state !== state || ((id === read || dying.includes(id)) && sizeOf(other.shape) === sizeOf(shape)),
    );
  }

  /** Plans a node, or nodes that threads run at the same time: the scratch of each lives until all are done. */
  #group(group: readonly PlanNode[], isUsed: (id: ValueId) => boolean): void {
    const finish: (() => void)[] = [];
    const builds = group.map((node) => () => {
      this.call = node.call;
      finish.push(this.#node(node, isUsed));
    });
    if (builds.length === 1) builds[0]!();
    else this.#asParts(builds);
    for (const done of finish) done();
  }

  /** Gives what remains to be done once the node has run. */
  #node(node: PlanNode, isUsed: (id: ValueId) => boolean): () => void {
    if (isNode(node, "scan")) {
      loaded("loops").planLoop(this, node);
      return () => undefined;
    }
    const made = makesOf(node);
    if (made.every((id) => sizeOf(this.values.get(id)!.shape as readonly number[]) === 0)) {
      for (const id of made) this.create(id);
      return () => undefined;
    }
    const site = new NodeSite(this, node, isUsed);
    planSite(site, node.op);
    return () => site.finish();
  }
}

/**
 * Plans a whole graph, a node at a time. Throws `limit/plan-steps`,
 * `limit/run-bytes`, `limit/memory`.
 */
export function* plan(
  graph: Graph,
  linker: Linker,
  fixed: FixedMemory,
  options: PlanOptions = {},
): Generator<void, Plan> {
  const planner = new Planner(graph, linker, fixed, options);
  const io = (id: ValueId): IoPlace<StoredValue> => {
    const operand = planner.read(id);
    return { place: operand.place(), operand };
  };
  for (const id of graph.inputs) planner.create(id);
  const inputs = graph.inputs.map(io);
  const keep = new Set<ValueId>([...graph.outputs, ...graph.states.map((state) => state.write)]);
  try {
    yield* planner.nodes(graph, keep, false);
  } catch (error) {
    throw placed(error, (p) => ({ ...p, path: p.path ?? graph.calls[planner.call]?.path }));
  }
  planner.call = -1;
  const outputs = graph.outputs.map((id) => planner.told(io(id)));
  const computing = planner.uses.length;
  copyAll(
    planner,
    graph.states.map((state) => ({ from: planner.read(state.write), to: planner.read(state.read).place() })),
  );
  const { uses } = planner;
  const { from, to } = planner.listed();
  const { data, arena, kernels, isParallel } = planner;
  return {
    data,
    from,
    to,
    commit: shifted(from, 8 * (planner.committed ?? computing)),
    inputs,
    outputs,
    kernels,
    uses,
    isParallel,
    arenaBytes: aligned(arena.size),
  };
}
