import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../src/core/limits.ts";
import { ROOT, sourceFiles } from "./source-files.ts";

/** What is installed with the package, each for a reason: command line parsing, inflate and deflate. */
const DEPENDENCIES = ["cac", "fflate"];
/** Found at run time when the user has installed them. */
const OPTIONAL_PEERS = /^(@tensorflow\/tfjs[\w-]*|onnxruntime-(node|web)|h5wasm|vitest)$/;

interface PackageJson {
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
  readonly peerDependenciesMeta?: Record<string, { optional?: boolean }>;
  readonly exports: Record<string, unknown>;
  readonly files: string[];
  readonly scripts: Record<string, string>;
  readonly [key: string]: unknown;
}

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const manifest = JSON.parse(read("package.json")) as PackageJson;

/** What git tracks; without git, what is there. */
function trackedFiles(): string[] {
  if (existsSync(join(ROOT, ".git"))) {
    const list = execFileSync("git", ["ls-files", "-z"], { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 26 });
    return list.split("\0").filter((path) => path !== "" && existsSync(join(ROOT, path)));
  }
  return readdirSync(ROOT, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((path) => !/(^|\/)(node_modules|dist|coverage|\.git)\//.test(path));
}

describe("package.json", () => {
  it("has the agreed dependencies, at exact versions", () => {
    expect(Object.keys(manifest.dependencies).sort()).toEqual(DEPENDENCIES);
    for (const version of Object.values({ ...manifest.dependencies, ...manifest.devDependencies })) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    }
  });

  it("has no peers but optional ones", () => {
    for (const name of Object.keys(manifest.peerDependencies ?? {})) {
      expect(name).toMatch(OPTIONAL_PEERS);
      expect(manifest.peerDependenciesMeta?.[name]?.optional).toBe(true);
    }
  });

  it("runs nothing when it is installed", () => {
    for (const hook of ["preinstall", "install", "postinstall", "prepare"])
      expect(manifest.scripts[hook]).toBeUndefined();
  });

  it("is ESM for Node 20.19 and browsers, browsers first", () => {
    expect(manifest).toMatchObject({
      type: "module",
      license: "Apache-2.0",
      // Which defines an element.
      sideEffects: ["./dist/element.js"],
      engines: { node: ">=20.19" },
    });
    expect(Object.keys(manifest.exports["."] as object)).toEqual(["browser", "types", "node", "default"]);
    expect(Object.keys(manifest.exports).sort()).toEqual([".", "./element", "./package.json", "./tfjs", "./vitest"]);
  });

  it("ships the build and the notices only", () => {
    expect([...manifest.files].sort()).toEqual(["CHANGELOG.md", "LICENSE", "NOTICE", "README.md", "dist"]);
  });
});

describe("the lock file", () => {
  const lock = JSON.parse(read("package-lock.json")) as { packages: Record<string, PackageJson> };

  it("agrees with package.json and names no host", () => {
    expect(lock.packages[""]?.dependencies).toEqual(manifest.dependencies);
    expect(lock.packages[""]?.devDependencies).toEqual(manifest.devDependencies);
    expect(read("package-lock.json")).not.toContain('"resolved"');
  });
});

describe("tracked files", () => {
  const tracked = trackedFiles();

  it("name no folder of a machine and no registry", () => {
    const folder = /(?<![\w.>)\]}])\/(work|tmp|root|home|Users)\/[\w.]/;
    const host = /registry\.(npmjs|yarnpkg)|pypi\.org\/simple|pythonhosted\.org|--(extra-)?index-url|localhost:\d/;
    // Hostile files name such folders on purpose.
    const exempt = /^test\/package\.test\.ts$|^fixtures\/(broken\/|make\/broken_)/;
    const wrong = tracked
      .filter((path) => !exempt.test(path))
      .filter((path) => [folder, host].some((pattern) => pattern.test(readFileSync(join(ROOT, path), "latin1"))));
    expect(wrong).toEqual([]);
  });

  it("take at most 24 MB for fixtures, in blocks of 4 kB, folders too", () => {
    const files = tracked.filter((path) => path.startsWith("fixtures/"));
    const folders = new Set(files.flatMap((path) => path.split("/").map((_, i, parts) => parts.slice(0, i).join("/"))));
    const sizes = files.map((path) => Math.ceil(statSync(join(ROOT, path)).size / 4096) * 4);
    expect(sizes.reduce((sum, size) => sum + size, 0) + 4 * folders.size).toBeLessThanOrEqual(24576);
  });

  it("hold no archive of packages and nothing built", () => {
    expect(tracked.filter((path) => /(^|\/)(dist|node_modules|coverage)\/|\.tgz$|__pycache__/.test(path))).toEqual([]);
  });
});

describe("documents", () => {
  it("list every limit with its default", () => {
    const security = read("SECURITY.md").replace(/ +\|/g, " |");
    for (const [name, value] of Object.entries(DEFAULT_LIMITS)) {
      expect(security).toContain(`| \`${name}\` | ${showLimit(value as number)} |`);
    }
  });

  it("carry the notice of what the page has in it", () => {
    const words = (text: string): string => text.replace(/\s+/g, " ").trim();
    const imported = sourceFiles("web").flatMap(({ imports }) =>
      imports.flatMap(({ specifier }) => /^(@[\w-]+\/)?[a-z][\w-]*/.exec(specifier)?.[0] ?? []),
    );
    const names = new Set([...imported, "@dagrejs/graphlib"].filter((name) => name !== "virtual"));
    expect([...names].sort()).toEqual(["@dagrejs/dagre", "@dagrejs/graphlib", "comlink", "fflate", "preact"]);
    for (const name of [...names].filter((one) => !["comlink", "fflate"].includes(one))) {
      const [, holder, text] = /^(Copyright.*)$([^]*)/m.exec(read(`node_modules/${name}/LICENSE`))!;
      expect(read("NOTICE")).toContain(`${name}, ${holder}`);
      expect(words(read("NOTICE"))).toContain(words(text!));
    }
  });

  it("carry the notice of every dependency", () => {
    const words = (text: string): string => text.replace(/\s+/g, " ").trim();
    const notice = words(read("NOTICE"));
    for (const name of DEPENDENCIES) {
      expect(read("NOTICE")).toMatch(new RegExp(`^${name}, Copyright`, "m"));
      const [, text] = read(`node_modules/${name}/LICENSE`).split(/^Copyright.*$/m);
      expect(notice, name).toContain(words(text!));
    }
  });
});

describe("dist", () => {
  it("comes from sources that import dependencies and peers only", () => {
    const wrong = sourceFiles("src").flatMap((file) =>
      file.imports
        .filter(({ target, specifier }) => target === null && !specifier.startsWith("node:"))
        .map(({ specifier }) =>
          specifier
            .split("/")
            .slice(0, specifier.startsWith("@") ? 2 : 1)
            .join("/"),
        )
        .filter((name) => !DEPENDENCIES.includes(name) && !OPTIONAL_PEERS.test(name))
        .map((name) => `${file.path} → ${name}`),
    );
    expect(wrong).toEqual([]);
  });
});

function showLimit(value: number): string {
  for (const [unit, name] of [
    [2 ** 30, "GiB"],
    [2 ** 20, "MiB"],
  ] as const) {
    if (value % unit === 0) return `${value / unit} ${name}`;
  }
  return String(value);
}
