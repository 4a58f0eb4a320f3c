/** The backend that defines what is right: float64 arithmetic of the operations, composites spelt out. */
import { checkSignal, fail } from "../../core/error.ts";
import { DEFAULT_LIMITS, type Limits } from "../../core/limits.ts";
import { showShape, sizeOf, type Tensor } from "../../core/tensor.ts";
import { nextTurn, TURN } from "../../core/turns.ts";
import { lowerMapped } from "../../graph/lower.ts";
import { refuseProblems } from "../../graph/problems.ts";
import { resolve } from "../../graph/resolve.ts";
import { simplify } from "../../graph/simplify.ts";
import { makesOf } from "../../ops/slots.ts";
import type { Graph, Nd, ValueId, WeightRef } from "../../ops/types.ts";
import { Evaluator, type Scope } from "./evaluate.ts";
import type { Backend, OpenOptions, RunOptions, Session } from "../types.ts";
import { decode, encode, settle, widest } from "./values.ts";

export interface ReferenceRunOptions extends RunOptions {
  /** Values of the opened graph, outside of loops, that are given after the outputs. */
  readonly watch?: readonly ValueId[];
  /** `float64`: floating-point outputs unrounded, as float64. Default: the graph's dtypes. */
  readonly precision?: "float64";
}

/** Graph for one set of input shapes, ready to evaluate. */
interface Plan {
  readonly graph: Graph;
  readonly evaluator: Evaluator;
  readonly watch: readonly ValueId[];
}

const PLANS_KEPT = 4;

export class ReferenceSession implements Session {
  readonly #graph: Graph;
  readonly #limits: Limits;
  readonly #weights: ReadonlyMap<WeightRef, Nd>;
  readonly #plans = new Map<string, Plan>();
  readonly #states = new Map<string, Nd>();

  constructor(graph: Graph, weights: ReadonlyMap<WeightRef, Nd>, limits: Limits) {
    this.#graph = graph;
    this.#weights = weights;
    this.#limits = limits;
  }

  async run(inputs: readonly Tensor[], options: ReferenceRunOptions = {}): Promise<readonly Tensor[]> {
    this.#check(inputs);
    this.#checkWatch(options.watch ?? []);
    const plan = this.#plan(inputs, options.watch ?? []);
    const { graph, evaluator, watch } = plan;
    const scope: Scope = new Map();
    inputs.forEach((tensor, i) => scope.set(graph.inputs[i]!, decode(tensor)));
    for (const state of graph.states) scope.set(state.read, this.#state(state.path, state.shape as readonly number[]));
    evaluator.start();
    let turn = Date.now();
    for (let i = 0; i < graph.nodes.length; i++) {
      evaluator.step(graph, i, scope, watch);
      if (options.signal === undefined || Date.now() - turn < TURN) continue;
      await nextTurn();
      checkSignal(options.signal);
      turn = Date.now();
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
      return encode(value, options.precision === "float64" ? widest(dtype) : dtype);
    });
  }

  resetStates(): void {
    this.#states.clear();
  }

  dispose(): void {
    this.#plans.clear();
    this.#states.clear();
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

  #checkWatch(watch: readonly ValueId[]): void {
    if (watch.length === 0) return;
    const seen = new Set([...this.#graph.inputs, ...this.#graph.nodes.flatMap(makesOf)]);
    const strange = watch.find((id) => !seen.has(id) && this.#graph.values.get(id)?.from === undefined);
    if (strange !== undefined)
      fail("unsupported/watch", { expected: "values outside of loops", found: `value ${strange}` });
  }

  #plan(inputs: readonly Tensor[], watched: readonly ValueId[]): Plan {
    const key = JSON.stringify([inputs.map((x) => x.shape), watched]);
    const known = this.#plans.get(key);
    if (known !== undefined) return known;
    const resolved = resolve(
      this.#graph,
      inputs.map((x) => x.shape),
    );
    const lowered = lowerMapped(resolved, () => false);
    const watch = watched.map((id) => lowered.at(id));
    const graph = simplify(lowered.graph, watch);
    const plan = { graph, watch, evaluator: new Evaluator(this.#fixed(graph), this.#limits.runBytes) };
    plan.evaluator.expect(graph, watch);
    const oldest = this.#plans.keys().next();
    if (this.#plans.size >= PLANS_KEPT && oldest.done !== true) this.#plans.delete(oldest.value);
    this.#plans.set(key, plan);
    return plan;
  }

  #fixed(graph: Graph): Map<ValueId, Nd> {
    const fixed = new Map<ValueId, Nd>();
    for (const [id, { from, dtype }] of graph.values) {
      if (from === undefined || "state" in from) continue;
      const value = "constant" in from ? decode(from.constant) : this.#weights.get(from.weight)!;
      if ("constant" in from) settle(value, dtype);
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
    const stored = await from.weight.read();
    const fits =
      shape === null ||
      (shape.length === stored.shape.length && shape.every((n, i) => n === null || n === stored.shape[i]));
    if (!fits) {
      fail("mismatch/shape", {
        path: from.weight.name,
        expected: `shape ${showShape(shape)}`,
        found: showShape(stored.shape),
      });
    }
    const value = decode(stored);
    if (stored.dtype !== dtype) settle(value, dtype);
    weights.set(from.weight, value);
  }
  return weights;
}

export const reference: Omit<Backend, "open"> & {
  open(graph: Graph, options?: OpenOptions): Promise<ReferenceSession>;
} = {
  id: "reference",
  takes: () => false,
  async open(graph, options = {}) {
    refuseProblems(graph);
    return new ReferenceSession(graph, await readWeights(graph), options.limits ?? DEFAULT_LIMITS);
  },
};
