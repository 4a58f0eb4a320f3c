/** What an item of `x[…]` stands for: an ellipsis, an axis that is added, or one of x. */
export type KeyItem = "ellipsis" | "new" | "axis";

/** The items of an index with whole axes in the place of its ellipsis, as many as no other item takes; null where it has none. */
export function withoutEllipsis<T>(
  key: readonly T[],
  rank: number,
  whole: T,
  kindOf: (item: T) => KeyItem,
): readonly T[] | null {
  const kinds = key.map(kindOf);
  const at = kinds.indexOf("ellipsis");
  if (at < 0) return null;
  const left = Math.max(rank - kinds.filter((kind) => kind === "axis").length, 0);
  return [...key.slice(0, at), ...new Array<T>(left).fill(whole), ...key.slice(at + 1)];
}
