/** What the calls of one trace share: the graph they make, and what they found out of the layers. */
import { type DType, isFloat } from "../core/dtype.ts";
import { fail, type Problem } from "../core/error.ts";
import { attempt } from "../core/guard.ts";
import { showShape } from "../core/tensor.ts";
import type {
  CallArg,
  KwArgs,
  LayerNode,
  LayerWeights,
  ReferenceType,
  Weight,
  WeightDecl,
  WeightDecls,
} from "../layers/define.ts";
import { builtShape } from "../layers/common/model-inputs.ts";
import { childrenOf } from "../model/walk.ts";
import type { Shape, Sym } from "../ops/types.ts";
import { keepsDType } from "./arguments.ts";
import { GraphBuilder } from "./builder.ts";
import { Live, type Mode } from "./live.ts";

/** Declarations of weights, whatever the options that they look at. */
export type AnyWeightDecls = WeightDecls<never>;

/** A layer that was called directly, or in models alone; or such a model, after its layers. */
export interface LayerCall {
  readonly node: LayerNode;
  /** Names of the layers down to it. */
  readonly path: string;
  readonly isModel: boolean;
  /** The values of its first argument, of an operation all. */
  readonly x: readonly Sym[];
  readonly named: KwArgs;
  /** What its layers gave, or it itself, and the same with the masks that they leave with. */
  readonly made: readonly Sym[];
  readonly y: readonly Sym[];
}

/** Weights that a call was found to fit: such a one was built on it. */
const fitted = new WeakSet<Weight>();

const isFit = (stored: readonly number[], wanted: Shape): boolean =>
  stored.length === wanted.length && wanted.every((n, i) => n === null || n === stored[i]);

const misfit = (weight: Weight, stored: readonly number[], wanted: Shape | undefined): Problem => ({
  code: "mismatch/shape",
  path: weight.path,
  expected: wanted === undefined ? "the shape that one of its calls gives" : `shape ${showShape(wanted)}`,
  found: showShape(stored),
});

/** State of one trace, shared by the contexts of all calls. */
export class Tracer {
  readonly builder = new GraphBuilder();
  readonly #mismatches: Problem[] = [];
  /** Of weights that a layer's `call` alone has met, and none that fits. */
  readonly #unbuilt = new Map<Weight, Problem | null>();
  readonly callCounts = new Map<LayerNode, number>();
  /** What each layer was built on, see `Context.built`. */
  readonly built: Map<LayerNode, readonly Shape[]>;
  readonly unknown = new Set<number>();
  /** What complex numbers are made of: they are unknown to all but the functions that ask for their parts. */
  readonly complex = new Map<number, readonly [re: Sym, im: Sym]>();
  readonly references = new Map<CallArg, ReferenceType>();
  /** Values that have lost their masks for whoever reads those off them. */
  readonly unmasked = new Set<number>();
  /** Values whose masks Keras 3 sets in a call, and what is made of them: its graph does not have those. */
  readonly unrecorded = new Set<number>();
  readonly stateful = new Map<LayerNode, boolean>();
  readonly layerCalls: LayerCall[] = [];
  /** Calls of layers, other than models, that are going on. */
  depth = 0;
  /** Of a trace whose outputs are compared. */
  readonly live: Live | null;
  /** See `Context.tells`. */
  readonly tells: boolean;

  constructor(mode: Mode, built?: ReadonlyMap<LayerNode, readonly Shape[]>) {
    this.built = new Map(built);
    this.tells = mode === "told";
    this.live = mode === "predict" || this.tells ? null : new Live(this.builder, mode === "train");
  }

  asComplex(parts: readonly [re: Sym, im: Sym]): Sym {
    const sym = this.builder.unknown(null, parts[0].dtype);
    this.unknown.add(sym.id);
    this.complex.set(sym.id, parts);
    return sym;
  }

  refuseComplex(x: readonly Sym[], path?: string): void {
    if (x.some((s) => this.complex.has(s.id)))
      fail("unsupported/dtype", { path, expected: "real numbers", found: "complex numbers" });
  }

  /** Refuses what nobody can read; functions of TensorFlow look at complex numbers themselves. */
  refuseUnread(x: readonly Sym[], path: string, isFunction: boolean): void {
    if (!isFunction) this.refuseComplex(x, path);
    if (x.some((s) => this.unknown.has(s.id) && !this.complex.has(s.id)))
      fail("unsupported/unknown-input", {
        path,
        message: "an input comes from a layer that is not known, or is known up to its sign alone",
      });
  }

