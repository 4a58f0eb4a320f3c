/** Where two models differ, whatever their formats and generations: layers, options, calls, weights. */
import type { Tensor } from "../core/tensor.ts";
import { showShape } from "../core/tensor.ts";
import type { StoredWeight } from "../core/stored.ts";
import type { LayerNode, Weight } from "../layers/define.ts";
import type { ModelData } from "../model/bind.ts";
import { compareTensors } from "./compare.ts";
import { callsOf, classOf, optionsOf } from "./normalise.ts";
import { scientific } from "./text.ts";
import { inputsOf } from "../model/walk.ts";

/** One difference between two models. */
export interface Difference {
  /** Of what. */
  readonly kind: "architecture" | "layer" | "class" | "option" | "call" | "input" | "output" | "weight";
  /** Names of the layers down to it, joined by `/`; a weight's own path. */
  readonly path: string;
  /** The option's name in today's language. */
  readonly option?: string;
  /** More about the values. */
  readonly detail?: string;
  /** On either side; null where there is none. */
  readonly a: string | null;
  /** The second's. */
  readonly b: string | null;
}

/** Every difference between two models. */
export interface ModelDiff {
  /** Whether there is none. */
  readonly equal: boolean;
  /** In the first model's order, configs before weights. */
  readonly differences: readonly Difference[];
}

type Pair = readonly [LayerNode, LayerNode];

class Diff {
  readonly found: Difference[] = [];
  readonly pairs: Pair[] = [];
  readonly #seen = new Set<LayerNode>();

  add(difference: Difference): void {
    this.found.push(difference);
  }

  differ(kind: Difference["kind"], path: string, a: string | null, b: string | null, option?: string): void {
    if (a !== b) this.add({ kind, path, ...(option !== undefined && { option }), a, b });
  }

  node(a: LayerNode, b: LayerNode): void {
    if (this.#seen.has(a)) return;
    this.#seen.add(a);
    this.pairs.push([a, b]);
    const [left, right] = [classOf(a), classOf(b)];
    this.differ("class", a.path, left, right);
    if (left !== right) return;
    const [mine, other] = [optionsOf(a), optionsOf(b)];
    for (const option of new Set([...mine.keys(), ...other.keys()])) {
      this.differ("option", a.path, mine.get(option) ?? null, other.get(option) ?? null, option);
    }
    const [calls, others] = [callsOf(a), callsOf(b)];
    for (const [name, lines] of calls) {
      const other = others.get(name) ?? [];
      const count = Math.max(lines.length, other.length);
      for (let i = 0; i < count; i++) this.differ("call", `${a.path}/${name}`, lines[i] ?? null, other[i] ?? null);
    }
    for (const attribute of new Set([...a.children.keys(), ...b.children.keys()])) {
      this.#children(a, listed(a, attribute), listed(b, attribute));
    }
  }

  /** By name where the names agree, the others in order. */
  #children(parent: LayerNode, a: readonly LayerNode[], b: readonly LayerNode[]): void {
    const byName = new Map(b.map((node) => [node.name, node]));
    const names = new Set(a.map((node) => node.name));
    const rest = b.filter((node) => !names.has(node.name));
    for (const node of a) {
      const other = byName.get(node.name) ?? rest.shift();
      if (other === undefined) this.add({ kind: "layer", path: node.path, a: node.class, b: null });
      else this.node(node, other);
    }
    for (const node of rest) this.add({ kind: "layer", path: `${parent.path}/${node.name}`, a: null, b: node.class });
    const order = (nodes: readonly LayerNode[]): string => nodes.map((node) => node.name).join(", ");
    const isSequence = parent.def?.class === "Sequential" && a.length === b.length;
    if (isSequence && a.every((node) => byName.has(node.name)))
      this.differ("option", parent.path, order(a), order(b), "layers");
  }
}

/** Where a Sequential keeps its input, generations differ; the model's inputs are compared as such. */
function listed(node: LayerNode, attribute: string): readonly LayerNode[] {
  return (node.children.get(attribute) ?? []).filter((inner) => inner.def?.class !== "InputLayer");
}

