/** Of a few calls Keras tells other shapes than they give, or none, and builds what comes after by those. */
import { fail, FormatError } from "../core/error.ts";
import { showShape } from "../core/tensor.ts";
import type { Dialect } from "../formats/archive.ts";
import { LANGUAGES } from "../formats/languages.ts";
import { trace, type Traced } from "../graph/trace.ts";
import type { LayerNode, WeightDecl } from "../layers/define.ts";
import type { Shape } from "../ops/types.ts";

type Built = Traced["built"];

/** The shapes that x gives a layer's weights, by name. */
function weightShapes({ def, config, weights, semantics }: LayerNode, x: readonly Shape[]): ReadonlyMap<string, Shape> {
  const declared = Object.entries((def?.weights ?? {}) as Readonly<Record<string, WeightDecl<unknown>>>);
  return new Map(
    declared.filter(([name]) => weights.has(name)).map(([name, { shape }]) => [name, shape(config, x, semantics)]),
  );
}

/** A layer with a weight for which only `own` has all lengths. */
function unbuilt(own: Built, told: Built): { node: LayerNode; expected: Shape; found: Shape } | undefined {
  for (const [node, x] of told) {
    const given = own.get(node);
    if (given === undefined || node.weights.size === 0 || x.every((s, i) => showShape(s) === showShape(given[i] ?? []))) continue; // prettier-ignore
    const expected = weightShapes(node, given);
    for (const [name, found] of weightShapes(node, x))
      if (found.some((n, i) => n === null && typeof expected.get(name)?.[i] === "number"))
        return { node, expected: expected.get(name)!, found };
  }
  return undefined;
}

/** Refuses a model whose layers a Keras cannot build by the shapes that it tells, or not run when they are. Throws `unsupported/translation`. */
export function refuseTold(root: LayerNode, own: Traced, to: Dialect): void {
  const tells = ({ node, y }: Traced["calls"][number]): boolean =>
    node.def?.writing?.tellsOther?.(node.config as never, y.length, LANGUAGES[to].options) === true;
  const teller = own.calls.find(tells);
  if (teller === undefined) return;
  const refuse = (path: string | undefined, expected?: string, found?: string): never =>
    fail("unsupported/translation", {
      path,
      message: `${LANGUAGES[to].title} does not know beforehand what shape ${teller.path} gives, and builds this layer by another`,
      expected,
      found,
    });
  const traced = (mode: "told" | "predict", built?: Built): Traced => {
    try {
      return trace(root, undefined, false, mode, built);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      const { path, expected, found } = error.problems[0]!;
      return refuse(path, expected, found);
    }
  };
  const told = traced("told");
  for (const { graph } of [told, traced("predict", told.built)]) {
    const failed = graph.calls.find((call) => (call.problems?.length ?? 0) > 0);
    if (failed !== undefined) refuse(failed.path);
  }
  const free = unbuilt(own.built, told.built);
  if (free !== undefined) refuse(free.node.path, showShape(free.expected), showShape(free.found));
}
