/** Sessions of the engine that defines what is right: float64 arithmetic of the operations, composites spelt out. */
import { isHalf } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { DEFAULT_LIMITS, type Limits } from "../../core/limits.ts";
import { showShape, sizeOf, type Tensor } from "../../core/tensor.ts";
import { atOnce, inTurns } from "../../core/turns.ts";
import { lowerMapped } from "../../graph/lower.ts";
import { refuseProblems } from "../../graph/problems.ts";
import { resolve } from "../../graph/resolve.ts";
import { simplify } from "../../graph/simplify.ts";
import { makesOf } from "../../ops/slots.ts";
import type { Graph, Nd, ValueId, WeightRef } from "../../ops/types.ts";
import { Evaluator, type ValueScope } from "./evaluate.ts";
import { checkInputs, readWeight } from "../inputs.ts";
import { Plans } from "../plans.ts";
import type { OpenOptions, RunOptions, Session, States } from "../types.ts";
import { settle } from "../values.ts";
import { decode, encode, widest } from "./values.ts";

/** Graph for one set of input shapes, ready to evaluate. */
interface Plan {
  /** The shapes and watched values that it is for. */
  readonly key: string;
  readonly graph: Graph;
  readonly evaluator: Evaluator;
  readonly watch: readonly ValueId[];
}

/** A model on the reference engine. Throws what the operations throw, `limit/run-bytes`, `mismatch/shape`. */
export class ReferenceSession implements Session {
  readonly #graph: Graph;
  readonly #limits: Limits;
  readonly #weights: ReadonlyMap<WeightRef, Nd>;
  readonly #plans = new Plans<Plan>();
  readonly #states = new Map<string, Nd>();

  constructor(graph: Graph, weights: ReadonlyMap<WeightRef, Nd>, limits: Limits) {
    this.#graph = graph;
    this.#weights = weights;
    this.#limits = limits;
  }

  async run(inputs: readonly Tensor[], options: RunOptions = {}): Promise<readonly Tensor[]> {
    checkInputs(this.#graph, inputs);
    this.#checkWatch(options.watch ?? []);
    const { signal, onStep, precision } = options;
    const work = this.#run(inputs, options.watch ?? [], precision);
    if (signal === undefined && onStep === undefined) return atOnce(work);
    return inTurns(work, signal, (done) => onStep?.(done, this.#graph.nodes.length));
  }

  *#run(
    inputs: readonly Tensor[],
    watched: readonly ValueId[],
    precision: RunOptions["precision"],
  ): Generator<void, readonly Tensor[]> {
    const plan = this.#plan(inputs, watched);
    const { graph, evaluator, watch } = plan;
    const scope: ValueScope = new Map();
    inputs.forEach((tensor, i) => scope.set(graph.inputs[i]!, decode(tensor)));
    for (const state of graph.states) scope.set(state.read, this.#state(state.path, state.shape as readonly number[]));
    evaluator.start();
    for (let i = 0; i < graph.nodes.length; i++) {
      evaluator.step(graph, i, scope, watch);
      yield;
    }
    const ids = [...graph.outputs, ...watch];
    const made = evaluator.collect(scope, ids);
    const written = evaluator.collect(
      scope,
      graph.states.map((state) => state.write),
    );
    graph.states.forEach((state, i) => this.#states.set(state.path, written[i]!));
    return made.map((value, i) => {
      const { dtype } = graph.values.get(ids[i]!)!;
      return encode(value, precision === "float64" ? widest(dtype) : dtype);
    });
  }

  readStates(): States {
    const kept = this.#graph.states.filter(({ path }) => this.#states.has(path));
    return new Map(kept.map(({ path, key }) => [key, encode(this.#states.get(path)!, "float64")]));
  }

  writeStates(states: States): void {
    this.#states.clear();
    for (const { path, key } of this.#graph.states)
      if (states.has(key)) this.#states.set(path, decode(states.get(key)!));
  }

  resetStates(): void {
    this.#states.clear();
  }

  dispose(): void {
    this.#plans.keep(() => false);
    this.#states.clear();
  }

  #checkWatch(watch: readonly ValueId[]): void {
    if (watch.length === 0) return;
    const seen = new Set([...this.#graph.inputs, ...this.#graph.nodes.flatMap(makesOf)]);
    const strange = watch.find((id) => !seen.has(id) && this.#graph.values.get(id)?.from === undefined);
    if (strange !== undefined)
      fail("unsupported/watch", { expected: "values outside of loops", found: `value ${strange}` });
  }

  #plan(inputs: readonly Tensor[], watched: readonly ValueId[]): Plan {
    const key = JSON.stringify([inputs.map((x) => x.shape), watched]);
    const known = this.#plans.find((plan) => plan.key === key);
    if (known !== undefined) return known;
    const resolved = resolve(
      this.#graph,
      inputs.map((x) => x.shape),
    );
    const lowered = lowerMapped(resolved, () => false);
    const watch = watched.map((id) => lowered.at(id));
    const graph = simplify(lowered.graph, watch);
    const plan = { key, graph, watch, evaluator: new Evaluator(this.#fixed(graph), this.#limits.runBytes) };
    plan.evaluator.expect(graph, watch);
    this.#plans.add(plan);
    return plan;
  }

  #fixed(graph: Graph): Map<ValueId, Nd> {
    const fixed = new Map<ValueId, Nd>();
    for (const [id, { from, dtype }] of graph.values) {
      if (from === undefined || "state" in from) continue;
      const read = "constant" in from ? decode(from.constant) : this.#weights.get(from.weight)!;
      // A weight may have been read for several dtypes.
      const value = "weight" in from && isHalf(dtype) ? { ...read, data: read.data.slice() } : read;
      if ("constant" in from || isHalf(dtype)) settle(value.data, dtype);
      fixed.set(id, value);
    }
    return fixed;
  }

  #state(path: string, shape: readonly number[]): Nd {
    const value = this.#states.get(path) ?? { shape, data: new Float64Array(sizeOf(shape)) };
    if (showShape(value.shape) === showShape(shape)) return value;
    return fail("mismatch/shape", {
      path,
      expected: `a state of shape ${showShape(value.shape)}, as in the run before`,
      found: showShape(shape),
    });
  }
}

/** Every weight that the graph names, read once. */
async function readWeights(graph: Graph): Promise<Map<WeightRef, Nd>> {
  const weights = new Map<WeightRef, Nd>();
  for (const { from, dtype, shape } of graph.values.values()) {
    if (from === undefined || !("weight" in from) || weights.has(from.weight)) continue;
    const stored = await readWeight(from.weight, shape);
    const value = decode(stored);
    if (stored.dtype !== dtype && !isHalf(dtype)) settle(value.data, dtype);
    weights.set(from.weight, value);
  }
  return weights;
}

/** Reads the weights. Throws `unsupported/layer` with every call of the graph that cannot run. */
export async function openReference(graph: Graph, options: OpenOptions = {}): Promise<ReferenceSession> {
  refuseProblems(graph);
  return new ReferenceSession(graph, await readWeights(graph), options.limits ?? DEFAULT_LIMITS);
}
