/** The backends by name, each loaded when it is first asked for, and how a caller chooses. */
import { fail } from "../core/error.ts";
import type { Limits } from "../core/limits.ts";
import type { Graph } from "../ops/types.ts";
import type { Backend, Session, SyncSession } from "./types.ts";

const BACKENDS = {
  wasm: async () => (await import("./wasm/session.ts")).wasm,
  reference: async () => (await import("./reference/session.ts")).reference,
} satisfies Record<string, () => Promise<Backend>>;

export type BackendName = keyof typeof BACKENDS;

export const BACKEND_NAMES = Object.keys(BACKENDS) as readonly BackendName[];
export const DEFAULT_BACKEND: BackendName = "wasm";

/** How a model runs. */
export interface RuntimeOptions {
  /** `wasm` (default): compiled to WebAssembly. `reference`: plain float64 arithmetic, which defines what is right. */
  readonly backend?: BackendName;
  /**
   * Bit-equal results on every machine: no fused multiply-add (relaxed SIMD), which some engines have and others not. Of
   * the wasm backend. Default false.
   */
  readonly strict?: boolean;
  /**
   * Threads that share large operations (convolutions, products, the rows or directions of recurrent layers), with the one
   * that calls; the results are the same. Only where that is faster: runs are timed both ways. Of the wasm backend; in
   * browsers only on pages that are cross-origin isolated. Default 1.
   */
  readonly threads?: number;
}

/** Equal for options under which the same session serves. */
export function runtimeKey({ backend = DEFAULT_BACKEND, strict = false, threads = 1 }: RuntimeOptions): string {
  return [backend, ...(strict ? ["strict"] : []), ...(threads === 1 ? [] : [threads, "threads"])].join(" ");
}

/** Throws `unsupported/backend` for a name that is none of `BACKEND_NAMES`. */
async function backendNamed(name: string): Promise<Backend> {
  if (!Object.hasOwn(BACKENDS, name))
    fail("unsupported/backend", { expected: `one of ${BACKEND_NAMES.join(", ")}`, found: name });
  return BACKENDS[name as BackendName]();
}

/** Throws what `backendNamed` and `Backend.open` throw, `unsupported/strict`, `unsupported/threads`. */
export async function openSession(
  graph: Graph,
  { backend = DEFAULT_BACKEND, strict = false, threads = 1, limits }: RuntimeOptions & { readonly limits?: Limits },
): Promise<Session> {
  const found = await backendNamed(backend);
  if (strict && backend !== "wasm")
    fail("unsupported/strict", { message: "strict is for the wasm backend", found: backend });
  if (threads !== 1 && backend !== "wasm")
    fail("unsupported/threads", { message: "threads are for the wasm backend", found: backend });
  return found.open(graph, { strict, threads, ...(limits && { limits }) });
}

export function isSync(session: Session): session is SyncSession {
  return "runSync" in session;
}
