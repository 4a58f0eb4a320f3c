/** Sessions of the fast engine (its functions and plan: compile.ts): what runs when. */
import { checkSignal, fail } from "../../core/error.ts";
import { sameShape, type Tensor } from "../../core/tensor.ts";
import { inTurns } from "../../core/turns.ts";
import { refuseProblems } from "../../graph/problems.ts";
import type { Graph } from "../../ops/types.ts";
import { checkInputs } from "../inputs.ts";
import type { OpenOptions, RunOptions, States, SyncSession, Values, Views } from "../types.ts";
import { type Ready, type Shapes, WasmEngine } from "./engine.ts";

/** A model on the WASM engine; one run at a time. Throws `limit/*`, and `mismatch/*` for inputs, outputs and calls that do not fit. */
export class WasmSession implements SyncSession {
  readonly #graph: Graph;
  /** null: disposed of. */
  #engine: WasmEngine | null;
  /** What takes time waits for one another: they share the memory. */
  #queue: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #prepared: Ready | null = null;

  constructor(graph: Graph, options: OpenOptions) {
    this.#graph = graph;
    this.#engine = new WasmEngine(graph, options);
  }

  get prepared(): Shapes | null {
    return this.#prepared?.shapes ?? null;
  }

  #alive(): WasmEngine {
    return this.#engine ?? fail("mismatch/disposed", { message: "the model has been disposed of" });
  }

  #later<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting++;
    const result = this.#queue.then(work);
    const done = (): void => void this.#waiting--;
    this.#queue = result.then(done, done);
    return result;
  }

  async run(inputs: readonly Tensor[], options: RunOptions = {}): Promise<readonly Tensor[]> {
    const engine = this.#alive();
    const isAtOnce = options.signal === undefined && options.onStep === undefined;
    const ready = this.#waiting === 0 && isAtOnce ? engine.find(inputs) : undefined;
    if (ready === undefined) return this.#later(() => this.#runLater(engine, inputs, options));
    engine.start(ready, inputs);
    engine.executeAll(ready);
    return ready.outputs.map((port) => port.read());
  }

  async #runLater(engine: WasmEngine, inputs: readonly Tensor[], options: RunOptions): Promise<readonly Tensor[]> {
    const { signal, onStep } = options;
    checkSignal(signal);
    checkInputs(this.#graph, inputs);
    const ready = await engine.ready(
      inputs.map((x) => x.shape),
      signal,
    );
    engine.start(ready, inputs);
    const total = (ready.commit - ready.from) / 8;
    if (signal === undefined && onStep === undefined) engine.executeAll(ready);
    else await inTurns(engine.inSteps(ready), signal, (done) => onStep?.(done, total));
    return ready.outputs.map((port) => port.read());
  }

  async prepare(shapes: Shapes, warmUp: number): Promise<void> {
    const engine = this.#alive();
    await this.#later(async () => {
      const ready = await engine.ready(shapes);
      this.#prepared = ready;
      await engine.joined();
      await inTurns(engine.warmingUp(ready, warmUp));
    });
  }

  runSync(inputs: Values | readonly Values[]): readonly Tensor[] {
    const engine = this.#alive();
    const ready = this.#readyFor(engine, inputs);
    engine.start(ready, inputs);
    engine.executeAll(ready);
    return ready.outputs.map((port) => port.read());
  }

  runInto(inputs: Values | readonly Values[], out: Values | readonly Values[]): void {
    const engine = this.#alive();
    const ready = this.#readyFor(engine, inputs);
    const ports = ready.outputs;
    const several = Array.isArray(out) ? (out as readonly Values[]) : null;
    const count = several === null ? 1 : several.length;
    if (count !== ports.length)
      fail("mismatch/outputs", { expected: `out for ${ports.length} outputs`, found: String(count) });
    engine.activate(ready);
    for (let i = 0; i < count; i++) ports[i]!.check(several === null ? (out as Values) : several[i]!);
    engine.start(ready, inputs);
    engine.executeAll(ready);
    for (let i = 0; i < count; i++) ports[i]!.readInto(several === null ? (out as Values) : several[i]!);
  }

  views(): Views {
    const engine = this.#alive();
    return engine.views(this.#current(engine));
  }

  /** The prepared plan, made again where it is void. */
  #current(engine: WasmEngine): Ready {
    if (this.#waiting > 0)
      fail("mismatch/busy", { message: "a predict or prepare of this model is under way: await it first" });
    const ready = this.#prepared;
    if (ready === null) return fail("mismatch/not-prepared", { message: "call prepare first" });
    return engine.isCurrent(ready) ? ready : (this.#prepared = engine.readyNow(ready.shapes));
  }

  /** The plan for these inputs: the prepared one where their shapes are its own. */
  #readyFor(engine: WasmEngine, inputs: Values | readonly Values[]): Ready {
    const ready = this.#current(engine);
    const several = Array.isArray(inputs) ? (inputs as readonly Values[]) : null;
    const count = several === null ? 1 : several.length;
    const { shapes } = ready;
    if (count !== shapes.length) fail("mismatch/inputs", { expected: `${shapes.length} inputs`, found: String(count) });
    for (let i = 0; i < count; i++) {
      const value = several === null ? (inputs as Values) : several[i]!;
      if (ArrayBuffer.isView(value) || sameShape(value.shape, shapes[i]!)) continue;
      const all = several ?? [inputs as Values];
      return engine.readyNow(all.map((x, k) => (ArrayBuffer.isView(x) ? shapes[k]! : x.shape)));
    }
    return ready;
  }

  readStates(): States | Promise<States> {
    const engine = this.#alive();
    return this.#waiting === 0 ? engine.readStates() : this.#later(async () => engine.readStates());
  }

  writeStates(states: States): void | Promise<void> {
    const engine = this.#alive();
    if (this.#waiting > 0) return this.#later(async () => engine.writeStates(states));
    engine.writeStates(states);
  }

  resetStates(): void {
    const engine = this.#alive();
    if (this.#waiting === 0) engine.resetStates();
    else void this.#later(async () => engine.resetStates());
  }

  dispose(): void {
    const engine = this.#engine;
    if (engine === null) return;
    this.#engine = null;
    this.#prepared = null;
    void this.#queue.then(() => engine.free());
  }
}

/** Throws `unsupported/layer` with every call of the graph that cannot run, `unsupported/threads`. */
export async function openWasm(graph: Graph, options: OpenOptions = {}): Promise<WasmSession> {
  refuseProblems(graph);
  return new WasmSession(graph, options);
}
