/**
 * One graph for a step: forward, losses, metrics and, in training, gradients and the optimizer's update. Weights, slots
 * and metrics are states of the graph: they stay in the engine's memory from step to step.
 */
import type { DType } from "../core/dtype.ts";
import { fail } from "../core/error.ts";
import { sizeOf, type Tensor } from "../core/tensor.ts";
import { GraphBuilder } from "../graph/builder.ts";
import { Differentiation, isStop } from "../graph/gradients.ts";
import { lower } from "../graph/lower.ts";
import { moveOut } from "../graph/motion.ts";
import { refuseProblems } from "../graph/problems.ts";
import { simplify } from "../graph/simplify.ts";
import { trace, type Traced } from "../graph/trace.ts";
import type { LayerNode, Weight } from "../layers/define.ts";
import { weightsInOrder } from "../model/walk.ts";
import type { Graph, Shape, Sym, ValueId } from "../ops/types.ts";
import { type Era, ERAS } from "./era.ts";
import { constrainedBy, penaltyFor } from "./penalties.ts";
import { type Owned, ownedWeights, variableOf } from "./trainable.ts";
import type { Compared, Kept, Loss, Metric, Optimizer } from "./types.ts";

/** What one output of the model is compared with. */
export interface Target {
  readonly loss: Loss | null;
  readonly lossWeight: number;
  readonly metrics: readonly Metric[];
  readonly weightedMetrics: readonly Metric[];
  /** Of the labels and of the weights of samples; null: none are given. */
  readonly y: { readonly shape: Shape; readonly dtype: DType } | null;
  readonly weight: Shape | null;
}

/** Which object stands for a state, in whichever graph: of a weight itself, of others one for each place. */
export type Keys = (owner: object, place: string) => object;

/** A state that the graph keeps beside those of its layers, and what it is at first. */
export interface StepState {
  readonly key: object;
  first(): Promise<Tensor>;
}

/** One of the numbers that a step tells. */
export interface Result {
  readonly output: number;
  /** null: the output's loss. */
  readonly metric: Metric | null;
  readonly weighted: boolean;
}

/** A graph whose inputs are those of the model, labels and sample weights by output, `fresh`; in training the seed, the step, the rate. */
export interface Step {
  readonly graph: Graph;
  readonly states: readonly StepState[];
  /** Behind the loss: for each output its loss, where there are several; then its metrics. */
  readonly results: readonly Result[];
  /** Behind those the norms of the gradients of these weights, where they are asked for. */
  readonly norms: readonly Weight[];
}

/** Float32 numbers of a kept value. */
export function firstOf({ shape, initial = 0 }: Kept): Tensor {
  const data = new Float32Array(sizeOf(shape));
  if (typeof initial === "number") data.fill(initial);
  else data.set(initial);
  return { dtype: "float32", shape, data };
}

/** What the value is the softmax (along whichever axis) or the sigmoid of, if it was made so. */
function logitsOf({ nodes }: Graph, id: ValueId): ValueId | undefined {
  const node = nodes.find(({ out }) => out["y"] === id);
  const fn = node?.op === "activation" ? node.attrs["fn"] : node?.op;
  return fn === "softmax" || fn === "sigmoid" ? (node!.in["x"] as ValueId) : undefined;
}

/** The forward pass in a graph under construction. */
interface Forward {
  readonly traced: Traced;
  readonly outputs: readonly Sym[];
  readonly assigned: readonly { readonly weight: Weight; readonly value: Sym }[];
  readonly penalties: readonly Sym[];
  readonly writes: readonly Sym[];
  /** A value of the traced graph, among the outputs' makers. */
  readonly logits: readonly Compared["logits"][];
  readonly masks: readonly (Sym | undefined)[];
}

function forward(builder: GraphBuilder, traced: Traced): Forward {
  const { graph, live } = traced;
  const logits = graph.outputs.map((id) => logitsOf(graph, id));
  const assigned = live?.assigned ?? [];
  const penalised = live?.losses ?? [];
  const masks = live?.masks ?? [];
  const wanted = [
    ...graph.outputs,
    ...assigned.map(({ value }) => value),
    ...penalised.flatMap(({ value, samples }) => (samples === null ? [value.id] : [value.id, samples.id])),
    ...graph.states.map(({ write }) => write),
    ...logits.flatMap((x) => x ?? []),
    ...masks.flatMap((mask) => mask ?? []),
  ];
  const made = builder.inline(
    { ...graph, outputs: wanted },
    graph.inputs.map((id) => builder.sym(id)),
    [],
  );
  let at = 0;
  const take = (count: number): readonly Sym[] => made.slice(at, (at += count));
  const outputs = take(graph.outputs.length);
  const values = take(assigned.length);
  const penalties = penalised.map(({ regularizer: json, samples }) => {
    const value = take(1)[0]!;
    const penalty = penaltyFor(json)?.(builder, value) ?? value;
    return samples === null ? penalty : perSample(builder, penalty, take(1)[0]!);
  });
  const writes = take(graph.states.length);
  return {
    traced,
    outputs,
    assigned: assigned.map(({ weight }, i) => ({ weight, value: values[i]! })),
    penalties,
    writes,
    logits: logits.map((x) => (x === undefined ? undefined : take(1)[0]!)),
    masks: graph.outputs.map((_, i) => (masks[i] === null || masks[i] === undefined ? undefined : take(1)[0]!)),
  };
}