  /** Checks a layer's weights against its inputs and gives their values. */
  bind(
    node: LayerNode,
    decls: AnyWeightDecls,
    weights: LayerWeights,
    x: readonly Shape[],
    compute: DType,
    isBare = false,
  ): Record<string, Sym> {
    const bound: Record<string, Sym> = {};
    // Where nobody asks whether weights fit x, they fit what the file says the layer was built on.
    const own = isBare ? builtShape(node) : null;
    const misfits = isBare && own === null ? new Map<Weight, Problem | null>() : null;
    for (const [name, decl] of Object.entries(decls)) {
      const weight = weights.get(name);
      if (decl.same !== undefined || decl.unread || (decl.optional && weight === undefined)) continue;
      if (weight !== undefined)
        bound[name] = this.#weight(weight, decl, node, own === null ? x : [own], compute, misfits);
      else if (decl.when?.(node.config as never) !== false)
        fail("unsupported/layer", {
          path: node.path,
          message: "its arrays stand among those of a layer that is not known",
          found: node.class,
        });
    }
    if (misfits !== null) this.#calledAlone(misfits);
    return bound;
  }

  /** All weights of a layer are built on one and the same of its calls, whichever came first. */
  #calledAlone(misfits: ReadonlyMap<Weight, Problem | null>): void {
    const isBuilt = [...misfits.values()].every((problem) => problem === null);
    for (const [weight, problem] of misfits) {
      if (isBuilt) fitted.add(weight);
      else if (!this.#unbuilt.has(weight)) this.#unbuilt.set(weight, problem);
    }
  }

  #weight(
    weight: Weight,
    decl: WeightDecl<never>,
    node: LayerNode,
    x: readonly Shape[],
    compute: DType,
    misfits: Map<Weight, Problem | null> | null,
  ): Sym {
    const wanted = (): Shape => decl.shape(node.config as never, x, node.semantics);
    let stored = weight.shape;
    if (misfits === null || stored === null) stored = this.fit(weight, wanted());
    else {
      const shape = attempt(wanted);
      misfits.set(weight, shape !== undefined && isFit(stored, shape) ? null : misfit(weight, stored, shape));
    }
    const value = this.live?.valueOf(weight);
    if (value !== undefined) return value;
    return this.builder.weight(
      weight,
      stored,
      keepsDType(node, decl) || !isFloat(weight.dtype) || !isFloat(compute) ? weight.dtype : compute,
    );
  }

  /** The shape of a weight: the one that is wanted, where it has none yet; others are told. */
  fit(weight: Weight, wanted: Shape): readonly number[] {
    if (weight.shape === null) {
      if (wanted.some((n) => n === null)) {
        fail("mismatch/shape", {
          path: weight.path,
          expected: "a known input size",
          found: `weight shape ${showShape(wanted)}`,
        });
      }
      weight.shape = wanted as readonly number[];
    }
    const stored = weight.shape;
    if (isFit(stored, wanted)) fitted.add(weight);
    else {
      if (!this.#mismatches.some(({ path }) => path === weight.path))
        this.#mismatches.push(misfit(weight, stored, wanted));
      // Tracing goes on with the declared shape: every weight that does not fit is told, before any product of them is.
      return wanted.map((n, i) => n ?? stored[i] ?? 1);
    }
    return stored;
  }

  /** What weights do not fit. */
  misfits(): readonly Problem[] {
    return [
      ...this.#mismatches,
      ...[...this.#unbuilt].flatMap(([weight, problem]) => (fitted.has(weight) ? [] : (problem ?? []))),
    ];
  }

  isStateful(node: LayerNode): boolean {
    const known = this.stateful.get(node);
    if (known !== undefined) return known;
    const value = node.config["stateful"] === true || childrenOf(node).some((child) => this.isStateful(child));
    this.stateful.set(node, value);
    return value;
  }

  /** Whether where outputs are compared a call below a layer changes the next one, or adds a penalty of its own. */
  countsCalls(node: LayerNode): boolean {
    const own = node.def?.calls?.counted === true || (node.options.get("activity_regularizer") ?? null) !== null;
    return own || childrenOf(node).some((child) => this.countsCalls(child));
  }
}
