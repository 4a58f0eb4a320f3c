/** What each layer of a graph computes, as lines that a person reads: `y = relu(x·kernel + bias)`. */
import { showShape } from "../core/tensor.ts";
import { flatSlots, isNode, makesOf, readsOf } from "../ops/slots.ts";
import { COMPARE, type OpName, REDUCE, SIGNATURES } from "../ops/signatures.ts";
import type { Attrs, Graph, GraphNode, NodeOf, Value, ValueId } from "../ops/types.ts";
import { lower } from "./lower.ts";

/** A text, and how tightly it holds together: 0 comparisons, 1 sums, 2 products, 3 powers and signs, 4 a name or a call. */
interface Term {
  readonly text: string;
  readonly bond: number;
}

const INFIX: Readonly<Partial<Record<OpName, readonly [sign: string, bond: number]>>> = {
  add: [" + ", 1],
  subtract: [" − ", 1],
  multiply: [" ⊙ ", 2],
  divide: [" / ", 2],
  matmul: ["·", 2],
  power: ["^", 3],
  ...Object.fromEntries(
    COMPARE.map((op, i) => [op, [` ${["=", "≠", "<", "≤", ">", "≥", "and", "or", "xor"][i]!} `, 0]]),
  ),
};
/** What changes the form of values alone, to fit those beside them. */
const FORMS: ReadonlySet<OpName> = new Set(["reshape", "expandDims", "squeeze", "broadcastTo"]);
/** Composites that people know by name. */
const KNOWN: ReadonlySet<OpName> = new Set(["activation", "softmax"]);
const REDUCES: ReadonlySet<string> = new Set(REDUCE);
const NAMES = ["z", "u", "v", "w", "p", "q", "r", "s"];
const [MOST_LINES, LONG] = [10, 56] as const;

/** What is shared with the step of a loop. */
interface Sheet {
  /** Names that are free. */
  readonly names: string[];
  /** No few lines say the layer: nothing is said of it. */
  isUnsaid: boolean;
}

const atom = (text: string): Term => ({ text, bond: 4 });
const within = ({ text, bond }: Term, least: number): string => (bond < least ? `(${text})` : text);
/** Without what is as usual. */
const isUsual = (value: Attrs[string]): boolean =>
  value === null || value === undefined || value === false || value === "last" || value === "valid" || value === 1 ||
  (Array.isArray(value) && value.every((n) => n === 1)); // prettier-ignore

function shown(value: Attrs[string]): string {
  if (!Array.isArray(value)) return String(value);
  return value.some(Array.isArray)
    ? value.map((pair) => `(${shown(pair).replaceAll("×", ",")})`).join(" ")
    : value.join("×");
}

function options(attrs: Attrs): string {
  const said = Object.entries(attrs).flatMap(([name, value]) =>
    (isUsual(value) && name !== "axis") || typeof value === "function" || (Array.isArray(value) ? value.flat() : [value]).some((n) => typeof n === "object")
      ? []
      : [`${name} ${shown(value)}`],
  ); // prettier-ignore
  return said.length === 0 ? "" : `; ${said.join(", ")}`;
}

class Writer {
  readonly lines: string[] = [];
  readonly #terms = new Map<ValueId, Term>();
  readonly #graph: Graph;
  /** With those of composites that were spelt out. */
  readonly #values: Graph["values"][];
  readonly #made = new Map<ValueId, GraphNode>();
  readonly #uses = new Map<ValueId, number>();
  readonly #sheet: Sheet;
  /** What composites give, by what gives it in their stead. */
  readonly #spelt = new Map<ValueId, ValueId>();
  /** Texts that are made when they are read. */
  readonly #later = new Map<ValueId, () => Term>();
  /** Of what is given in the end the form counts. */
  readonly #ends: Set<ValueId>;
  readonly #loops = new Map<GraphNode, (id: ValueId) => Term>();

  constructor(graph: Graph, sheet: Sheet) {
    this.#graph = graph;
    this.#values = [graph.values];
    this.#ends = new Set(graph.outputs);
    this.#sheet = sheet;
    for (const node of graph.nodes) this.add(node);
  }

