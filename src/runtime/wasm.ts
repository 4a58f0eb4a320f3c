/**
 * The fast backend: the graph becomes WebAssembly functions and a plan (src/compile), everything it needs lies in one
 * memory: weights and states first, then the plan in use, then the values of a run.
 */
import { hasRelaxedSimd } from "../compile/emit/features.ts";
import { aligned, ALIGNMENT } from "../compile/arena.ts";
import { compile } from "../compile/compile.ts";
import type { Bases } from "../compile/data.ts";
import { OUT_OF_RANGE, STATUS } from "../compile/kernels/lookup.ts";
import type { Place } from "../compile/kernels/types.ts";
import { FixedMemory, Linker, type LinkedModule, type WeightSlot } from "../compile/link.ts";
import type { Plan } from "../compile/plan.ts";
import { takes } from "../compile/rules/takes.ts";
import { fail } from "../core/error.ts";
import { DEFAULT_LIMITS, type Limits } from "../core/limits.ts";
import { showShape, sizeOf, type Tensor } from "../core/tensor.ts";
import { refuseProblems } from "../graph/problems.ts";
import type { Graph } from "../ops/types.ts";
import type { Backend, OpenOptions, RunOptions, Session } from "./types.ts";
import { store, WasmMemory } from "./wasm-memory.ts";

const PLANS_KEPT = 4;
/** A run that can be stopped gives way to the event loop this often, in milliseconds. */
const TURN = 50;

type RunFunction = (from: number, to: number) => void;

/** A plan with its words, addresses filled in. */
interface Ready {
  readonly plan: Plan;
  readonly words: Int32Array;
  readonly bases: Bases;
}

export interface WasmOptions extends OpenOptions {
  /** Bit-equal results on all machines: no fused multiply-add. */
  readonly strict?: boolean;
}

