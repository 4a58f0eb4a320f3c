/** Calls what a caller supplies: a layer's forward, an activation, a function in a Lambda's place. */
import { fail, FormatError } from "../core/error.ts";
import { kindOf } from "../core/guard.ts";
import type { Sym } from "../ops/types.ts";

const isValue = (x: unknown): x is Sym => typeof x === "object" && x !== null && "id" in x && "shape" in x;

/** Throws `mismatch/argument` naming the layer where the function throws, or gives what operations do not give. */
export function callingFunction(path: string, body: () => Sym | readonly Sym[]): Sym | readonly Sym[] {
  const made = runSupplied(path, body);
  if (isValue(made) || (Array.isArray(made) && made.every(isValue))) return made;
  return fail("mismatch/argument", {
    path,
    message: "the caller's own function gives no value",
    expected: "what operations give",
    found: kindOf(made),
  });
}

/** Whatever it gives. */
export function runSupplied<T>(path: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof FormatError) throw error;
    const told = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return fail("mismatch/argument", { path, message: `the caller's own function threw ${told}` });
  }
}