/** A penalty over the number of samples. */
function perSample(builder: GraphBuilder, penalty: Sym, x: Sym): Sym {
  const { op } = builder;
  return op.divide(penalty, op.sum(op.full([builder.size(x, 0)], 1, penalty.dtype)));
}

/** What a step is made of. */
export interface StepOptions {
  readonly root: LayerNode;
  /** Of the model's inputs, where its file does not say. */
  readonly shapes: readonly Shape[];
  readonly targets: readonly Target[];
  /** null: nothing is trained. */
  readonly optimizer: Optimizer | null;
  readonly keys: Keys;
  /** Whether the norms of gradients are told. */
  readonly norms?: boolean;
}

/** Makes the graph. Throws what `trace` throws, `unsupported/training` for what cannot be trained. */
export function makeStep(options: StepOptions): Step {
  const { root, shapes, targets, optimizer, keys } = options;
  const isTraining = optimizer !== null;
  const traced = trace(root, shapes, false, isTraining ? "train" : "test");
  refuseProblems(traced.graph);
  const builder = new GraphBuilder(traced.graph);
  const { op } = builder;
  const era = ERAS[root.semantics];
  const made = forward(builder, traced);
  const { outputs } = made;

  const labels = targets.map(({ y }) => y && builder.input(y.shape, y.dtype));
  const weights = targets.map(({ weight }) => weight && builder.input(weight, "float32"));
  const fresh = builder.input([], "bool");
  const states: StepState[] = [];
  const keep = (path: string, key: object, kept: Kept, first = () => Promise.resolve(firstOf(kept))) => {
    states.push({ key, first });
    return builder.state(path, kept.shape, "float32", key);
  };

  const losses: (Sym | null)[] = [];
  const results: (Result & { value: Sym })[] = [];
  targets.forEach(({ loss, metrics, weightedMetrics }, i) => {
    const yTrue = labels[i];
    if (!yTrue) return void losses.push(null);
    const yPred = outputs[i]!;
    const [weight, mask, logits] = [weights[i], made.masks[i], made.logits[i]];
    const plain: Compared = { yTrue, yPred, ...(mask && { mask }), ...(logits && { logits }) };
    const weighted = weight ? { ...plain, sampleWeight: op.cast(weight, yPred.dtype) } : plain;
    losses.push(loss && scalar(op, loss.apply(builder, era.castsForLosses ? inFloat32(op, weighted) : weighted)));
    const measure = (metric: Metric, compared: Compared, place: string, isWeighted: boolean): void => {
      const slots = metric.states(yTrue.shape, yPred.shape).map((kept, k) => {
        const at = `metrics/${i}/${place}/${k}`;
        return { kept, slot: keep(at, keys(metric, `${i}/${place}/${k}`), kept) };
      });
      const old = slots.map(({ kept, slot }) => op.where(fresh, initially(op, kept), slot.get()));
      const next = metric.update(builder, era.castsForLosses ? compared : inFloat32(op, compared), old);
      slots.forEach(({ slot }, k) => slot.set(op.cast(next[k]!, "float32")));
      results.push({ output: i, metric, weighted: isWeighted, value: metric.result(builder, next) });
    };
    metrics.forEach((metric, k) => measure(metric, plain, `plain/${k}`, false));
    weightedMetrics.forEach((metric, k) => measure(metric, weighted, `weighted/${k}`, true));
  });
  const owned = ownedWeights(root).filter(({ weight }) => weightIn(traced.graph, weight).length > 0);
  const total = totalOf(builder, made, losses, targets, owned, era);
  const several = losses.filter((loss) => loss !== null).length > 1;
  const parts = several ? losses.flatMap((loss, output) => (loss === null ? [] : [{ output, metric: null, weighted: false, value: loss }])) : []; // prettier-ignore
  const told = [...parts, ...results];
  const metricStates = builder.finish([]).states;

  const inputs = [...traced.graph.inputs];
  const seed = isTraining ? [inputs.pop()!] : [];
  const data = [...inputs, ...[...labels, ...weights].flatMap((s) => (s ? [s.id] : [])), fresh.id];
  const layerStates = traced.graph.states.map((state, i) => ({ ...state, write: made.writes[i]!.id }));
  const whole: Graph = {
    ...builder.finish([total, ...told.map(({ value }) => value), ...made.assigned.map(({ value }) => value)]),
    inputs: [...data, ...seed],
    states: [...layerStates, ...metricStates],
  };
  const plain = simplify(moveOut(lower(whole, isStop)));

  const second = new GraphBuilder(plain);
  const moved = new Set<Weight>([...made.assigned.map(({ weight }) => weight), ...(isTraining ? owned.filter((o) => o.trained).map((o) => o.weight) : [])]); // prettier-ignore
  const slots = new Map<Weight, { get(): Sym; set(value: Sym): void }>();
  const stead = new Map<ValueId, Sym>();
  /** A weight as the model reads it: where layers compute in other dtypes, once in each of them. */
  const reads = new Map<Weight, readonly Sym[]>();
  for (const [place, weight] of weightsInOrder(root).entries()) {
    const ids = weightIn(plain, weight);
    if (ids.length === 0 || weight.dtype !== "float32") {
      if (moved.has(weight) && ids.length > 0)
        fail("unsupported/training", { path: weight.path, expected: "a weight of float32", found: weight.dtype });
      continue;
    }
    states.push({ key: weight, first: () => weight.read() });
    const slot = second.state(`weights/${place}/${weight.path}`, weight.shape!, "float32", weight);
    slots.set(weight, slot);
    const read = ids.map((id) => [id, second.op.cast(slot.get(), plain.values.get(id)!.dtype)] as const);
    for (const [id, sym] of read) stead.set(id, sym);
    reads.set(weight, [...new Map(read.map(([, sym]) => [sym.id, sym])).values()]);
  }
  const differentiation = new Differentiation(plain, second, stead);
  const at = (id: ValueId): Sym => differentiation.at(id);
  const [loss, ...values] = plain.outputs.map(at) as [Sym, ...Sym[]];
  const set = values.slice(told.length);
  const controls: ValueId[] = [];
  const norms: { readonly weight: Weight; readonly value: Sym }[] = [];
  const trained = owned.filter(({ weight, trained: is }) => is && slots.has(weight));
  const [iteration, learningRate] = [second.input([], "float64"), second.input([], "float64")];
  if (isTraining) controls.push(iteration.id, learningRate.id);
  // Without weights to train Keras only measures.
  const isMeasured = trained.length === 0 && losses.some((one) => one !== null);
  if (optimizer !== null && !isMeasured) {
    const variables = trained.map(({ weight }) => variableOf(weight));
    const kept = variables.map((variable, i) =>
      optimizer.slots(variable).map((slot, k) => {
        const key = keys(trained[i]!.weight, `slot/${k}`);
        states.push({ key, first: () => Promise.resolve(firstOf(slot)) });
        return second.state(`slots/${i}/${variable.path}/${k}`, slot.shape, "float32", key);
      }),
    );
    const shared = optimizer.shared.map((slot, k) => {
      const key = keys(optimizer, `shared/${k}`);
      states.push({ key, first: () => Promise.resolve(firstOf(slot)) });
      return second.state(`shared/${k}`, slot.shape, "float32", key);
    });
    const common = shared.map((slot) => slot.get());
    const scale = optimizer.scaleLoss?.(second, second.op.constant(1, loss.dtype), common);
    const current = trained.map(({ weight }) => slots.get(weight)!.get());
    const wrt = trained.map(({ weight }) => reads.get(weight)!);
    const parts = differentiation.gradients(loss, wrt.flat(), scale);
    let next = 0;
    const gradients = wrt.map((syms) => {
      const own = syms.flatMap(() => parts[next++] ?? []).map((s) => second.op.cast(s, "float32"));
      return own.length === 0 ? null : own.reduce((a, b) => second.op.add(a, b));
    });
    // Keras leaves alone what the loss has no gradient by: no decay, no constraint.
    const reached = trained.flatMap((_, i) => (gradients[i] ? [i] : []));
    if (losses.every((one) => one === null) && made.penalties.length === 0 && reached.length === 0)
      fail("unsupported/training", {
        path: "loss",
        message: "there is none to train by: compile takes a loss, fit labels",
      });
    if (reached.length === 0)
      fail("unsupported/training", { message: "the loss has no gradient by any weight that is trained" });
    if (options.norms === true)
      for (const i of reached) {
        const norm = second.op.sqrt(second.op.sum(second.op.square(gradients[i]!)));
        norms.push({ weight: trained[i]!.weight, value: scale ? second.op.divide(norm, scale) : norm });
      }
    const step = optimizer.update(second, {
      trained: reached.map((i) => ({
        variable: variables[i]!,
        value: current[i]!,
        gradient: {
          sum: gradients[i]!,
          rows: wrt[i]!.length > 1 ? undefined : differentiation.rowsOf(wrt[i]![0]!)?.map((rows) => ({ ...rows, values: second.op.cast(rows.values, "float32") })), // prettier-ignore
        },
        slots: kept[i]!.map((slot) => slot.get()),
      })),
      shared: common,
      iteration,
      learningRate,
    });
    reached.forEach((i, at) => {
      const { weight, constraint: json } = trained[i]!;
      const { value, slots: next } = step.trained[at]!;
      const limited = constrainedBy(json)?.(second, value) ?? value;
      slots.get(weight)!.set(second.op.cast(limited, "float32"));
      next.forEach((slot, k) => kept[i]![k]!.set(second.op.cast(slot, "float32")));
    });
    const { finalSlot } = optimizer;
    if (finalSlot !== undefined)
      trained.forEach((_, i) => gradients[i] ?? kept[i]![finalSlot]!.set(second.op.cast(current[i]!, "float32")));
    step.shared.forEach((slot, k) => shared[k]!.set(second.op.cast(slot, "float32")));
  }
  made.assigned.forEach(({ weight }, i) => slots.get(weight)?.set(second.op.cast(set[i]!, "float32")));
  const finished = second.finish([second.op.cast(loss, "float32"), ...[...values.slice(0, told.length), ...norms.map(({ value }) => value)].map((s) => second.op.cast(s, "float32"))]); // prettier-ignore
  const graph: Graph = {
    ...finished,
    inputs: [...plain.inputs, ...controls],
    // What the calls gave may be gone.
    calls: finished.calls.map((call) => ({ ...call, outputs: [] })),
    states: [...plain.states.map((state) => ({ ...state, write: at(state.write).id })), ...finished.states],
  };
  return {
    graph: simplify(graph),
    states,
    results: told.map(({ output, metric, weighted }) => ({ output, metric, weighted })),
    norms: norms.map(({ weight }) => weight),
  };
}

