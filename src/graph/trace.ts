/**
 * Runs a model's forwards on symbolic values and so makes its graph. `call` is the one door: a layer's weights are
 * checked against its inputs, floats are cast, masks are handed over as the file's generation of Keras does it.
 */
import { type DType, isFloat } from "../core/dtype.ts";
import { FormatError, failAll, fail, placed } from "../core/error.ts";
import { attempt } from "../core/guard.ts";
import { CALL_RULES, type Semantics } from "../core/semantics.ts";
import type {
  Arg,
  BoundCell,
  CallArg,
  CellDef,
  Context,
  EndName,
  InputSpec,
  KwArgs,
  LayerDef,
  LayerNode,
  ReferenceTypes,
} from "../layers/define.ts";
import { isSym, mapSyms, symsOf, truth, untyped } from "../layers/common/args.ts";
import type { Fields } from "../layers/fields.ts";
import type { Ops } from "../ops/builder.ts";
import { sameKinds } from "../ops/slots.ts";
import type { Graph, Logits, Shape, Size, Sym } from "../ops/types.ts";
import { allNodes } from "../model/walk.ts";
import { cannotRun } from "./problems.ts";
import { calledBare } from "../layers/quantized.ts";
import { bindArguments, casts, mapNamed, nullsOf, ofHead, placesOf, ReadOptions } from "./arguments.ts";
import type { LiveResult, Mode } from "./live.ts";
import { stateKey } from "./state-keys.ts";
import { buildsOnce } from "../layers/common/built.ts";
import { builtShape } from "../layers/common/model-inputs.ts";
import { type AnyWeightDecls, type LayerCall, Tracer } from "./tracer.ts";
import { givenMask, implicitMasks } from "./masks.ts";

/** A model's graph, and how its ends are called. */
export interface Traced {
  readonly graph: Graph;
  readonly inputs: readonly InputSpec[];
  /** As many as the graph has outputs. */
  readonly outputs: readonly EndName[];
  /** What the stored references in calls turned out to be. */
  readonly references: ReferenceTypes;
  /** What each layer was built on. */
  readonly built: ReadonlyMap<LayerNode, readonly Shape[]>;
  /** In order. */
  readonly calls: readonly LayerCall[];
  /** What is told of the model, and written: where this takes any batch, the trace with the one that the file fixes; else itself. */
  readonly told: Traced;
  /** Of a trace whose outputs are compared; in training its graph has one more input, the seed. */
  readonly live: LiveResult | null;
}

const DRAWS = "the file asks for live dropout or noise (training=True) when predicting";

/** The context of one call. */
export class CallContext implements Context {
  readonly op: Ops;
  readonly node: LayerNode;
  readonly training: boolean;
  readonly hasLoss: boolean;
  readonly isBare: boolean;
  readonly #tracer: Tracer;
  readonly #path: string;

  constructor(tracer: Tracer, node: LayerNode, path: string, training: boolean, isBare = false) {
    this.#tracer = tracer;
    this.op = tracer.builder.op;
    this.node = node;
    this.#path = path;
    this.training = training;
    this.isBare = isBare;
    this.hasLoss = tracer.live !== null;
  }

