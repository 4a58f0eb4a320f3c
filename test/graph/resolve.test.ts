import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../../src/graph/builder.ts";
import { resolve } from "../../src/graph/resolve.ts";
import { makesOf } from "../../src/ops/slots.ts";
import type { Graph } from "../../src/ops/types.ts";
import { allNodes, lstm } from "./build.ts";

/** Shapes of all values that nodes give, as the graph has them. */
function shapesOf(graph: Graph): (readonly (number | null)[])[] {
  return allNodes(graph).flatMap((node) => makesOf(node).map((id) => graph.values.get(id)!.shape!));
}

const outputs = (graph: Graph) => graph.outputs.map((id) => graph.values.get(id)!.shape);

describe("resolve", () => {
  test("makes every length a number, in bodies too", () => {
    const b = new GraphBuilder();
    const x = b.input([null, null, 3], "float32");
    const { sequence, last } = lstm(b, x, 2);
    const graph = resolve(b.finish([sequence, last]), [[4, 5, 3]]);
    expect(outputs(graph)).toEqual([
      [4, 5, 2],
      [4, 2],
    ]);
    expect(
      shapesOf(graph)
        .flat()
        .every((n) => typeof n === "number"),
    ).toBe(true);
    expect(JSON.stringify(allNodes(graph).map((node) => node.attrs))).not.toContain('"of"');
    expect(graph.nodes.every((node) => node.body === undefined || node.body.values === graph.values)).toBe(true);
  });

  test("leaves the graph that it was given as it was", () => {
    const b = new GraphBuilder();
    const x = b.input([null, 3], "float32");
    const graph = b.finish([b.op.reshape(x, [{ fn: "mul", a: b.size(x, 0), b: 3 }])]);
    const before = structuredClone({ values: graph.values, nodes: graph.nodes });
    expect(outputs(resolve(graph, [[2, 3]]))).toEqual([[6]]);
    expect({ values: graph.values, nodes: graph.nodes }).toEqual(before);
  });

  test("computes with lengths", () => {
    const b = new GraphBuilder();
    const x = b.input([null, null], "float32");
    const [rows, columns] = [b.size(x, 0), b.size(x, 1)];
    const y = b.op.full(
      [
        { fn: "add", a: rows, b: 1 },
        { fn: "sub", a: columns, b: 1 },
        { fn: "max", a: rows, b: columns },
      ],
      0,
      "float32",
    );
    const z = b.op.full([{ fn: "div", a: columns, b: 2 }], 0, "float32");
    const graph = b.finish([y, z]);
    expect(outputs(resolve(graph, [[2, 4]]))).toEqual([[3, 3, 4], [2]]);
    expect(() => resolve(graph, [[2, 5]])).toThrow(expect.objectContaining({ code: "mismatch/shape" }));
  });

  test("a length of an outer value inside a loop", () => {
    const b = new GraphBuilder();
    const x = b.input([null, null, 2], "float32");
    const y = b.input([null], "float32");
    const { ys } = b.scan([], [x], (_, [xt]) => ({
      carry: [],
      ys: [b.op.broadcastTo(b.op.expandDims(b.op.sum(xt!), [0]), [b.size(y, 0)])],
    }));
    expect(outputs(resolve(b.finish(ys), [[3, 4, 2], [7]]))).toEqual([[7, 4]]);
  });

  test("names the input whose shape is wrong", () => {
    const b = new GraphBuilder();
    const graph = b.finish([b.op.add(b.input([null, 3], "float32"), b.input([3], "float32"))]);
    expect(() => resolve(graph, [[2, 3], [4]])).toThrow(
      expect.objectContaining({ code: "mismatch/shape", path: "inputs/1", expected: "shape [3]", found: "[4]" }),
    );
    expect(() => resolve(graph, [[2, 3, 1], [3]])).toThrow(expect.objectContaining({ path: "inputs/0" }));
    expect(() => resolve(graph, [[2, 3]])).toThrow(expect.objectContaining({ code: "mismatch/inputs" }));
  });

  test("names the operation that cannot take what came", () => {
    const b = new GraphBuilder();
    const [x, y] = [b.input([null], "float32"), b.input([null], "float32")];
    const graph = b.finish([b.op.add(x, y)]);
    expect(outputs(resolve(graph, [[3], [1]]))).toEqual([[3]]);
    expect(() => resolve(graph, [[3], [2]])).toThrow(
      expect.objectContaining({ message: expect.stringContaining("[mismatch/shape] add: ") as string }),
    );
  });

  test("state takes its lengths from values made on the way, and must keep them", () => {
    const b = new GraphBuilder();
    const x = b.input([null, 4], "float32");
    const y = b.op.multiply(x, 2);
    const slot = b.state("h", [b.size(y, 0), 4], "float32");
    slot.set(b.op.add(slot.get(), y));
    const graph = resolve(b.finish([slot.get()]), [[3, 4]]);
    expect(graph.states.map((state) => state.shape)).toEqual([[3, 4]]);

    const c = new GraphBuilder();
    const wide = c.state("h", [1, 4], "float32");
    wide.set(c.op.add(wide.get(), c.input([null, 4], "float32")));
    expect(() => resolve(c.finish([wide.get()]), [[2, 4]])).toThrow(expect.objectContaining({ path: "h" }));
  });

  test("a carry that grows is refused", () => {
    const b = new GraphBuilder();
    const x = b.input([null, 2, 3], "float32");
    const init = b.input([null], "float32");
    const run = () =>
      b.scan([init], [x], ([c], [xt]) => ({ carry: [b.op.concat([c!, b.op.reshape(xt!, [-1])], 0)], ys: [] }));
    const graph = b.finish(run().carry);
    expect(() => resolve(graph, [[1, 2, 3], [4]])).toThrow(
      expect.objectContaining({ message: expect.stringContaining("[mismatch/shape] scan: ") as string }),
    );
  });

  test("a graph with a call that cannot run is refused, naming each", () => {
    const b = new GraphBuilder();
    b.calls.push({
      path: "a",
      class: "Foo",
      index: 0,
      outputs: [],
      problems: [{ code: "unsupported/layer", path: "a", found: "Foo" }],
    });
    b.calls.push({ path: "b", class: "Bar", index: 0, outputs: [] });
    b.calls.push({
      path: "c/d",
      class: "Lambda",
      index: 0,
      outputs: [],
      problems: [{ code: "unsupported/lambda", path: "c/d" }],
    });
    const graph = b.finish([b.input([1], "float32")]);
    expect(() => resolve(graph, [[1]])).toThrow(
      expect.objectContaining({
        problems: [
          expect.objectContaining({ code: "unsupported/layer", path: "a", found: "Foo" }),
          expect.objectContaining({ code: "unsupported/lambda", path: "c/d" }),
        ],
      }),
    );
  });
});
