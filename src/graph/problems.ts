/** Refuses graphs that no backend can run. */
import { failAll, type Problem } from "../core/error.ts";
import type { Graph } from "../ops/types.ts";

/** Of what keeps a layer from running, the layer: its class, and why by code and message. */
export const cannotRun = ({ code, message }: Problem, layer: string): Pick<Problem, "code" | "message"> =>
  code === "unsupported/layer" || code === "unsupported/unknown-input"
    ? { code, ...(message !== undefined && { message }) }
    : {
        code: "unsupported/layer",
        message: `${layer} cannot run (${code})${message === undefined ? "" : `: ${message}`}`,
      };

/** Throws what every call that cannot run says of itself. */
export function refuseProblems(graph: Graph): void {
  failAll(graph.calls.flatMap(({ problems }) => problems ?? []));
}
