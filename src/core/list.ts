import { atMost } from "./error.ts";

/** Entries of a list that a config or a call makes: beyond, the number is damage or an attack, not a model. */
const MOST = 2 ** 22;

/** A list as long as an option says: `item` of 0, 1, …; empty below 1. Throws `limit/size` where nothing could hold it. */
export function listOf<T>(length: number, item: (index: number) => T): T[] {
  atMost("limit/size", length, MOST, "entries of a list");
  return Array.from({ length: Math.max(0, length) }, (_, i) => item(i));
}
