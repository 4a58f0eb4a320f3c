/**
 * A compiled graph in its memory: weights and states first, then the plan in use, then the values of a run. Everything
 * here but reading weights happens at once; `WasmSession` says what may happen when.
 */
import { aligned } from "./arena.ts";
import { Clock } from "./clock.ts";
import { compiling } from "./compile.ts";
import { compiled } from "./emit/compiled.ts";
import { hasRelaxedSimd } from "./emit/features.ts";
import { arenaFrom, endOf, fillSlot, type PlacedPlan, type PlacedPort, withAddresses } from "./image.ts";
import { OUT_OF_RANGE, RUNNING, STATUS } from "./kernels/status.ts";
import { CONTROL, STOP } from "./kernels/parallel.ts";
import { widthOf } from "./kernels/storage.ts";
import { kernelName } from "./kernels/types.ts";
import type { Plan } from "./plan.ts";
import type { Alone } from "./types.ts";
import { FixedMemory, Linker, type LinkedModule, RUN, type WeightSlot } from "./link.ts";
import { LEAST_WORK, type Parallel } from "./parts.ts";
import { asFormatError, fail } from "../../core/error.ts";
import { DEFAULT_LIMITS, type Limits } from "../../core/limits.ts";
import { sameShape, showShape, sizeOf, type Tensor } from "../../core/tensor.ts";
import { atOnce, inTurns } from "../../core/turns.ts";
import { type Exports, link } from "../../core/thread-work.ts";
import type { Graph } from "../../ops/types.ts";
import { Pace } from "./pace.ts";
import { Port } from "./port.ts";
import { withRules } from "./rules/later.ts";
import { refuseThreads, Team } from "./team.ts";
import { Plans } from "../plans.ts";
import type { OpenOptions, States, Values } from "../types.ts";
import { WasmMemory } from "./memory.ts";
import type { SignalLike } from "../../core/platform.ts";

export type Shapes = readonly (readonly number[])[];

/** A plan for one set of input shapes. */
export interface Ready extends Omit<PlacedPlan, "inputs" | "outputs"> {
  readonly shapes: Shapes;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** That of `FixedMemory` which the plan holds for. */
  readonly version: number;
  /** What each instruction does, and for which call of the graph. */
  readonly uses: Plan["uses"];
  /** Null: nothing that threads could share. */
  readonly pace: Pace | null;
}

const clock = new Clock();

function allSame(a: Shapes, b: Shapes): boolean {
  return a.length === b.length && a.every((shape, i) => sameShape(shape, b[i]!));
}

/** What an engine gives whose graph takes nothing; then it is gone. */
async function computed(engine: WasmEngine): Promise<Tensor> {
  try {
    const ready = await engine.ready([]);
    engine.start(ready, []);
    engine.executeAll(ready);
    return ready.outputs[0]!.read();
  } finally {
    engine.free();
  }
}

/** The functions, memory, plans and threads of one session. Throws `limit/*`, `mismatch/shape`, `unsupported/operation`. */
export class WasmEngine {
  readonly #graph: Graph;
  readonly #limits: Limits;
  readonly #memory: WasmMemory;
  readonly #table = new WebAssembly.Table({ element: "anyfunc", initial: 0 });
  readonly #linker: Linker;
  readonly #fixed = new FixedMemory();
  readonly #parallel: Parallel | null;
  readonly #rounding: Pick<OpenOptions, "weightDtype" | "precision">;
  readonly #alone: Alone | undefined;
  readonly #team: Team | null;
  readonly #plans = new Plans<Ready>();
  #exports: Exports | undefined;
  /** The plan whose words are in memory. */
  #active: Ready | undefined;
  #hasViews = false;

  /** `isWhole`: whether what is computed of weights alone is made by another engine, once. */
  constructor(graph: Graph, options: OpenOptions, isWhole = true) {
    this.#graph = graph;
    this.#limits = options.limits ?? DEFAULT_LIMITS;
    this.#rounding = { weightDtype: options.weightDtype, precision: options.precision };
    const { strict = false } = options;
    if (isWhole) this.#alone = (of) => computed(new WasmEngine(of, { limits: this.#limits, strict }, false));
    const { threads = 1, threadWork: work = LEAST_WORK } = options;
    refuseThreads(threads);
    const shared = threads > 1;
    this.#memory = new WasmMemory(shared);
    this.#parallel = shared ? { threads, work } : null;
    this.#team = shared ? new Team(this.#memory, threads) : null;
    this.#linker = new Linker({ relaxed: !strict && hasRelaxedSimd(), shared });
  }

