/** Nodes as the planner sees them: those of a graph, and what several of them are joined into. */
import { readsOf } from "../../ops/slots.ts";
import type { GraphNode, ValueId } from "../../ops/types.ts";
import type { Attention, Epilogue, ProgramStep } from "./kernels/types.ts";

/** A node as the planner sees it. */
export interface PlanNode extends Omit<GraphNode, "op"> {
  /** `elementwise` for a chain, which reads `xs` and makes `y`. */
  readonly op: GraphNode["op"] | "elementwise" | "attention";
  /** Of an attention. */
  readonly attention?: Attention;
  /** Of a chain, else empty. */
  readonly steps: readonly ProgramStep[];
  /** What is done to its output at once, and what that reads beside. */
  readonly epilogue?: { readonly static: Epilogue; readonly reads: readonly ValueId[] };
}

/** All values that a node reads, those of its epilogue last. */
export const allReads = (node: PlanNode): ValueId[] => [...readsOf(node), ...(node.epilogue?.reads ?? [])];
