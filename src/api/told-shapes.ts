/** Keras 3 tells of a few calls other shapes than they give, and builds what comes after by those. */
import { fail, FormatError } from "../core/error.ts";
import { trace, type Traced } from "../graph/trace.ts";
import type { LayerNode } from "../layers/define.ts";

const refuse = (path: string | undefined, expected?: string, found?: string): never =>
  fail("unsupported/translation", {
    path,
    message: "Keras 3 takes the scores of an attention before this layer for those of one axis, of a query with itself, and builds the layer by that shape",
    expected,
    found,
  }); // prettier-ignore

/** Refuses a model whose layers Keras 3 cannot build by those shapes, or not run when they are. Throws `unsupported/translation`. */
export function refuseTold(root: LayerNode, { calls }: Traced): void {
  if (!calls.some(({ node, y }) => node.def?.writing?.tellsOther?.(y.length) === true)) return;
  const traced = (mode: "told" | "predict", built?: Traced["built"]): Traced => {
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
}
