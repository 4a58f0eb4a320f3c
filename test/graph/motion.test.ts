/** What loops do once for all steps: in a graph of gradients no matrix is multiplied, kept or summed up step by step without need. */
import { expect, it } from "vitest";
import { GraphBuilder } from "../../src/graph/builder.ts";
import { gradients } from "../../src/graph/gradients.ts";
import { simplify } from "../../src/graph/simplify.ts";
import { lower } from "../../src/graph/lower.ts";
import { resolve } from "../../src/graph/resolve.ts";
import { isNode } from "../../src/ops/slots.ts";

it("weights' gradients are one product of all steps, beside a loop that carries the state alone", () => {
  const b = new GraphBuilder();
  const { op } = b;
  const shapes = [[2, 5, 3], [3, 4], [4, 4], [4], [2, 4]] as const; // prettier-ignore
  const [x, w, u, bias, h0] = shapes.map((shape) => b.input(shape, "float32"));
  const { ys } = b.scan([h0!], [x!], ([h], [xt]) => {
    const scale = op.tanh(u!);
    const z = op.add(op.add(op.matmul(xt!, w!), op.matmul(h!, scale)), bias!);
    const y = op.tanh(z);
    return { carry: [y], ys: [y] };
  });
  const loss = op.sum(ys[0]!);
  const graph = b.finish([loss]);
  const whole = gradients(graph, loss.id, [w!.id, u!.id, bias!.id, x!.id]);
  const plain = simplify(lower(resolve(whole, shapes as never), () => false));
  const loops = plain.nodes.filter((node) => isNode(node, "scan"));
  const products = loops.map(({ body }) => body!.nodes.filter(({ op }) => op === "matmul").length);
  const carried = loops.map((loop) => loop.in.init.length);
  // Forward h·u; back dz·uᵀ. What is tanh(u) is computed outside, once.
  expect([products, carried]).toEqual([[1, 1], [1, 1]]); // prettier-ignore
  expect(loops.map(({ body }) => body!.nodes.filter(({ op }) => op === "tanh").length)).toEqual([1, 0]);
  expect(plain.nodes.filter(({ op }) => op === "matmul").length).toBe(4);
});
