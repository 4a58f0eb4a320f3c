/** `push(...items)` for lists as long as a file likes: spreading them would overflow the stack. */
export function appendAll<T>(list: T[], items: readonly T[]): void {
  for (const item of items) list.push(item);
}
