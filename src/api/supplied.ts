/** What `load` is given for classes and functions that keraport does not know, checked. */
import { fail } from "../core/error.ts";
import { kindOf, nearest } from "../core/guard.ts";
import type { Supplied } from "../layers/custom.ts";
import type { AnyDef, LayerNode } from "../layers/define.ts";
import type { CustomFunction } from "../layers/field-context.ts";
import { allNodes } from "../model/walk.ts";

interface SuppliedOptions {
  readonly customLayers?: readonly AnyDef[];
  readonly customActivations?: { readonly [name: string]: CustomFunction };
  readonly customFunctions?: { readonly [name: string]: CustomFunction };
  readonly lambdas?: { readonly [layer: string]: CustomFunction };
}

function functionsIn(given: object | undefined, option: string): readonly (readonly [string, CustomFunction])[] {
  const entries: readonly [string, unknown][] = Object.entries(given ?? {});
  for (const [name, value] of entries)
    if (typeof value !== "function")
      fail("mismatch/option", { path: `${option}.${name}`, expected: "(ops, x, mask) => …", found: kindOf(value) });
  return entries as [string, CustomFunction][];
}

/** undefined where nothing is given. Throws `mismatch/option`. */
export function suppliedBy(options: SuppliedOptions): Supplied | undefined {
  const { customLayers = [] } = options;
  const isDeclared = (def: AnyDef | null | undefined): boolean => def?.isCustom === true;
  if (!Array.isArray(customLayers) || !customLayers.every(isDeclared))
    fail("mismatch/option", { path: "customLayers", expected: "an array of what defineLayer and defineCell give" });
  const layers = new Map(
    (customLayers as readonly AnyDef[]).flatMap((d) => [d.class, ...(d.names ?? [])].map((name) => [name, d])),
  );
  const functions = new Map([
    ...functionsIn(options.customFunctions, "customFunctions"),
    ...functionsIn(options.customActivations, "customActivations"),
  ]);
  const lambdas = new Map(functionsIn(options.lambdas, "lambdas"));
  return layers.size + functions.size + lambdas.size === 0 ? undefined : { layers, functions, lambdas };
}

/** Refuses a function for a Lambda that the model does not have. */
export function unusedLambda(root: LayerNode, supplied: Supplied | undefined): void {
  const known = new Set([...allNodes(root)].flatMap((n) => (n.class === "Lambda" ? [n.name, n.path] : [])));
  for (const name of supplied?.lambdas.keys() ?? [])
    if (!known.has(name))
      fail("mismatch/option", {
        path: `lambdas.${name}`,
        message: "the model has no such Lambda layer",
        expected: nearest(name, [...known]) ?? "none: there is no Lambda in it",
        found: name,
      });
}