/** Losses (before Keras 3 metrics) cast predictions to float32; the cast ones do not tell their logits. Source: keras/src/losses/loss.py. */
function inFloat32(op: GraphBuilder["op"], compared: Compared): Compared {
  if (compared.yPred.dtype === "float32") return compared;
  const { yTrue, yPred, mask, sampleWeight } = compared;
  return {
    yTrue,
    yPred: op.cast(yPred, "float32"),
    ...(mask && { mask }),
    ...(sampleWeight && { sampleWeight: op.cast(sampleWeight, "float32") }),
  };
}

/** A loss without a reduction counts as its mean. */
const scalar = (op: GraphBuilder["op"], loss: Sym): Sym => (loss.shape.length === 0 ? loss : op.mean(loss));

function initially(op: GraphBuilder["op"], { shape, initial = 0 }: Kept): Sym {
  return typeof initial === "number" ? op.full(shape, initial, "float32") : op.array(initial, shape, "float32");
}

function weightIn({ values }: Graph, weight: Weight): readonly ValueId[] {
  return [...values].flatMap(([id, { from }]) => (from !== undefined && "weight" in from && from.weight === weight ? [id] : [])); // prettier-ignore
}

/** Losses by their weights, what layers add, and what regularisers ask of trained weights. */
function totalOf(
  builder: GraphBuilder,
  { penalties }: Forward,
  losses: readonly (Sym | null)[],
  targets: readonly Target[],
  owned: readonly Owned[],
  { penalisesFixed }: Era,
): Sym {
  const { op } = builder;
  const parts = losses.flatMap((loss, i) => (loss === null ? [] : [targets[i]!.lossWeight === 1 ? loss : op.multiply(loss, targets[i]!.lossWeight)])); // prettier-ignore
  const regularised = owned.flatMap(({ weight, trained, regularizer: json }) => {
    const penalty = trained || penalisesFixed ? penaltyFor(json) : null;
    return penalty === null ? [] : [penalty(builder, builder.weight(weight, weight.shape!, "float32"))];
  });
  const all = [...parts, ...penalties, ...regularised].map((s) => op.cast(s, "float32"));
  return all.length === 0 ? op.constant(0, "float32") : all.reduce((a, b) => op.add(a, b));
}
