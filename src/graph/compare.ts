/** Whether two graphs compute the same: for a model read under two generations' meaning. */
import type { Attrs, Graph, GraphNode, ValueId } from "../ops/types.ts";
import { simplify } from "./simplify.ts";

/** Both meanings of hard_sigmoid count as one here: whoever translates takes care of them. */
const sameActivation = (value: unknown): unknown => (value === "hard_sigmoid_keras2" ? "hard_sigmoid" : value);

/** Text that two graphs share exactly when they are the same up to the numbers of values. */
class Printer {
  readonly #names = new Map<ValueId, string>();
  readonly #graph: Graph;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  name(id: ValueId): string {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const from = this.#graph.values.get(id)?.from;
    let name = `v${this.#names.size}`;
    if (from !== undefined) {
      if ("weight" in from) name = `weight:${from.weight.name}:${this.#names.size}`;
      else if ("constant" in from)
        name = `constant:${from.constant.shape.join()}:${Array.from(from.constant.data, Number).join()}`;
      else name = `state:${from.state}`;
    }
    this.#names.set(id, name);
    return name;
  }

  attrs(attrs: Attrs): string {
    return JSON.stringify(attrs, (key, value: unknown) => {
      if (typeof value === "object" && value !== null && "of" in value && "axis" in value) {
        return { size: this.name(value.of as ValueId), axis: value.axis };
      }
      return key === "fn" ? sameActivation(value) : value;
    });
  }

  node(node: GraphNode): string {
    const body = node.body === undefined ? "" : this.body(node.body);
    const line = `${node.op}(${node.in.map((id) => this.name(id)).join(",")})${this.attrs(node.attrs)}${body}`;
    node.out.forEach((id) => this.name(id));
    return line;
  }

  body(body: Graph): string {
    const head = [...body.inputs, ...body.captures.map((c) => c.inner)].map((id) => this.name(id)).join();
    return `{${head}|${body.nodes.map((n) => this.node(n)).join(";")}|${body.outputs.map((id) => this.name(id)).join()}}`;
  }
}

/** The path of the first call that two graphs of one model compute differently; null when there is none. */
export function firstDifference(a: Graph, b: Graph): string | null {
  const [left, right] = [simplify(a), simplify(b)];
  const [p, q] = [new Printer(left), new Printer(right)];
  left.inputs.forEach((id) => p.name(id));
  right.inputs.forEach((id) => q.name(id));
  const count = Math.max(left.nodes.length, right.nodes.length);
  for (let i = 0; i < count; i++) {
    const [m, n] = [left.nodes[i], right.nodes[i]];
    if (m !== undefined && n !== undefined && p.node(m) === q.node(n)) continue;
    const call =
      (m === undefined ? undefined : left.calls[m.call]) ?? (n === undefined ? undefined : right.calls[n.call]);
    return call?.path ?? "";
  }
  const outputs = (printer: Printer, graph: Graph): string => graph.outputs.map((id) => printer.name(id)).join();
  return outputs(p, left) === outputs(q, right) ? null : (right.calls.at(-1)?.path ?? "");
}
