/** Options that several commands share, checked. */
import { load, type Model } from "../node.ts";
import { usage, warn } from "./io.ts";

type Options = Readonly<Record<string, unknown>>;

export function text(options: Options, name: string): string | undefined {
  const value = options[name];
  return value === undefined ? undefined : String(value);
}

export function number(options: Options, name: string): number | undefined {
  const value = options[name];
  if (value === undefined) return undefined;
  const parsed = typeof value === "number" ? value : Number.NaN;
  return parsed >= 0 && Number.isFinite(parsed)
    ? parsed
    : usage(`--${name} wants a number that is not negative, not ${String(value)}`);
}

/** One of some words. */
export function oneOf<T extends string>(options: Options, name: string, words: readonly T[]): T | undefined {
  const value = text(options, name);
  if (value === undefined) return undefined;
  return words.find((word) => word === value) ?? usage(`--${name} is one of ${words.join(", ")}, not ${value}`);
}

/** Opens a model, uses it, closes it. */
export async function withModel<T>(
  file: string,
  weights: string | undefined,
  use: (model: Model) => Promise<T>,
): Promise<T> {
  const model = await load(file, weights === undefined ? {} : { weights });
  if (!process.argv.includes("--json")) warn(model.warnings);
  try {
    return await use(model);
  } finally {
    model.dispose();
  }
}
