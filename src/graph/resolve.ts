/** Makes every length of a graph a number: re-runs the shape rules in order, from the shapes of the inputs. */
import { fail, placed, rethrowing } from "../core/error.ts";
import { showShape, sizeOf } from "../core/tensor.ts";
import { ruleOf } from "../ops/index.ts";
import { numberOfSize } from "../ops/shapes.ts";
import { mapSlots, zipSlots } from "../ops/slots.ts";
import type { Attrs, Graph, GraphNode, GraphState, Shape, Size, Value, ValueId } from "../ops/types.ts";
import { bodyShapes } from "./bodies.ts";
import { refuseProblems } from "./problems.ts";

interface Resolving {
  readonly old: ReadonlyMap<ValueId, Value>;
  readonly values: Map<ValueId, Value>;
  readonly states: ReadonlyMap<string, GraphState>;
}

function isSizeOf(value: object): value is Extract<Size, { of: ValueId }> {
  return "of" in value && "axis" in value && typeof value.of === "number" && typeof value.axis === "number";
}

function isSizeFn(value: object): value is Extract<Size, { fn: string }> {
  return "fn" in value && "a" in value && "b" in value;
}

function resolveSize(r: Resolving, size: Size): number {
  const length = numberOfSize(size, (of, axis) => shapeOf(r, of)[axis] ?? null);
  return length ?? fail("internal/graph", { message: "a length of an axis that does not exist" });
}

/** Sizes are found by their form, wherever they stand. */
function resolveAttrs<T>(r: Resolving, value: T): T {
  const walk = (v: unknown): unknown => {
    if (Array.isArray(v)) return v.map(walk);
    if (typeof v !== "object" || v === null) return v;
    if (isSizeOf(v) || isSizeFn(v)) return resolveSize(r, v);
    return Object.fromEntries(Object.entries(v).map(([key, entry]) => [key, walk(entry)]));
  };
  return walk(value) as T;
}

function put(r: Resolving, id: ValueId, shape: Shape): readonly number[] {
  const numbers = shape.map((length) =>
    length !== null && Number.isInteger(length) && length >= 0
      ? length
      : fail("mismatch/shape", { source: "graph", expected: "known lengths", found: showShape(shape) }),
  );
  sizeOf(numbers);
  const old = r.old.get(id)!;
  r.values.set(id, { ...old, shape: numbers });
  return numbers;
}

/** The shape of a value met as an input: known by now, or that of a weight, a constant or a state. */
function shapeOf(r: Resolving, id: ValueId): readonly number[] {
  const done = r.values.get(id)?.shape;
  if (done !== undefined && done !== null) return done as readonly number[];
  const value = r.old.get(id) ?? fail("internal/graph", { message: `no value ${id}` });
  const { from } = value;
  if (from === undefined) return fail("internal/graph", { message: `value ${id} is used before it is made` });
  if ("constant" in from) return put(r, id, from.constant.shape);
  if ("weight" in from) {
    const stored = from.weight.shape;
    if (stored !== null && value.shape !== null && value.shape.length === stored.length) return put(r, id, stored);
    return put(r, id, value.shape ?? stored ?? []);
  }
  const state = r.states.get(from.state) ?? fail("internal/graph", { path: from.state, message: "no such state" });
  return put(
    r,
    id,
    state.shape.map((size) => resolveSize(r, size)),
  );
}

function resolveNode(r: Resolving, graph: Graph, node: GraphNode): GraphNode {
  const rule = ruleOf(node.op);
  const x = mapSlots(node.in, (id): Shape => shapeOf(r, id));
  const attrs: Attrs = resolveAttrs(r, node.attrs);
  const inner = node.body && bodyShapes({ ...node, attrs }, (id) => shapeOf(r, id));
  const body = node.body && resolveGraph(r, node.body, inner!);
  const path = graph.calls[node.call]?.path;
  const shapes = rethrowing(
    () => rule.shape(x, attrs, body),
    (error) => (path === undefined ? error : placed(error, (p) => ({ ...p, path: p.path ?? path }))),
  );
  zipSlots(node.out, shapes, (id, shape) => put(r, id, shape));
  return { ...node, attrs, ...(body && { body }) };
}

/** Recursion follows loops within loops, whose depth the nesting of layers bounds. */
function resolveGraph(r: Resolving, graph: Graph, inputs: readonly Shape[]): Graph {
  graph.inputs.forEach((id, i) => put(r, id, inputs[i]!));
  for (const { outer, inner } of graph.captures) put(r, inner, shapeOf(r, outer));
  const nodes = graph.nodes.map((node) => resolveNode(r, graph, node));
  for (const id of graph.outputs) shapeOf(r, id);
  return { ...graph, values: r.values, nodes };
}

/** Refuses a shape that the declared one does not allow. */
function checkInput(declared: Shape | null, given: readonly number[], index: number): void {
  const fits =
    declared === null || (declared.length === given.length && declared.every((n, i) => n === null || n === given[i]));
  if (!fits) {
    fail("mismatch/shape", {
      path: `inputs/${index}`,
      expected: `shape ${showShape(declared)}`,
      found: showShape(given),
    });
  }
}

/**
 * A new graph in which every shape and every size is a number, bodies included. Throws `mismatch/shape` naming the input
 * whose shape disagrees with the declared one, or the operation that cannot take its inputs; `unsupported/layer` for a
 * graph with calls that cannot run.
 */
export function resolve(graph: Graph, inputShapes: readonly (readonly number[])[]): Graph {
  refuseProblems(graph);
  if (inputShapes.length !== graph.inputs.length)
    fail("mismatch/inputs", { expected: `${graph.inputs.length} inputs`, found: String(inputShapes.length) });
  graph.inputs.forEach((id, i) => checkInput(graph.values.get(id)!.shape, inputShapes[i]!, i));
  const r: Resolving = {
    old: graph.values,
    values: new Map(),
    states: new Map(graph.states.map((state) => [state.path, state])),
  };
  const resolved = resolveGraph(r, graph, inputShapes);
  // A call may give a constant that no node makes and nothing reads.
  for (const { outputs } of graph.calls)
    for (const id of outputs) if ("constant" in (graph.values.get(id)?.from ?? {})) shapeOf(r, id);
  const states = graph.states.map((state): GraphState => {
    const shape = shapeOf(r, state.read);
    const written = shapeOf(r, state.write);
    if (showShape(shape) !== showShape(written))
      fail("mismatch/shape", {
        path: state.path,
        expected: `a state of shape ${showShape(shape)}`,
        found: showShape(written),
      });
    return { ...state, shape };
  });
  return { ...resolved, states };
}