  /** A plan made before that can run now, its weights in place. */
  find(inputs: readonly Tensor[]): Ready | undefined {
    if (!this.#fixed.isFilled) return undefined;
    return this.#plans.find(
      (ready) =>
        ready.version === this.#fixed.version &&
        ready.shapes.length === inputs.length &&
        inputs.every((x, i) => sameShape(x.shape, ready.shapes[i]!)),
    );
  }

  isCurrent(ready: Ready): boolean {
    return ready.version === this.#fixed.version && this.#fixed.isFilled;
  }

  /** The plan for these shapes, weights read. Throws what `compiling` throws, `limit/memory`, the signal's reason. */
  async ready(shapes: Shapes, signal?: SignalLike): Promise<Ready> {
    const ready = await withRules(() => inTurns(this.#plan(shapes), signal));
    for (const slot of this.#fixed.unfilled()) {
      await this.#fill(slot);
      this.#fixed.filled(slot);
    }
    return ready;
  }

  /** When the threads of a plan can work. */
  async joined(): Promise<void> {
    await this.#team?.ready;
    this.#team?.isJoined();
  }

  /** The same without reading or loading anything. Throws `mismatch/not-prepared` when a weight or a rule is missing. */
  readyNow(shapes: Shapes): Ready {
    const saved = this.#fixed.save();
    const ready = atOnce(this.#plan(shapes));
    if (this.#fixed.isFilled) return ready;
    this.#plans.keep((plan) => plan !== ready);
    this.#fixed.restore(saved);
    return fail("mismatch/not-prepared", {
      message: "inputs of these shapes need weights in another layout: call prepare with them",
      found: shapes.map(showShape).join(", "),
    });
  }

  *#plan(shapes: Shapes): Generator<void, Ready> {
    const fixed = this.#fixed;
    const known = this.#plans.find((ready) => ready.version === fixed.version && allSame(ready.shapes, shapes));
    if (known !== undefined) return known;
    const ready = yield* this.#compile(shapes);
    this.#plans.keep(({ version }) => version === fixed.version);
    this.#plans.add(ready);
    return ready;
  }

  *#compile(shapes: Shapes): Generator<void, Ready> {
    const fixed = this.#fixed;
    const saved = fixed.save();
    let isDone = false;
    try {
      const [limits, alone] = [this.#limits, this.#alone];
      const options = { parallel: this.#parallel, limits, alone, ...this.#rounding };
      const plan = yield* compiling(this.#graph, shapes, this.#linker, fixed, options);
      const data = aligned(fixed.end);
      const arena = arenaFrom(data + plan.data.bytes);
      this.#memory.reserve(endOf(plan, arena));
      const { inputs, outputs, ...places } = withAddresses(plan, { fixed: 0, data, arena });
      const port =
        (kind: string) =>
        ({ at, shape, dtype }: PlacedPort, i: number): Port =>
          new Port(`${kind}/${i}`, at, shape, dtype, this.#memory);
      const ready: Ready = {
        ...places,
        shapes,
        inputs: inputs.map(port("inputs")),
        outputs: outputs.map(port("out")),
        version: fixed.version,
        uses: plan.uses,
        pace: plan.isParallel ? new Pace() : null,
      };
      const emitted = this.#linker.emit();
      if (emitted !== null) this.#link(emitted);
      if (plan.isParallel) this.#team!.start();
      // New states lie where a plan of before had its values.
      if (fixed.version !== saved.version && !fixed.hasWrittenStates) this.resetStates();
      isDone = true;
      return ready;
    } finally {
      if (!isDone) fixed.restore(saved);
    }
  }

  /** Adds functions to the tables. */
  #link({ bytes, first, count }: LinkedModule): void {
    const module = { module: compiled(bytes), first, count };
    const exports = link(this.#memory.memory, this.#table, module);
    this.#exports ??= exports;
    this.#team?.add(module);
  }

  async #fill(slot: WeightSlot): Promise<void> {
    const { at, bytes, dtype } = slot;
    await fillSlot(slot, () => {
      // A plan of before may have had its values here; until one has run there are zeros.
      if (slot.packing !== null && this.#active !== undefined) this.#memory.clear(at, bytes);
      return this.#memory.stored(at, bytes / widthOf(dtype), dtype);
    });
  }

  /** Puts inputs in place. Throws `mismatch/*`, and then has changed nothing. */
  start(ready: Ready, inputs: Values | readonly Values[]): void {
    this.activate(ready);
    const ports = ready.inputs;
    if (Array.isArray(inputs)) {
      for (let i = 0; i < ports.length; i++) ports[i]!.check((inputs as readonly Values[])[i]!);
      for (let i = 0; i < ports.length; i++) ports[i]!.write((inputs as readonly Values[])[i]!);
    } else {
      ports[0]!.check(inputs as Values);
      ports[0]!.write(inputs as Values);
    }
  }

  /** Puts a plan's words in place; views of another plan die. */
  activate(ready: Ready): void {
    if (this.#active === ready) return;
    if (this.#hasViews) this.#memory.detach();
    this.#hasViews = false;
    this.#memory.words(ready.at, ready.words.length).set(ready.words);
    this.#active = ready;
  }

  /** Inputs and outputs of a plan in memory, until another one is activated. */
  views(ready: Ready): { readonly inputs: readonly Tensor[]; readonly outputs: readonly Tensor[] } {
    this.activate(ready);
    const views = {
      inputs: ready.inputs.map((port) => port.view()),
      outputs: ready.outputs.map((port) => port.view()),
    };
    this.#hasViews = true;
    return views;
  }

  /** Where a run has stopped: the layer, and the kernel by its name. */
  #running(): { source: string; path?: string } {
    const ready = this.#active!;
    const { kernel, call } = ready.uses[(this.#memory.words(RUNNING, 1)[0]! - ready.from) / 8]!;
    const path = this.#graph.calls[call]?.path;
    return { source: kernelName(kernel), ...(path !== undefined && { path }) };
  }

  /** Runs instructions; what stopped them becomes an error. */
  execute(from: number, to: number): void {
    if (from === to) return;
    this.#memory.setWord(STATUS, 0);
    try {
      this.#exports![RUN]!(from, to);
    } catch (error) {
      if (this.#team !== null) this.#exports![STOP]!();
      const where = this.#running();
      if (this.#memory.words(STATUS, 1)[0] !== OUT_OF_RANGE) throw asFormatError(error, where);
      const [found, length] = this.#memory.doubles(STATUS + 8, 2);
      fail("mismatch/range", {
        ...where,
        expected: `an index from 0 to ${length! - 1}`,
        found: String(found),
      });
    }
  }

  /** Runs instructions, with the threads where that is faster. */
  #paced({ pace }: Ready, from: number, to: number): void {
    if (pace === null || !this.#team!.isJoined()) {
      this.execute(from, to);
      return;
    }
    const memory = this.#memory;
    memory.setWord(CONTROL.isShared, Number(pace.next()));
    memory.setWord(CONTROL.parts, 0);
    memory.setWord(CONTROL.others, 0);
    clock.now();
    const start = clock.now();
    this.execute(from, to);
    const time = clock.now() - start;
    const { threads } = this.#parallel!;
    // At least half of what they would have taken at the same speed.
    const least = (memory.word(CONTROL.parts) * (threads - 1)) / threads / 2;
    pace.took(time, memory.word(CONTROL.others) >= least, clock.step);
  }

  /** Runs a whole plan. */
  executeAll(ready: Ready): void {
    this.#paced(ready, ready.from, ready.to);
    this.#fixed.statesWritten();
  }

  /** Runs a plan, resting between its instructions; those that change states follow one another at once: they cannot fail. */
  *inSteps({ from, commit, to }: Ready): Generator<void, void> {
    for (let at = from; at < commit; at += 8) {
      this.execute(at, at + 8);
      yield;
    }
    this.execute(commit, to);
    this.#fixed.statesWritten();
  }

  /** Runs a plan on zeros so many times; states stay as they are. */
  *warmingUp(ready: Ready, times: number): Generator<void, void> {
    for (let i = 0; i < times; i++) {
      this.activate(ready);
      for (const port of ready.inputs) port.clear();
      this.#paced(ready, ready.from, ready.commit);
      yield;
    }
  }

  /** A copy of the states; none before the first run. */
  readStates(): States {
    const states = new Map<object, Tensor>();
    for (const { path, key, dtype } of this.#fixed.hasWrittenStates ? this.#graph.states : []) {
      const slot = this.#fixed.stateAt(path);
      if (slot === undefined) continue;
      states.set(key, this.#memory.read(slot.at, slot.shape, dtype));
    }
    return states;
  }

  /** All states anew: those given, zeros for the others. */
  writeStates(states: States): void {
    this.resetStates();
    if (states.size === 0) return;
    for (const { path, key, dtype } of this.#graph.states) {
      const given = states.get(key);
      if (given === undefined) continue;
      const { at, bytes } = this.#fixed.state(path, given.shape, widthOf(dtype) * sizeOf(given.shape));
      this.#memory.reserve(at + bytes);
      this.#memory.write(at, given, dtype);
    }
    this.#fixed.statesWritten();
  }

  resetStates(): void {
    for (const { at, bytes } of this.#fixed.clearStates()) this.#memory.clear(at, bytes);
  }

  /** Nothing may be called after this. */
  free(): void {
    this.#team?.end();
    this.#memory.free();
  }
}
