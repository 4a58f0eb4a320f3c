/**
 * Sessions of graphs with texts: what is done with those is done here, and what it is made of in float64; what only moves or
 * compares them is done with a number for each text; the rest is a graph of numbers, which an engine runs.
 */
import { fail } from "../core/error.ts";
import { DEFAULT_LIMITS, type Limits } from "../core/limits.ts";
import { castTensor, sizeOf, type Tensor, tensor } from "../core/tensor.ts";
import { makesOf, readsOf } from "../ops/slots.ts";
import { ofTexts } from "../ops/text/functions.ts";
import type { Graph, GraphNode, NodeOf, ValueId } from "../ops/types.ts";
import { checkInputs, isText } from "./inputs.ts";
import { reference } from "./reference/backend.ts";
import type { RunOptions, Session, States } from "./types.ts";

/** Operations that take texts as they take numbers: they give back some, or tell which are the same. */
const ALIKE: ReadonlySet<string> = new Set([
  "reshape", "expandDims", "squeeze", "transpose", "broadcastTo", "slice", "reverse", "concat", "repeat", "tile", "gather",
  "where", "equal", "notEqual", "stopGradient",
]); // prettier-ignore

const isString = (graph: Graph, id: ValueId): boolean => graph.values.get(id)?.dtype === "string";

/** Whether a node has to do with texts. */
const isApart = (graph: Graph, node: GraphNode): boolean =>
  isText(node) || [...readsOf(node), ...makesOf(node)].some((id) => isString(graph, id));

/** The same of numbers: a graph of one node. */
function numbered(graph: Graph, node: GraphNode): Graph {
  const inputs = [...new Set([...readsOf(node), ...lengthsIn(node.attrs)])].filter((id) => {
    const from = graph.values.get(id)?.from;
    return from === undefined || !("constant" in from);
  });
  const values = new Map(
    [...graph.values].map(([id, value]) => [id, isString(graph, id) ? { ...value, dtype: "int32" as const } : value]),
  );
  return part({ ...graph, values, states: [] }, inputs, makesOf(node), [node]);
}

/** A number for each text. */
class Words {
  readonly #numbers = new Map<string, number>();
  readonly #words: string[] = [];

  numbers({ shape, data }: Tensor): Tensor {
    const found = Int32Array.from(data as readonly string[], (word) => {
      const known = this.#numbers.get(word);
      if (known === undefined) this.#numbers.set(word, this.#words.push(word) - 1);
      return known ?? this.#words.length - 1;
    });
    return { dtype: "int32", shape, data: found };
  }