function compareEnds(diff: Diff, a: LayerNode, b: LayerNode): void {
  const inputs = (node: LayerNode): readonly string[] =>
    inputsOf(node).map(({ shape, dtype }) => `${showShape(shape)} ${dtype}`);
  const outputs = (node: LayerNode): readonly string[] =>
    node.def?.kind === "layer" && node.def.class !== "Sequential"
      ? (node.def.outputs?.(node) ?? []).map(({ name }) => name)
      : [];
  for (const [kind, of] of [
    ["input", inputs],
    ["output", outputs],
  ] as const) {
    const [mine, other] = [of(a), of(b)];
    for (let i = 0; i < Math.max(mine.length, other.length); i++) {
      diff.differ(kind, `${kind}s/${i}`, mine[i] ?? null, other[i] ?? null);
    }
  }
}

function describe(value: Tensor): string {
  return `${value.dtype} ${showShape(value.shape)}`;
}

async function compareValues(
  diff: Diff,
  path: string,
  a: () => Promise<Tensor>,
  b: () => Promise<Tensor>,
): Promise<void> {
  const [left, right] = [await a(), await b()];
  if (describe(left) !== describe(right)) {
    diff.differ("weight", path, describe(left), describe(right));
    return;
  }
  const { maxAbs, worst } = compareTensors(path, left, right, { rtol: 0, atol: 0 });
  if (worst === null) return;
  const detail = `values differ by up to ${scientific(maxAbs)}, at [${worst.index.join(", ")}]`;
  diff.add({ kind: "weight", path, detail, a: String(worst.found), b: String(worst.expected) });
}

async function compareWeights(diff: Diff, [a, b]: Pair): Promise<void> {
  for (const name of new Set([...a.weights.keys(), ...b.weights.keys()])) {
    const [mine, other] = [a.weights.get(name), b.weights.get(name)];
    const path = `${a.path}/${name}`;
    if (mine === undefined || other === undefined) {
      const show = (weight: Weight | undefined): string | null =>
        weight === undefined ? null : `${weight.dtype} ${showShape(weight.shape)}`;
      diff.add({ kind: "weight", path, a: show(mine), b: show(other) });
      continue;
    }
    await compareValues(
      diff,
      path,
      () => mine.read(),
      () => other.read(),
    );
  }
}

/** Arrays of layers that nobody knows: in stored order, byte by byte. */
async function compareUnknown(
  diff: Diff,
  path: string,
  a: readonly StoredWeight[],
  b: readonly StoredWeight[],
): Promise<void> {
  const show = (weight: StoredWeight | undefined): string | null =>
    weight === undefined ? null : `${weight.dtype} ${showShape(weight.shape)}`;
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [mine, other] = [a[i], b[i]];
    const where = `${path}/${mine?.name ?? other!.name}`;
    diff.differ("weight", where, show(mine), show(other));
    if (mine === undefined || other === undefined || show(mine) !== show(other)) continue;
    const [left, right] = [await mine.read(), await other.read()];
    if (left.some((byte, k) => byte !== right[k]))
      diff.add({ kind: "weight", path: where, detail: "values differ", a: show(mine), b: show(other) });
  }
}

/** Compares configs in today's language and, unless told otherwise, weights. Order: as in `a`, configs first. */
export async function diffModels(
  a: ModelData,
  b: ModelData,
  options: { readonly weights?: boolean } = {},
): Promise<ModelDiff> {
  const diff = new Diff();
  compareEnds(diff, a.root, b.root);
  diff.node(a.root, b.root);
  if (options.weights === false) return { equal: diff.found.length === 0, differences: diff.found };
  if (a.hasWeights !== b.hasWeights) {
    const show = (data: ModelData): string => (data.hasWeights ? "weights" : "no weights");
    diff.differ("weight", a.root.name, show(a), show(b));
  } else if (a.hasWeights) {
    for (const pair of diff.pairs) {
      await compareWeights(diff, pair);
      const unknown = [a.unknownWeights.get(pair[0]) ?? [], b.unknownWeights.get(pair[1]) ?? []] as const;
      await compareUnknown(diff, pair[0].path, ...unknown);
    }
  }
  return { equal: diff.found.length === 0, differences: diff.found };
}

/** One line: `lstm.units: 4 → 8`. */
export function formatDifference({ kind, path, option, detail, a, b }: Difference): string {
  const where = `${option === undefined ? path : `${path}.${option}`}${detail === undefined ? "" : `: ${detail}`}`;
  if (a === null && b === null) return `${kind} ${where}`;
  if (a === null) return `${kind} ${where}: only in the second (${b})`;
  if (b === null) return `${kind} ${where}: only in the first (${a})`;
  return `${kind} ${where}: ${a} → ${b}`;
}
