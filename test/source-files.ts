/** The project's own sources, and what each imports. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** Relative to the repository for a relative import, else null. */
  readonly target: string | null;
  readonly kind: "value" | "type" | "dynamic";
}

export interface SourceFile {
  /** Relative to the repository, with slashes. */
  readonly path: string;
  readonly text: string;
  /** Without comments; strings stay. */
  readonly code: string;
  readonly imports: readonly Import[];
}

// A block comment does not begin inside a string such as "src/**": none of ours spans a line.
const COMMENT = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|\/\*[\s\S]*?\*\/|(?<![:\\/])\/\/[^\n]*/g;
const STATIC = /^\s*(import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"\n]+)"/gm;
const DYNAMIC = /\bimport\(\s*"([^"\n]+)"\s*\)/g;

function importsOf(path: string, code: string): Import[] {
  const resolve = (specifier: string): string | null =>
    specifier.startsWith(".")
      ? normalize(join(dirname(path), specifier))
          .split(sep)
          .join("/")
      : null;
  const found: Import[] = [];
  for (const [, , type, specifier] of code.matchAll(STATIC)) {
    found.push({ specifier: specifier!, target: resolve(specifier!), kind: type ? "type" : "value" });
  }
  for (const [, specifier] of code.matchAll(DYNAMIC)) {
    found.push({ specifier: specifier!, target: resolve(specifier!), kind: "dynamic" });
  }
  return found;
}

/** Every TypeScript file under a folder of the repository; none when there is no such folder. */
export function sourceFiles(folder: string): SourceFile[] {
  let entries;
  try {
    entries = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true });
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return [];
    throw error;
  }
  return entries
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.parentPath.includes("node_modules"))
    .map((entry) => {
      const path = relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join("/");
      const text = readFileSync(join(ROOT, path), "utf8");
      const code = text.replace(COMMENT, (match) => (match.startsWith("/") ? " " : match));
      return { path, text, code, imports: importsOf(path, code) };
    });
}