  get semantics(): Semantics {
    return this.node.semantics;
  }
  get compute(): DType {
    return this.node.dtype;
  }
  get tells(): boolean {
    return this.#tracer.tells;
  }
  get built(): readonly Shape[] {
    return this.#tracer.built.get(this.node) ?? [];
  }
  size(x: Sym, axis: number): Size {
    return this.#tracer.builder.size(x, axis);
  }
  scan: Context["scan"] = (init, xs, step, options) => this.#tracer.builder.scan(init, xs, step, options);
  inline: Context["inline"] = (body, x, captured) => this.#tracer.builder.inline(body, x, captured);
  rnn: Context["rnn"] = (loop, step) => {
    const { x, mask = null, init, axis, goBackwards } = loop;
    const zeroOutputForMask = mask !== null && loop.zeroOutputForMask;
    return this.#tracer.builder.rnn({ x, mask, states: init }, { axis, goBackwards, zeroOutputForMask }, step);
  };
  state(name: string, shape: readonly Size[]): { get(): Sym; set(value: Sym): void } {
    if (shape.some((s) => typeof s !== "number"))
      fail("unsupported/stateful", {
        path: this.#path,
        expected: "a fixed batch size and fixed lengths for a stateful layer",
      });
    const key = stateKey(this.node.weights, name);
    return this.#tracer.builder.state(`${this.node.path}/${name}`, shape, this.compute, key);
  }
  uniform(shape: readonly Size[]): Sym {
    return this.#tracer.live?.uniform(shape, this.compute) ?? fail("unsupported/random", { message: DRAWS });
  }
  assign(name: string, value: Sym): void {
    this.#tracer.live?.assign(this.node.weights.get(name)!, value);
  }
  addLoss(value: () => Sym, x: Sym | null): void {
    this.#tracer.live?.losses.push({ value: value(), regularizer: null, samples: x });
  }
  carriedMask(x: Sym): Sym | undefined {
    return this.#tracer.unmasked.has(x.id) ? undefined : x.mask;
  }
  dropMask(x: Sym): void {
    this.#tracer.unmasked.add(x.id);
  }
  setMask(x: Sym, mask: Sym): Sym {
    this.#tracer.unrecorded.add(x.id);
    return this.withMask(x, mask);
  }
  withMask({ id, shape, dtype }: Sym, mask: Sym | undefined): Sym {
    return mask === undefined ? { id, shape, dtype } : { id, shape, dtype, mask };
  }
  unknown(shape: Shape | null, dtype: DType): Sym {
    const sym = this.#tracer.builder.unknown(shape, dtype);
    if (shape === null) this.#tracer.unknown.add(sym.id);
    return sym;
  }
  complex: Context["complex"] = (parts) => this.#tracer.asComplex(parts);
  partsOf: Context["partsOf"] = (x) => this.#tracer.complex.get(x.id);
  isUnknown({ id }: Sym): boolean {
    return this.#tracer.unknown.has(id);
  }
  refersTo(reference: CallArg, { id, shape, dtype, mask }: Sym): void {
    if (!this.#tracer.unknown.has(id)) this.#tracer.references.set(reference, { shape, dtype, mask });
  }
  logitsOf(x: Sym): Logits | undefined {
    return this.#tracer.builder.logitsOf(x);
  }
  isStateful(node: LayerNode): boolean {
    return this.#tracer.isStateful(node);
  }
  countsCalls(attribute: string): boolean {
    return this.#tracer.live !== null && this.#tracer.countsCalls(this.child(attribute));
  }
  child(attribute: string): LayerNode {
    const [child, ...others] = this.childList(attribute);
    if (child === undefined || others.length > 0)
      return fail("malformed/config", { path: this.#path, expected: `a layer in "${attribute}"` });
    return child;
  }
  childList(attribute: string): readonly LayerNode[] {
    const expected = `a layer, or layers, in "${attribute}"`;
    return this.node.children.get(attribute) ?? fail("malformed/config", { path: this.#path, expected });
  }

  build(child: LayerNode, shapes: Readonly<Record<string, Shape>>): void {
    for (const [name, shape] of Object.entries(shapes)) {
      const weight = child.weights.get(name);
      if (weight !== undefined) this.#tracer.fit(weight, shape);
    }
  }

  cell(child: LayerNode): BoundCell {
    const { def, dtype } = child;
    const path = `${this.#path}/${child.name}`;
    if (def === null || def.kind !== "cell")
      return fail("unsupported/cell", { path, expected: "a recurrent cell", found: child.class });
    failAll(child.problems);
    const { states, step } = def as CellDef<Fields>;
    const cx = new CallContext(this.#tracer, child, path, this.training);
    const bind = (x: Sym) =>
      this.#tracer.bind(child, (def.weights ?? {}) as AnyWeightDecls, child.weights, [x.shape], dtype) as never;
    const { castsStates, cutsFloats } = CALL_RULES[child.semantics];
    const cast = (x: Sym): Sym => (isFloat(x.dtype) && (cutsFloats || isFloat(dtype)) ? this.op.cast(x, dtype) : x);
    return {
      dtype: castsStates ? dtype : this.compute,
      states: (x) => states(cx, child.config as never, bind(x), x),
      step: (x, s) => step(cx, child.config as never, bind(x), cast(x), castsStates ? s.map(cast) : s),
    };
  }

  call(child: LayerNode, args: readonly Arg[], kw: KwArgs = {}, dtype?: DType): readonly Sym[] {
    const tracer = this.#tracer;
    const { builder } = tracer;
    const path = this.#path === "" ? child.name : `${this.#path}/${child.name}`;
    const index = tracer.callCounts.get(child) ?? 0;
    tracer.callCounts.set(child, index + 1);
    const call = builder.calls.length;
    const entry = { path, class: child.class, index, outputs: [] as number[] } as Graph["calls"][number];
    builder.calls.push(entry);
    const outer = builder.call;
    builder.call = call;
    try {
      const outputs = this.#run(child, args, kw, path, dtype);
      entry.outputs = outputs.filter((s) => !this.isUnknown(s)).map((s) => s.id);
      return outputs;
    } catch (error) {
      // A weight that fits no call is told before what becomes of it.
      if (dtype !== undefined) failAll(tracer.misfits());
      if (!(error instanceof FormatError) || !error.problems.every((p) => p.code.startsWith("unsupported/")))
        throw placed(error, (p) => ({ ...p, path: p.path ?? path }));
      entry.problems = error.problems.map((p) => ({ ...p, ...cannotRun(p, child.class), path: p.path ?? path }));
      // How many outputs it has, its consumers say.
      const y = child.def === null || child.def.kind === "operation" ? [] : [this.unknown(null, "float32")];
      entry.outputs = y.map((s) => s.id);
      return y;
    } finally {
      builder.call = outer;
    }
  }

  #run(child: LayerNode, args: readonly Arg[], kw: KwArgs, path: string, as?: DType): readonly Sym[] {
    const tracer = this.#tracer;
    const def = child.def;
    if (def === null)
      return fail("unsupported/layer", { path, message: `the class ${child.class} is not known`, found: child.class });
    failAll(child.problems);
    const ownArguments = def.calls?.likeOperation === true;
    const plain = def.kind === "operation" || ownArguments;
    const asGiven = plain || as !== undefined || !casts(child);
    const rules = CALL_RULES[child.semantics];
    const plainly = (arg: Arg): Arg => (ownArguments || def.calls?.typedNumbers === true ? arg : untyped(arg));
    const cast = (arg: Arg): Arg =>
      mapSyms(plainly(arg), (s) => {
        if (asGiven || !isFloat(s.dtype) || s.dtype === child.dtype) return s;
        if (!isFloat(child.dtype) && !rules.cutsFloats) return s;
        const y = this.withMask(this.op.cast(s, child.dtype), s.mask);
        if (!rules.masksArguments) this.dropMask(y); // kept for the call, not for what the layer reads off its values
        return y;
      });
    // TensorFlow's functions have signatures of their own.
    const bound = ownArguments ? { named: kw, rest: args } : bindArguments(def, child.semantics, args, kw);
    const places = ownArguments ? [] : placesOf(def);
    const castFirst = def.calls?.furtherInputs === undefined ? cast : ofHead(cast);
    const castOne = (arg: Arg, name: string): Arg => (name === places[0] ? castFirst(arg) : plainly(arg));
    const named = mapNamed(bound.named, rules.castsArguments ? cast : castOne);
    const rest = bound.rest.map(cast);
    const all = [...rest, ...Object.values(named)].flatMap(symsOf);
    const x = plain ? all : def.kind === "layer" ? symsOf(named[places[0]!]) : all;
    if (x.length === 0 && !ownArguments) fail("malformed/graph", { path, message: "a call without a tensor" });
    tracer.refuseUnread(all, path, ownArguments);
    if (def.kind === "cell") return this.#stepOnce(child, x);
    const { forward, mask, takes } = def as LayerDef<Fields>;
    const dtypes = x.map((s) => s.dtype);
    const expected = takes?.(dtypes, child.semantics) ?? null;
    if (expected !== null) fail("unsupported/dtype", { path, expected, found: dtypes.join(", ") });
    // Before Keras 3 a mask of None that is given hides the input's own (`_get_input_masks`).
    const given = "mask" in kw ? kw["mask"] : args[places.indexOf("mask")];
    const unmasked = given === null && !rules.masksArguments;
    const carried = (s: Sym): Sym | undefined => this.carriedMask(s);
    const full =
      plain || unmasked ? named : implicitMasks(places[0]!, named, child.semantics, carried, tracer.unrecorded);
    const handedOn = [tracer.unmasked, tracer.unrecorded].filter((ids) => rules.losesMasks && x.some((s) => ids.has(s.id))); // prettier-ignore
    const training = !rules.storesTraining ? this.training : (truth(kw["training"], "training") ?? this.training);
    const isBare = as !== undefined;
    const cx = new CallContext(this.#tracer, child, path, training, isBare);
    const shapes = x.map((s) => s.shape);
    const own = builtShape(child);
    if (!tracer.built.has(child)) tracer.built.set(child, own === null ? shapes : [own]);
    const on = buildsOnce(child) ? cx.built : shapes;
    const w = tracer.bind(child, (def.weights ?? {}) as AnyWeightDecls, child.weights, on, as ?? child.dtype, isBare);
    const handed = plain
      ? { ...(ownArguments && nullsOf(kw)), ...full, $args: [...places.map((name) => named[name] ?? null), ...rest] }
      : full;
    const config = def.kind === "operation" ? new ReadOptions(child) : null;
    const isModel = def.kind === "layer" && def.inputs !== undefined;
    tracer.depth += isModel ? 0 : 1;
    const result = forward(
      cx,
      (config?.options ?? (isBare ? calledBare(child.config) : child.config)) as never,
      w as never,
      x,
      handed,
    );
    tracer.depth -= isModel ? 0 : 1;
    config?.refuseUnread();
    const y = isSym(result) ? [result] : result;
    const penalises = def.calls?.penalisesOutput?.(child.semantics) ?? true;
    const regularizer = (penalises && child.options.get("activity_regularizer")) || null;
    if (regularizer !== null && !isBare)
      for (const value of y) this.#tracer.live?.losses.push({ value, regularizer, samples: value });
    const explicit = !rules.masksArguments ? full["mask"] : "mask" in kw ? named["mask"] : null;
    const masks = unmasked ? x.map(() => undefined) : givenMask(x, explicit);
    const after =
      mask === undefined ? [] : mask === "pass" ? y.map(() => masks[0]) : mask(cx, child.config as never, masks, x, y);
    for (const ids of handedOn) y.forEach((s) => void ids.add(s.id));
    const masked = y.map((s, i) => this.withMask(s, after[i]));
    if (tracer.depth === 0) tracer.layerCalls.push({ node: child, path, isModel, x, named: full, made: y, y: masked });
    return masked;
  }

  /** A cell called as a layer, on one step and its states: y, then the new states. */
  #stepOnce(child: LayerNode, [x, ...states]: readonly Sym[]): readonly Sym[] {
    const cell = this.cell(child);
    const wanted = x === undefined ? 0 : cell.states(x).length;
    if (x === undefined || states.length !== wanted)
      return fail("mismatch/inputs", { expected: `a step and ${wanted} states`, found: `${states.length} states` });
    const made = cell.step(x, states);
    return [made.y, ...made.states];
  }
}

/**
 * Traces a model. `shapes` gives the inputs' shapes where the file does not, or in place of them where it is `forced`;
 * without either, throws `mismatch/input-shape`. `mode`: what the layers are called for; `built`: what some were built on. Weights that do not fit are reported together (`mismatch/shape`).
 *
 * A batch size that a file fixes binds nothing but states, in Keras too: without these the graph takes any, if it can.
 */
export function trace(
  root: LayerNode,
  shapes?: readonly (Shape | null)[],
  forced = false,
  mode: Mode = "predict",
  built?: Traced["built"],
): Traced {
  const def = root.def;
  const specs = def?.kind === "layer" ? def.inputs?.(root) : undefined;
  if (def === null || specs === undefined) {
    const { name: path, class: found } = root;
    return fail("unsupported/model", { path, message: `the class ${found} is not known as a model`, found });
  }
  const inputs = specs.map((spec, i): InputSpec => {
    const given = shapes?.[i] ?? null;
    return { ...spec, shape: forced ? (given ?? spec.shape) : (spec.shape ?? given) };
  });
  if (!forced && inputs.some(({ shape }) => typeof shape?.[0] === "number")) {
    const open = inputs.map((spec) => ({ ...spec, shape: spec.shape && spec.shape.map((n, axis) => (axis > 0 ? n : null)) })); // prettier-ignore
    const traced = attempt(() => tracedOn(root, open, mode, built));
    const { calls, states } = traced?.graph ?? {};
    let told: Traced | undefined;
    // Operations may give another number of axes, or another dtype, where they know how many rows there are.
    const isOpen = (): boolean =>
      !hasOperations(root) || sameKinds(traced!.graph, (told = tracedOn(root, inputs, mode)).graph);
    if (states?.length === 0 && calls!.every(({ problems }) => !problems) && isOpen()) {
      return {
        ...traced!,
        inputs: inputs.map((spec) => ({ ...spec, anyBatch: true })),
        get told() {
          return (told ??= tracedOn(root, inputs, mode));
        },
      };
    }
  }
  return tracedOn(root, inputs, mode, built);
}

const hasOperations = (root: LayerNode): boolean =>
  [...allNodes(root)].some(({ def }) => def?.kind === "operation" || def?.calls?.likeOperation === true);

function tracedOn(root: LayerNode, inputs: readonly InputSpec[], mode: Mode, built?: Traced["built"]): Traced {
  const tracer = new Tracer(mode, built);
  const x = inputs.map(({ name, shape, dtype }) => {
    if (shape === null)
      return fail("mismatch/input-shape", {
        path: name,
        message: "the file gives no input shape; it is taken from the first call",
      });
    return tracer.builder.input(shape, dtype);
  });
  tracer.live?.start();
  const top = new CallContext(tracer, root, "", mode === "train");
  const outputs = callRoot(tracer, top, root, x);
  failAll(tracer.misfits());
  tracer.refuseComplex(outputs);
  if (outputs.some((y) => tracer.unknown.has(y.id)) && tracer.builder.calls.every(({ problems }) => !problems))
    fail("unsupported/unknown-input", { message: "an output of the model is known up to its sign alone" });
  const names = (root.def as LayerDef).outputs?.(root) ?? [];
  return {
    graph: tracer.builder.finish(outputs),
    live: tracer.live && tracer.live.result(outputs.map((s) => top.carriedMask(s))),
    inputs,
    outputs: outputs.map((_, i) => names[i] ?? names.at(-1) ?? { name: `output_${i}` }),
    references: tracer.references,
    built: tracer.built,
    calls: tracer.layerCalls,
    get told() {
      return this;
    },
  };
}

/** The root's own forward, with its own arrays and without a scope of its own: its layers' paths begin with their names. */
function callRoot(tracer: Tracer, cx: CallContext, root: LayerNode, x: readonly Sym[]): readonly Sym[] {
  failAll(root.problems);
  const { weights = {}, forward } = root.def as LayerDef<Fields>;
  const shapes = x.map(({ shape }) => shape);
  const w = tracer.bind(root, weights as AnyWeightDecls, root.weights, shapes, root.dtype);
  const result = forward(cx, root.config as never, w as never, x, {});
  return isSym(result) ? [result] : result;
}