  add(node: GraphNode): void {
    for (const id of makesOf(node)) this.#made.set(id, node);
    for (const id of readsOf(node)) this.#uses.set(id, (this.#uses.get(id) ?? 0) + 1);
  }
  call(id: ValueId, text: string): void {
    this.#terms.set(id, atom(text));
    const spelt = this.#spelt.get(id);
    if (spelt !== undefined) this.call(spelt, text);
  }
  later(id: ValueId, term: () => Term): void {
    this.#later.set(id, term);
  }
  #unsaid(): Term {
    this.#sheet.isUnsaid = true;
    return atom("…");
  }
  line(name: string, { text }: Term): Term {
    if (this.lines.length >= MOST_LINES) this.#unsaid();
    if (name !== text) this.lines.push(`${name} = ${text}`);
    return atom(name);
  }

  /** A value that is read: one that is read again has a name of its own. */
  term(id: ValueId): Term {
    const known = this.#terms.get(id);
    if (known !== undefined) return known;
    const made = this.#made.get(id);
    const term = made === undefined ? (this.#later.get(id)?.() ?? this.#given(id)) : this.#of(made, id);
    const isMade = term.bond < 4 || term.text.includes("(");
    const isNamed = isMade && ((this.#uses.get(id) ?? 0) > 1 || (term.text.length > LONG && !this.#ends.has(id)));
    const named = isNamed ? this.line(this.#sheet.names.shift() ?? `t${id}`, term) : term;
    this.#terms.set(id, this.#terms.get(id) ?? named);
    return this.#terms.get(id)!;
  }

  #given(id: ValueId): Term {
    const { from, shape = null } = this.#value(id) ?? {};
    if (from === undefined) return this.#unsaid();
    if ("weight" in from) return atom(from.weight.name.split("/").at(-1)!);
    if ("state" in from) return atom(from.state.split("/").at(-1)!);
    const { data } = from.constant;
    return atom(data.length === 1 ? String(Number(Number(data[0]).toPrecision(6))) : `const${showShape(shape)}`);
  }

  #of(node: GraphNode, id: ValueId): Term {
    const { op, attrs } = node;
    const read = flatSlots(node.in);
    const arg = (i: number): Term => this.term(read[i]!);
    const list = (): string => read.map((x) => this.term(x).text).join(", ");
    const isEnd = this.#ends.has(id);
    if (FORMS.has(op)) return isEnd ? atom(`reshape(${arg(0).text} → ${this.#shape(id)})`) : arg(0);
    if (op === "cast" || op === "stopGradient") return arg(0);
    const infix = INFIX[op];
    if (infix !== undefined) {
      const [sign, bond] = infix;
      const turned = (flag: string): string => (attrs[flag] === true ? "ᵀ" : "");
      const [a, b] = [within(arg(0), bond), within(arg(1), bond + 1)];
      if (a === b && sign === " and ") return { text: a, bond };
      return { text: `${a}${turned("transposeA")}${sign}${b}${turned("transposeB")}`, bond };
    }
    if (op === "negative") return { text: `−${within(arg(0), 3)}`, bond: 3 };
    if (op === "square") return { text: `${within(arg(0), 4)}²`, bond: 3 };
    if (op === "sqrt") return atom(`√(${arg(0).text})`);
    if (op === "rsqrt") return { text: `1 / √(${arg(0).text})`, bond: 2 };
    if (op === "reciprocal") return { text: `1 / ${within(arg(0), 3)}`, bond: 2 };
    if (isNode(node, "activation")) {
      const { fn, ...others } = node.attrs;
      return fn === "linear" ? arg(0) : atom(`${fn}(${arg(0).text}${options(others)})`);
    }
    if (isNode(node, "slice")) {
      const last = (this.#value(read[0]!)?.shape?.length ?? 0) - 1;
      const cuts = node.attrs.ranges.map(({ axis, start, stop }) => `${axis === last ? "…, " : ":, ".repeat(axis)}${[start, stop].map((n) => (typeof n === "number" ? n : "")).join(":")}`); // prettier-ignore
      return atom(`${within(arg(0), 4)}[${cuts.join("; ")}]`);
    }
    if (isNode(node, "transpose") && node.attrs.perm.every((axis, i) => axis === i)) return arg(0);
    if (op === "transpose" && !isEnd) return { text: `${within(arg(0), 4)}ᵀ`, bond: 3 };
    if (REDUCES.has(op)) {
      const axes = attrs["axes"] as readonly number[];
      return atom(`${op}(${list()}; ${axes.length === 1 ? "axis" : "axes"} ${axes.join(", ")})`);
    }
    if (isNode(node, "rnn")) {
      if (!this.#loops.has(node)) this.#loops.set(node, this.#steps(node));
      return this.#loops.get(node)!(id);
    }
    const { kind } = SIGNATURES[op];
    if (kind === "loop" || op === "late") return this.#unsaid();
    if (kind !== "composite" || KNOWN.has(op)) return atom(`${op}(${list()}${options(attrs)})`);
    this.#spell(node, read);
    return this.term(this.#spelt.get(id)!);
  }

  /** Puts a composite's operations in its place. */
  #spell(node: GraphNode, read: readonly ValueId[]): void {
    const made = makesOf(node);
    if (this.#spelt.has(made[0]!)) return;
    const takes = ({ op }: GraphNode): boolean => KNOWN.has(op) || op === "rnn";
    const inner = lower({ ...this.#graph, nodes: [node], inputs: read, outputs: made, calls: [] }, takes);
    this.#values.push(inner.values);
    for (const one of inner.nodes) this.add(one);
    made.forEach((id, i) => {
      const spelt = inner.outputs[i]!;
      this.#spelt.set(id, spelt);
      if (this.#ends.has(id)) this.#ends.add(spelt);
      this.#uses.set(spelt, (this.#uses.get(spelt) ?? 0) + (this.#uses.get(id) ?? 0));
    });
  }

  #value(id: ValueId): Value | undefined {
    return this.#values.map((values) => values.get(id)).find((value) => value !== undefined);
  }
  #shape(id: ValueId): string {
    return (
      this.#value(id)
        ?.shape?.map((n) => n ?? "?")
        .join("×") ?? "?"
    );
  }

  /** The step of a recurrent layer, a line for each state; what it gives of all steps. */
  #steps({ in: { x }, out, attrs, body: step }: NodeOf<"rnn">): (id: ValueId) => Term {
    const body = step!;
    const [first, ...old] = body.inputs;
    const states = old.length === 1 ? ["h"] : old.length === 2 ? ["h", "c"] : old.map((_, i) => `s${i + 1}`);
    const inner = new Writer({ ...body, values: this.#graph.values }, this.#sheet);
    inner.call(first!, `${this.term(x).text}ₜ`);
    old.forEach((state, i) => inner.call(state, `${states[i]!}ₜ₋₁`));
    for (const { outer, inner: own } of body.captures) inner.call(own, this.term(outer).text);
    const [y, ...next] = body.outputs;
    // h is said with c.
    for (const [i, state] of [...next.entries()].reverse())
      inner.call(state, inner.line(`${states[i]!}ₜ`, inner.term(state)).text);
    const given = inner.term(y!).text;
    this.lines.push(...inner.lines);
    if (attrs.goBackwards) this.lines.push("t from the last step to the first");
    return (id) => {
      if (id === out.sequence) return atom(`[${given} for all t]`);
      const what = id === out.last ? given : `${states[out.states.indexOf(id)]!}ₜ`;
      return { text: `${what} of the last step`, bond: 0 };
    };
  }
}

/** The calls that `call` makes, those in them included, follow it with longer paths. */
function endOf({ calls }: Graph, call: number): number {
  const prefix = `${calls[call]!.path}/`;
  let end = call + 1;
  while (calls[end]?.path.startsWith(prefix)) end++;
  return end;
}

function linesOf(graph: Graph, call: number): readonly string[] | null {
  const end = endOf(graph, call);
  const inside = graph.nodes.filter((node) => node.call >= call && node.call < end);
  const own = inside.filter((node) => node.call === call);
  // Of a model only its layers say something.
  if (own.length === 0 && inside.length > 0) return null;
  const made = new Set(inside.flatMap(makesOf));
  const outputs = graph.calls[call]!.outputs;
  const read = [...new Set([...inside.flatMap(readsOf), ...outputs])];
  const isGiven = (id: ValueId): boolean => !made.has(id) && graph.values.get(id)?.from === undefined;
  const given = read.filter(isGiven);
  const masks = given.filter((id) => graph.values.get(id)!.dtype === "bool");
  const tensors = masks.length < given.length ? given.filter((id) => !masks.includes(id)) : given;
  const sheet: Sheet = { names: [...NAMES], isUnsaid: false };
  const writer = new Writer({ ...graph, nodes: own, outputs }, sheet);
  tensors.forEach((id, i) => writer.call(id, tensors.length === 1 ? "x" : `x${i + 1}`));
  if (tensors !== given) for (const id of masks) writer.call(id, "mask");
  for (let at = call + 1; at < end; at = endOf(graph, at)) {
    const [from, to] = [at, endOf(graph, at)];
    const nodes = inside.filter((node) => node.call >= from && node.call < to);
    const own = new Set(nodes.flatMap(makesOf));
    const { path, outputs: inner } = graph.calls[at]!;
    const taken = [...new Set(nodes.flatMap(readsOf))].filter(
      (id) => !own.has(id) && graph.values.get(id)?.from === undefined,
    );
    const said = (): Term =>
      atom(`${path.split("/").at(-1)!}(${taken.map((id) => writer.term(id).text).join(", ") || "…"})`);
    for (const id of inner) if (own.has(id)) writer.later(id, said);
  }
  outputs.forEach((id, i) => writer.line(outputs.length === 1 ? "y" : `y${i + 1}`, writer.term(id)));
  return sheet.isUnsaid ? null : writer.lines;
}

/** By path of a layer, of its first call; layers that take more than a few lines, or that run Python's choice, are left out. */
export function equationsOf(graph: Graph): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  graph.calls.forEach(({ path, problems, outputs }, call) => {
    if (found.has(path) || problems !== undefined || outputs.length === 0) return;
    const lines = linesOf(graph, call);
    if (lines !== null && lines.length > 0) found.set(path, lines);
  });
  return found;
}
