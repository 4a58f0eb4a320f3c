/**
 * The first words of a kernel's arguments by name: declared once beside the kernel, used by the rule that calls it and by
 * the code that reads them. Words whose number depends on the call (those of `nest`, an epilogue's addresses) follow.
 */
import type { KernelArg } from "./types.ts";

/** Name → place among the arguments. */
export type Words<K extends string> = { readonly [N in K]: number };

/** Words in this order. */
export function words<const K extends string>(...names: readonly K[]): Words<K> {
  return Object.fromEntries(names.map((name, i) => [name, i])) as Words<K>;
}

/** How many they are: the place of what follows them. */
export const after = (of: Words<string>): number => Object.keys(of).length;

/** The values in the order of their words. */
export function inWords<K extends string>(of: Words<K>, values: { readonly [N in K]: KernelArg }): KernelArg[] {
  return (Object.keys(of) as K[]).map((name) => values[name]);
}
