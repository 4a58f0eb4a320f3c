import { describe, expect, test } from "vitest";
import { tensor } from "../../src/core/tensor.ts";
import { GraphBuilder } from "../../src/graph/builder.ts";
import { lower, lowerMapped } from "../../src/graph/lower.ts";
import { resolve } from "../../src/graph/resolve.ts";
import { simplify } from "../../src/graph/simplify.ts";
import { ruleOf } from "../../src/ops/index.ts";
import { makesOf } from "../../src/ops/slots.ts";
import type { Graph } from "../../src/ops/types.ts";
import { reference } from "../../src/engines/reference/backend.ts";
import { allNodes, lstm, opNames } from "./build.ts";

function masked(): Graph {
  const b = new GraphBuilder();
  const x = b.input([null, null, 3], "float32");
  const mask = b.op.any(b.op.notEqual(x, 0), [2]);
  const first = lstm(b, x, 3, undefined, mask);
  const second = lstm(b, b.op.activation(first.sequence, { fn: "mish" }), 3, first.states);
  return b.finish([b.op.softmax(second.sequence, [2]), second.last]);
}

const x = tensor([[[1, 2, 3], [0, 0, 0], [1, 0, -1]], [[0, 0, 0], [4, 1, 0], [0, 2, 2]]]); // prettier-ignore

describe("lower", () => {
  test("nothing taken: primitives and loops alone, bodies included", () => {
    const graph = lower(masked(), () => false);
    expect(opNames(graph).filter((name) => ruleOf(name).kind === "composite")).toEqual([]);
  });

  test.each([
    ["everything", () => true, ["rnn", "lstmCell", "softmax", "activation"]],
    ["the loop, with the body as it is", (op: string) => op === "rnn", ["rnn", "lstmCell"]],
    ["the cell alone", (op: string) => op === "lstmCell", ["lstmCell"]],
  ])("taken: %s", async (_, takes, kept) => {
    const graph = masked();
    const lowered = lower(graph, (node) => takes(node.op));
    const composites = opNames(lowered).filter((name) => ruleOf(name).kind === "composite");
    expect(composites.sort()).toEqual([...kept].sort());
    const [wanted, found] = [await reference.open(graph), await reference.open(lowered)];
    expect(await found.run([x], { precision: "float64" })).toEqual(await wanted.run([x], { precision: "float64" }));
  });

  test("a lowered graph resolves like the graph it came from", () => {
    const resolved = resolve(
      lower(masked(), () => false),
      [[2, 5, 3]],
    );
    const shape = (id: number) => resolved.values.get(id)!.shape;
    expect(resolved.outputs.map(shape)).toEqual([
      [2, 5, 3],
      [2, 3],
    ]);
    expect(allNodes(resolved).every((node) => makesOf(node).every((id) => shape(id)!.every((n) => n !== null)))).toBe(
      true,
    );
  });

  test("says where values went", () => {
    const b = new GraphBuilder();
    const y = b.op.activation(b.input([2], "float32"), { fn: "elu" });
    const { graph, at } = lowerMapped(b.finish([b.op.add(y, 1)]), () => false);
    const [last] = graph.nodes.slice(-1);
    expect(last!.in["a"]).toBe(at(y.id));
    expect(graph.nodes.find((node) => makesOf(node).includes(at(y.id)))?.op).toBe("where");
  });

  test("takes sees shapes and dtypes", () => {
    const seen: unknown[] = [];
    lower(resolve(masked(), [[2, 4, 3]]), (node, values) => {
      seen.push([node.op, values.get(node.in["x"] as number)!.shape]);
      return node.op !== "rnn";
    });
    expect(seen).toContainEqual(["rnn", [2, 4, 3]]);
    expect(seen).toContainEqual(["lstmCell", [2, 3]]);
  });
});

describe("simplify", () => {
  test("drops what nobody reads, in bodies too, and its values", () => {
    const b = new GraphBuilder();
    const input = b.input([null, 4, 3], "float32");
    b.op.exp(b.op.add(input, 1));
    const { ys } = b.scan([], [input], (_, [xt]) => {
      b.op.tanh(xt!);
      return { carry: [], ys: [b.op.sin(xt!)] };
    });
    const graph = simplify(b.finish(ys));
    expect(allNodes(graph).map((node) => node.op)).toEqual(["scan", "sin"]);
    expect(graph.values.size).toBe(4);
  });

  test("keeps what sizes, states and the caller need", () => {
    const b = new GraphBuilder();
    const input = b.input([null], "float32");
    const measured = b.op.concat([input, input], 0);
    const watched = b.op.exp(input);
    const slot = b.state("s", [1], "float32");
    slot.set(b.op.add(slot.get(), 1));
    const graph = b.finish([b.op.full([b.size(measured, 0)], 1, "float32")]);
    expect(simplify(graph).nodes.map((node) => node.op)).toEqual(["concat", "add", "full"]);
    expect(simplify(graph, [watched.id]).nodes.map((node) => node.op)).toContain("exp");
  });

  test("long chains", () => {
    const b = new GraphBuilder();
    let y = b.input([1], "float32");
    for (let i = 0; i < 30_000; i++) y = b.op.negative(y);
    const graph = b.finish([y]);
    expect(simplify(graph).nodes.length).toBe(30_000);
    expect(lower(resolve(graph, [[1]]), () => false).nodes.length).toBe(30_000);
  });
});
