/** What a plan is made with: values in memory, and what sites and loops ask of the planner. */
import type { Limits } from "../../core/limits.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Graph, ValueId } from "../../ops/types.ts";
import type { Block } from "./arena.ts";
import type { PlanData } from "./data.ts";
import type { Instruction } from "./kernels/copy.ts";
import type { KernelCut, NodeInput, Place, Range, Form } from "./kernels/types.ts";
import type { FixedMemory } from "./link.ts";
import type { Parallel } from "./parts.ts";
import type { OpenOptions } from "../types.ts";

/** A value while it is alive. */
export interface StoredValue extends NodeInput {
  readonly holder: Holder | undefined;
  /** The state whose old value it is, or a part of. */
  readonly state?: string | undefined;
}

/** Arena memory with the number of values that lie in it. */
export interface Holder {
  readonly block: Block;
  users: number;
}

/** The planner, as those see it who plan a node for it. */
export interface Planning {
  readonly values: Graph["values"];
  readonly data: PlanData;
  readonly fixed: FixedMemory;
  /** See `Site.form`. */
  form(input: NodeInput, rows: boolean): Form | undefined;
  /** See `Site.isFast`. */
  readonly isFast: boolean;
  /** Whether threads may share parts of operations. */
  readonly isShared: boolean;
  shares(cut: KernelCut): boolean;
  /** Adds an instruction; gives the place of its arguments. */
  emit(instruction: Instruction): Place;
  /** Adds an instruction, or parts of it that threads share. */
  split(kernel: Instruction["kernel"], cut: KernelCut, args: (part: Range) => Instruction["args"]): void;
  /** Plans all of it at once, or in parts that threads share. */
  share(cut: KernelCut, build: (part: Range, slot: number) => void): void;
  /** Plans `build` into a list of its own; gives where its instructions start and end. */
  separately(build: () => void): { from: Place; to: Place };
  /** Memory for a value or for scratch. */
  hold(bytes: number): Holder;
  release(holder: Holder): void;
  /** A value with memory of its own; `filled`: what all its elements will be, if that is known. */
  create(id: ValueId, filled?: number): StoredValue;
  /** A value that lies `offset` bytes inside another. */
  alias(id: ValueId, inside: StoredValue, offset: number): StoredValue;
  /** A value that was made, or a weight, constant or state. */
  read(id: ValueId): StoredValue;
  /** The value dies. */
  forget(id: ValueId): void;
  /** Plans the nodes of a graph or body, resting between them; values die after their last use but for those in `keep`. */
  nodes(graph: Graph, keep: ReadonlySet<ValueId>): Generator<void, void>;
}

/** Gives the one output of a graph without inputs. */
export type Alone = (graph: Graph) => Promise<Tensor>;

/** What a plan may take: of `Limits`. */
export type PlanLimits = Pick<Limits, "planSteps" | "runBytes">;

/** How a plan is made. */
export interface PlanOptions {
  readonly parallel?: Parallel | null | undefined;
  /** Default: `DEFAULT_LIMITS`. */
  readonly limits?: Partial<PlanLimits> | undefined;
  readonly weightDtype?: OpenOptions["weightDtype"];
  readonly precision?: OpenOptions["precision"];
  /** Default: what is computed of weights alone is computed in every run. */
  readonly alone?: Alone | undefined;
}
