/** What a group's entry points to. Only hard links, to an object of this file, are followed. */
export type Link =
  | { readonly kind: "hard"; readonly name: string; readonly address: number; readonly order?: number }
  | { readonly kind: "soft" | "external" | "user-defined"; readonly name: string; readonly order?: number };