  texts({ shape, data }: Tensor): Tensor {
    return { dtype: "string", shape, data: Array.from(data as Int32Array, (at) => this.#words[at]!) };
  }
}

/** Values whose lengths attributes refer to. */
function lengthsIn(value: unknown, found: ValueId[] = []): ValueId[] {
  if (typeof value !== "object" || value === null) return found;
  if ("of" in value && typeof value.of === "number") found.push(value.of);
  else for (const inner of Object.values(value)) lengthsIn(inner, found);
  return found;
}

/** A part of a graph: some of its nodes, from some values to others. */
function part(
  graph: Graph,
  inputs: readonly ValueId[],
  outputs: readonly ValueId[],
  nodes: readonly GraphNode[],
): Graph {
  const there = new Set([...inputs, ...nodes.flatMap(makesOf)]);
  const calls = graph.calls.map((call) => ({ ...call, outputs: call.outputs.filter((id) => there.has(id)) }));
  return { ...graph, inputs, outputs, nodes, calls };
}

/** The part of a graph that makes some values of others; states that it reads are inputs of it. */
function between(graph: Graph, inputs: readonly ValueId[], outputs: readonly ValueId[]): Graph {
  const known = new Set(inputs);
  const needed = new Set(outputs);
  const nodes = graph.nodes.filter((node) => !isApart(graph, node) && !makesOf(node).some((id) => known.has(id)));
  const kept = nodes.reverse().filter((node) => {
    if (!makesOf(node).some((id) => needed.has(id))) return false;
    for (const id of [...readsOf(node), ...lengthsIn(node.attrs)]) needed.add(id);
    return true;
  });
  const held = graph.states.map(({ read }) => read).filter((id) => needed.has(id));
  const given = held.map((id) => [id, { ...graph.values.get(id)!, from: undefined }] as const);
  return part(
    { ...graph, values: new Map([...graph.values, ...given]), states: [] },
    [...inputs.filter((id) => needed.has(id)), ...held],
    outputs,
    kept.reverse(),
  );
}

class TextSession implements Session {
  readonly #graph: Graph;
  readonly #numbers: Session;
  /** What of the graph's values the numbers come from. */
  readonly #from: readonly ValueId[];
  /** The graph's outputs that they are, whether or not some were known before. */
  readonly #to: readonly ValueId[];
  readonly #before = new Map<GraphNode, Promise<Session>>();
  /** What has to do with texts, in order; what only moves them with its graph of numbers. */
  readonly #apart: readonly GraphNode[];
  readonly #moves = new Map<GraphNode, { readonly graph: Graph; readonly session: Promise<Session> }>();

  readonly #limits: Limits;

  constructor(graph: Graph, numbers: Session, from: readonly ValueId[], to: readonly ValueId[], limits: Limits) {
    this.#graph = graph;
    this.#apart = graph.nodes.filter((node) => isApart(graph, node));
    this.#numbers = numbers;
    this.#from = from;
    this.#to = to;
    this.#limits = limits;
  }

  async run(inputs: readonly Tensor[], { watch = [], ...options }: RunOptions = {}): Promise<readonly Tensor[]> {
    const graph = this.#graph;
    checkInputs(graph, inputs);
    const known = new Map(graph.inputs.map((id, i) => [id, inputs[i]!]));
    for (const node of this.#apart) {
      if (isText(node)) await this.#text(node, known, options);
      else await this.#moved(node, known, options);
    }
    const wanted = [...graph.outputs, ...watch];
    const later = watch.filter((id) => !known.has(id));
    const made = await this.#numbers.run(
      this.#from.map((id) => known.get(id)!),
      { ...options, ...(later.length > 0 && { watch: later }) },
    );
    const at = new Map([...this.#to, ...later].map((id, i) => [id, made[i]!]));
    return wanted.map((id) => known.get(id) ?? at.get(id)!);
  }

  #constant(id: ValueId): Tensor | undefined {
    const from = this.#graph.values.get(id)?.from;
    return from !== undefined && "constant" in from ? from.constant : undefined;
  }

  /** A state as runs so far have left it. */
  #state(id: ValueId, states: States): Tensor {
    const { key, path, shape, dtype } = this.#graph.states.find(({ read }) => read === id)!;
    const lengths = shape as readonly number[];
    return castTensor(states.get(key) ?? tensor(new Float64Array(sizeOf(lengths)), lengths), dtype, path);
  }

  /** Computes what a node takes that is not known yet. */
  async #ready(node: GraphNode, known: Map<ValueId, Tensor>, options: RunOptions): Promise<void> {
    const missing = [...new Set([...readsOf(node), ...lengthsIn(node.attrs)])].filter(
      (id) => !known.has(id) && this.#constant(id) === undefined,
    );
    if (missing.length > 0) {
      const before = between(this.#graph, [...known.keys()], missing);
      if (before.inputs.some((id) => known.get(id)?.dtype === "string"))
        fail("unsupported/dtype", {
          path: this.#graph.calls[node.call]?.path ?? "",
          expected: "numbers",
          found: "string",
        });
      const session = this.#before.get(node) ?? reference.open(before, { limits: this.#limits });
      this.#before.set(node, session);
      const states: States = this.#graph.states.length > 0 ? await this.#numbers.readStates() : new Map();
      const given = before.inputs.map((id) => known.get(id) ?? this.#state(id, states));
      const made = await (await session).run(given, options.signal && { signal: options.signal });
      missing.forEach((id, i) => known.set(id, made[i]!));
    }
  }

  /** One thing done with texts. */
  async #text(node: NodeOf<"text">, known: Map<ValueId, Tensor>, options: RunOptions): Promise<void> {
    await this.#ready(node, known, options);
    const { fn, options: how } = node.attrs;
    const of = (id: ValueId): Tensor => known.get(id) ?? this.#constant(id)!;
    known.set(node.out.y, ofTexts(fn, node.in.xs.map(of), how, this.#limits.runBytes));
  }

  /** Texts that are moved or compared. */
  async #moved(node: GraphNode, known: Map<ValueId, Tensor>, options: RunOptions): Promise<void> {
    await this.#ready(node, known, options);
    const words = new Words();
    const { graph, session } = this.#moves.get(node) ?? this.#moving(node);
    const given = graph.inputs.map((id) => {
      const value = known.get(id)!;
      return value.dtype === "string" ? words.numbers(value) : value;
    });
    const made = await (await session).run(given, options.signal && { signal: options.signal });
    makesOf(node).forEach((id, i) => known.set(id, isString(this.#graph, id) ? words.texts(made[i]!) : made[i]!));
  }

  #moving(node: GraphNode): { readonly graph: Graph; readonly session: Promise<Session> } {
    const graph = numbered(this.#graph, node);
    const moving = { graph, session: Promise.resolve(reference.open(graph, { limits: this.#limits })) };
    this.#moves.set(node, moving);
    return moving;
  }

  readStates(): States | Promise<States> {
    return this.#numbers.readStates();
  }
  writeStates(states: States): void | Promise<void> {
    return this.#numbers.writeStates(states);
  }
  resetStates(): void {
    this.#numbers.resetStates();
  }
  dispose(): void {
    this.#numbers.dispose();
    for (const session of [...this.#before.values(), ...[...this.#moves.values()].map((moving) => moving.session)])
      void session.then((open) => open.dispose());
    this.#before.clear();
    this.#moves.clear();
  }
}

/** Opens a session of the numbers with `open`. Throws `unsupported/dtype` where an operation on numbers gets texts. */
export async function openTexts(
  graph: Graph,
  open: (numbers: Graph) => Promise<Session>,
  limits = DEFAULT_LIMITS,
): Promise<Session> {
  const apart = graph.nodes.filter((node) => isApart(graph, node));
  const wrong = apart.find((node) => !isText(node) && !ALIKE.has(node.op));
  if (wrong !== undefined)
    fail("unsupported/dtype", {
      path: graph.calls[wrong.call]?.path ?? wrong.op,
      expected: "numbers",
      found: "string",
    });
  const texts = apart.flatMap(makesOf);
  const from = [...graph.inputs, ...texts].filter((id) => !isString(graph, id));
  const outputs = graph.outputs.filter((id) => !graph.inputs.includes(id) && !texts.includes(id));
  const numbers = part(
    graph,
    from,
    outputs,
    graph.nodes.filter((node) => !isApart(graph, node)),
  );
  return new TextSession(graph, await open(numbers), from, outputs, limits);
}
