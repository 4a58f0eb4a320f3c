/** A compiled graph as plain data: code, instructions with their addresses, and what has to lie in memory. */
import { compile } from "./compile.ts";
import { aligned, ALIGNMENT } from "./arena.ts";
import type { Bases } from "./data.ts";
import { Module } from "./emit/module.ts";
import { FixedMemory, Linker, type StateSlot, type WeightSlot } from "./link.ts";
import { type MemoryArray, store } from "./memory.ts";
import type { IoPlace, Plan } from "./plan.ts";
import type { Place } from "./kernels/types.ts";
import type { DType } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { withRules } from "./rules/later.ts";
import { refuseProblems } from "../../graph/problems.ts";
import type { Graph } from "../../ops/types.ts";
import { readWeight } from "../inputs.ts";

/** Where the values of an input or output lie. */
export interface PlacedPort {
  readonly at: number;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** A plan with its addresses. */
export interface PlacedPlan {
  readonly inputs: readonly PlacedPort[];
  readonly outputs: readonly PlacedPort[];
  /** The first instruction, the first that changes a state, the end. */
  readonly from: number;
  readonly commit: number;
  readonly to: number;
  /** The plan's words and where they belong. */
  readonly words: Int32Array;
  readonly at: number;
}

/** Where the values of a run start, behind words up to `end`. */
export const arenaFrom = (end: number): number => aligned(end) + ALIGNMENT;

/** Memory that a run takes whose values start at `arena`. */
export const endOf = (plan: Plan, arena: number): number => arena + plan.arenaBytes + ALIGNMENT;

/** A plan with addresses in place of places, which count from the bases. */
export function withAddresses(plan: Plan, bases: Bases): PlacedPlan {
  const at = (place: Place): number => bases[place.base] + place.at;
  const port = ({ place, operand: { shape, dtype } }: IoPlace): PlacedPort => ({ at: at(place), shape, dtype });
  return {
    inputs: plan.inputs.map(port),
    outputs: plan.outputs.map(port),
    from: at(plan.from),
    commit: at(plan.commit),
    to: at(plan.to),
    words: plan.data.finish(bases),
    at: bases.data,
  };
}

/** Lays out one weight, straight from where it is stored, in `target`: zeros where it is packed. */
export async function fillSlot({ weight, packing, dtype }: WeightSlot, target: () => MemoryArray): Promise<void> {
  const tensor = await readWeight(weight, weight.shape);
  if (packing === null) return store(tensor, dtype, target());
  let source = tensor.data;
  if (!(source instanceof Float32Array) || dtype !== "float32") {
    source = new Float32Array(tensor.data.length);
    store(tensor, dtype, source);
  }
  packing.pack(source, target() as Float32Array);
}

/** All that runs a graph for some sets of input shapes, without this library. */
export interface Image {
  /** A module that imports `env.memory` and `env.table`, and exports `run` and its functions by their index in the table. */
  readonly code: Uint8Array<ArrayBuffer>;
  readonly functions: number;
  readonly plans: readonly PlacedPlan[];
  readonly weights: readonly WeightSlot[];
  readonly states: readonly StateSlot[];
  /** Of memory. */
  readonly bytes: number;
  /** Whether a run may stop at an index outside a table. */
  readonly mayStop: boolean;
}

/**
 * Bit-equal to `strict` runs. Throws `unsupported/layer` with every call that cannot run, what `compile` throws, and
 * `mismatch/shape` where a state has another shape for another set.
 */
export async function imageOf(graph: Graph, sets: readonly (readonly (readonly number[])[])[]): Promise<Image> {
  refuseProblems(graph);
  const options = { relaxed: false };
  const { linker, fixed, plans } = await withRules(() => {
    const [linker, fixed] = [new Linker(options), new FixedMemory()];
    const plans = sets.map((shapes) => {
      const plan = compile(graph, shapes, linker, fixed);
      fixed.statesWritten();
      return plan;
    });
    return { linker, fixed, plans };
  });
  let end = aligned(fixed.end);
  const starts = plans.map(({ data }) => {
    const start = end;
    end = aligned(start + data.bytes);
    return start;
  });
  const arena = arenaFrom(end);
  const emitted = linker.emit() ?? { bytes: new Module(options).bytes(), count: 0 };
  return {
    code: emitted.bytes,
    functions: emitted.count,
    plans: plans.map((plan, i) => withAddresses(plan, { fixed: 0, data: starts[i]!, arena })),
    weights: fixed.unfilled(),
    states: graph.states.map(
      ({ path }) => fixed.stateAt(path) ?? fail("internal/graph", { path, message: "a state without a place" }),
    ),
    bytes: Math.max(...plans.map((plan) => endOf(plan, arena))),
    mayStop: plans.some(({ kernels }) => kernels.some(({ kernel }) => /^(gather|scatter) /.test(kernel.key))),
  };
}
