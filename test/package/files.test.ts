/** The JavaScript of the package: what its files hold, and what is still known of the sources that they were made of. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import * as sources from "../../src/node.ts";
import { ROOT } from "../source-files.ts";

const DIST = join(ROOT, "dist");
const FILES = new Map(
  readdirSync(DIST, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".js") && name !== "keraport.min.js")
    .map((name) => join(DIST, name))
    .map((path) => [path, readFileSync(path, "utf8")]),
);

/** Files that one imports, at once or when something is called. */
const importsOf = (path: string): readonly string[] =>
  [...FILES.get(path)!.matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+\.js)"/g)].map(([, to]) =>
    join(dirname(path), to!),
  );

it("every file that is imported is there", () => {
  expect(FILES.size).toBeGreaterThan(100);
  for (const path of FILES.keys())
    for (const target of importsOf(path)) expect(FILES.has(target), `${path}: ${target}`).toBe(true);
});

it("Node imports few files at once, and no operations", () => {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    for (const [, to] of FILES.get(path)!.matchAll(/^(?:import|export)\b[^"]*"(\.[^"]+)"/gm))
      visit(join(dirname(path), to!));
  };
  visit(join(DIST, "node.js"));
  expect(found.size).toBeLessThanOrEqual(7);
  expect([...found].filter((path) => /^\/\/ src\/layers\/operations\//m.test(FILES.get(path)!))).toEqual([]);
});

/** Of several of a name in one file the bundler numbers all but one. */
it("functions and classes have the names that the sources give them", async () => {
  const made = (await import(join(DIST, "node.js"))) as typeof sources;
  const named = (api: object) =>
    Object.entries(api).flatMap(([key, value]) =>
      [[key, value], ...(typeof value === "object" ? Object.entries(value as object) : [])].map(([name, one]) =>
        typeof one === "function"
          ? `${key} ${String(name)}: ${one.name.replace(/\$\d+$/, "")}`
          : `${key} ${String(name)}`,
      ),
    );
  expect(named(made).sort()).toEqual(named(sources).sort());
});

/** Pages have files of their own. */
it.each(["node", "browser"])(
  "every entry for %s throws the same class, and a stack tells lines of the sources",
  (host) => {
    const code = `
    const entries = await Promise.all(["", "/tfjs", "/vitest"].map((name) => import("keraport" + name)));
    const [keraport, tfjs, vitest] = entries;
    const bytes = new Uint8Array(20);
    const calls = [() => keraport.load(bytes), () => tfjs.toLayersModel({})];
    if (${host === "node"}) calls.push(() => vitest.toMatchKeras("none", "none"));
    for (const call of calls) {
      const error = await call().catch((error) => error);
      console.log(error instanceof keraport.FormatError, error.constructor.name);
    }
    console.log((await keraport.load(bytes).catch((error) => error)).stack);`;
    const args = [`--conditions=${host}`, "--enable-source-maps", "--input-type=module", "-e", code];
    const text = execFileSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
    expect(text.match(/^true FormatError$/gm)).toHaveLength(host === "node" ? 3 : 2);
    const [, thrower, path, line] = /\n +at (\w+) \((\S+?):(\d+):\d+\)/.exec(text)!;
    expect(thrower).toBe("fail");
    expect(existsSync(path!)).toBe(true);
    expect(readFileSync(path!, "utf8").split("\n")[Number(line) - 1]).toContain("throw new FormatError(");
  },
);