export class WasmSession implements Session {
  readonly #graph: Graph;
  readonly #limits: Limits;
  readonly #memory = new WasmMemory();
  readonly #table = new WebAssembly.Table({ element: "anyfunc", initial: 0 });
  readonly #linker: Linker;
  readonly #fixed = new FixedMemory();
  readonly #plans = new Map<string, Ready>();
  #run: RunFunction | undefined;
  /** The plan whose words are in memory. */
  #active: Ready | undefined;
  /** Runs wait for one another: they share the memory. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(graph: Graph, options: WasmOptions) {
    this.#graph = graph;
    this.#limits = options.limits ?? DEFAULT_LIMITS;
    this.#linker = new Linker({ relaxed: options.strict !== true && hasRelaxedSimd() });
  }

  run(inputs: readonly Tensor[], options: RunOptions = {}): Promise<readonly Tensor[]> {
    const result = this.#queue.then(() => this.#runNow(inputs, options));
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #runNow(inputs: readonly Tensor[], { signal }: RunOptions): Promise<readonly Tensor[]> {
    const ready = await this.#ready(inputs);
    this.#activate(ready);
    const { plan, bases } = ready;
    const at = (place: Place): number => bases[place.base] + place.at;
    inputs.forEach((tensor, i) => this.#memory.write(at(plan.inputs[i]!.place), tensor, plan.inputs[i]!.operand.dtype));
    const [from, to] = [at(plan.from), at(plan.to)];
    if (signal === undefined) this.#execute(from, to);
    else await this.#stoppable(from, to, signal);
    return plan.outputs.map(({ place, operand }) => this.#memory.read(at(place), operand.shape, operand.dtype));
  }

  async #stoppable(from: number, to: number, signal: AbortSignal): Promise<void> {
    let turn = Date.now();
    for (let at = from; at < to; at += 8) {
      this.#execute(at, at + 8);
      if (Date.now() - turn < TURN) continue;
      await new Promise((go) => setTimeout(go, 0));
      signal.throwIfAborted();
      turn = Date.now();
    }
  }

  /** Runs instructions; what stopped them becomes an error. */
  #execute(from: number, to: number): void {
    if (from === to) return;
    const status = this.#memory.words(STATUS, 1);
    status[0] = 0;
    try {
      this.#run!(from, to);
    } catch (error) {
      if (status[0] !== OUT_OF_RANGE) throw error;
      const [found, length] = this.#memory.doubles(STATUS + 8, 2);
      fail("mismatch/range", {
        source: "gather",
        expected: `an index from 0 to ${length! - 1}`,
        found: String(found),
      });
    }
  }

  resetStates(): void {
    this.#queue = this.#queue.then(() => {
      for (const { at, bytes } of this.#fixed.clearStates()) this.#memory.clear(at, bytes);
      this.#forgetPlans();
    });
  }

  dispose(): void {
    this.#forgetPlans();
  }

  #forgetPlans(): void {
    this.#plans.clear();
    this.#active = undefined;
  }

  #check(inputs: readonly Tensor[]): void {
    const wanted = this.#graph.inputs;
    if (inputs.length !== wanted.length)
      fail("mismatch/inputs", { expected: `${wanted.length} inputs`, found: String(inputs.length) });
    inputs.forEach(({ dtype, shape, data }, i) => {
      const expected = this.#graph.values.get(wanted[i]!)!.dtype;
      if (dtype !== expected) fail("mismatch/dtype", { path: `inputs/${i}`, expected, found: dtype });
      if (data.length !== sizeOf(shape))
        fail("mismatch/shape", {
          path: `inputs/${i}`,
          expected: `${sizeOf(shape)} values`,
          found: String(data.length),
        });
    });
  }

  /** The plan for these inputs, its functions and weights in place. */
  async #ready(inputs: readonly Tensor[]): Promise<Ready> {
    this.#check(inputs);
    const key = JSON.stringify(inputs.map((x) => x.shape));
    const known = this.#plans.get(key);
    if (known !== undefined) return known;
    const before = this.#fixed.end;
    const plan = compile(
      this.#graph,
      inputs.map((x) => x.shape),
      this.#linker,
      this.#fixed,
    );
    if (plan.arenaBytes > this.#limits.runBytes)
      fail("limit/run-bytes", {
        source: "wasm",
        expected: `at most ${this.#limits.runBytes} bytes of intermediate values`,
        found: `${plan.arenaBytes} bytes`,
      });
    // New weights lie where the plans of before have their words.
    if (this.#fixed.end !== before) this.#forgetPlans();
    const data = aligned(this.#fixed.end);
    const arena = aligned(data + plan.data.bytes) + ALIGNMENT;
    this.#memory.reserve(arena + plan.arenaBytes + ALIGNMENT);
    for (const slot of this.#fixed.unfilled()) {
      await this.#fill(slot);
      this.#fixed.filled(slot);
    }
    const emitted = this.#linker.emit();
    if (emitted !== null) this.#link(emitted);
    const bases = { fixed: 0, data, arena };
    const ready = { plan, bases, words: plan.data.finish(bases) };
    const oldest = this.#plans.keys().next();
    if (this.#plans.size >= PLANS_KEPT && oldest.done !== true) this.#plans.delete(oldest.value);
    this.#plans.set(key, ready);
    return ready;
  }

  #activate(ready: Ready): void {
    if (this.#active === ready) return;
    this.#memory.words(ready.bases.data, ready.words.length).set(ready.words);
    this.#active = ready;
  }

  /** Adds functions to the table. */
  #link({ bytes, first, count }: LinkedModule): void {
    const module = new WebAssembly.Module(bytes);
    this.#table.grow(first + count - this.#table.length);
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.#memory.memory, table: this.#table } });
    for (let i = first; i < first + count; i++) this.#table.set(i, exports[String(i)]);
    this.#run ??= exports["run"] as RunFunction;
  }

  /** Lays out one weight, straight from where it is stored. */
  async #fill({ weight, packing, dtype, at, bytes }: WeightSlot): Promise<void> {
    const tensor = await weight.read();
    if (weight.shape !== null && showShape(weight.shape) !== showShape(tensor.shape))
      fail("mismatch/shape", {
        path: weight.name,
        expected: `shape ${showShape(weight.shape)}`,
        found: showShape(tensor.shape),
      });
    if (packing === null) {
      this.#memory.write(at, tensor, dtype);
      return;
    }
    let source = tensor.data;
    if (!(source instanceof Float32Array)) {
      source = new Float32Array(tensor.data.length);
      store(tensor, dtype, source);
    }
    packing.pack(source, this.#memory.floats(at, bytes / 4));
  }
}

export const wasm: Omit<Backend, "open"> & { open(graph: Graph, options?: WasmOptions): Promise<WasmSession> } = {
  id: "wasm",
  takes,
  async open(graph, options = {}) {
    refuseProblems(graph);
    return new WasmSession(graph, options);
  },
};
