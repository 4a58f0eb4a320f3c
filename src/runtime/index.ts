/** The backends by name. Each is loaded when it is first asked for. */
import { fail } from "../core/error.ts";
import type { Backend } from "./types.ts";

const BACKENDS = {
  wasm: async () => (await import("./wasm.ts")).wasm,
  reference: async () => (await import("./reference.ts")).reference,
} satisfies Record<string, () => Promise<Backend>>;

export type BackendName = keyof typeof BACKENDS;

export const BACKEND_NAMES = Object.keys(BACKENDS) as readonly BackendName[];
export const DEFAULT_BACKEND: BackendName = "reference";

/** Throws `unsupported/backend` for a name that is none of `BACKEND_NAMES`. */
export async function backendNamed(name: string): Promise<Backend> {
  if (!Object.hasOwn(BACKENDS, name))
    fail("unsupported/backend", { expected: `one of ${BACKEND_NAMES.join(", ")}`, found: name });
  return BACKENDS[name as BackendName]();
}
