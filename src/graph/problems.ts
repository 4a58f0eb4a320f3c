/** Refuses graphs that no backend can run. */
import { failAll } from "../core/error.ts";
import type { Graph } from "../ops/types.ts";

/** Throws one `unsupported/layer` for every call that cannot run. */
export function refuseProblems(graph: Graph): void {
  failAll(
    graph.calls
      .filter((call) => call.problem !== undefined)
      .map(
        ({ path, class: found, problem }) => ({ code: "unsupported/layer", path, found, message: problem! }) as const,
      ),
  );
}
