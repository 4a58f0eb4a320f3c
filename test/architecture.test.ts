import { describe, expect, it } from "vitest";
import { type SourceFile, sourceFiles } from "./source-files.ts";

const BELOW_API = "core codecs formats importers ops layers model graph exporters engines train verify".split(" ");

/** What each folder of src/ may import beside itself. A file right in src/ counts as `(root)`. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  codecs: ["core"],
  formats: ["core", "codecs"],
  importers: ["core", "codecs", "formats"],
  ops: ["core"],
  layers: ["core", "codecs", "ops"],
  model: ["core", "codecs", "formats", "ops", "layers"],
  graph: ["core", "codecs", "ops", "layers", "model"],
  exporters: ["core", "codecs", "formats", "ops", "layers", "model", "graph"],
  engines: ["core", "codecs", "ops", "layers", "model", "graph"],
  train: ["core", "codecs", "formats", "ops", "layers", "model", "graph", "engines"],
  verify: ["core", "codecs", "formats", "ops", "layers", "model", "graph", "engines"],
  api: BELOW_API,
  "(root)": [...BELOW_API, "api"],
  cli: ["(root)", "core", "codecs", "formats", "importers", "exporters", "layers", "verify", "api"],
};

/** Single edges beside the table: file (or its prefix) → folder. */
const EXCEPTIONS: readonly (readonly [file: string, folder: string])[] = [
  // The third backend runs what the ONNX exporter writes.
  ["src/engines/onnxruntime", "exporters"],
  // A module holds what the compiler makes.
  ["src/exporters/module", "engines"],
  // Constants are computed.
  ["src/exporters/tfjs-layers", "engines"],
];

/** The only files that may use Node's own modules and globals. */
const NODE_FILES = [/^src\/node\.ts$/, /^src\/cli\//, /^src\/core\/node-[\w-]+\.ts$/];

/** What a layer's file may import from src/layers, beside what its own family shares: never another layer. */
const LAYER_LANGUAGE = [/^src\/layers\/(define|fields|layer-fields)\.ts$/, /^src\/layers\/common\//];
/** Files of src/layers that declare no layer. */
const NO_LAYER = [/^src\/layers\/(families\/)?[\w-]+\.ts$/, /^src\/layers\/common\//, /^src\/layers\/[\w-]+\/shared\//];

/** Its text is mostly that of another program. */
const HOLDS_PROGRAM = "src/exporters/module/runtime.ts";

/** It writes the declarations of another program. */
const HOLDS_TYPES = "src/exporters/module/text.ts";

const MAX_LINES = 400;

/** Starts keraport itself, in processes of their own. */
const RUNS_ITSELF = "src/cli/bulk.ts";

const FORBIDDEN: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/\beval\s*\(/, "eval"],
  [/\bnew\s+Function\b|(?<![\w.])Function\s*\(/, "the Function constructor"],
  [/child_process|node:vm|worker_threads"\)\.eval/, "a way to run other code"],
  [/@ts-(ignore|expect-error|nocheck)/, "a switched-off type check"],
  [/:\s*any\b|\bas any\b|<any>/, "any"],
];

const files = sourceFiles("src");
const byPath = new Map(files.map((file) => [file.path, file]));
const folderOf = (path: string): string => (/^src\/[^/]+$/.test(path) ? "(root)" : path.split("/")[1]!);
/** `src/layers/FAMILY` of a layer's file and of what its family shares; else the file's folder. */
const folderOfLayer = (path: string): string => path.replace(/(\/shared)?\/[^/]+$/, "");
const matches = (patterns: readonly RegExp[], path: string): boolean => patterns.some((pattern) => pattern.test(path));
const isNode = (file: SourceFile): boolean => matches(NODE_FILES, file.path);

describe("imports", () => {
  it("are known for every folder", () => {
    expect([...new Set(files.map((file) => folderOf(file.path)))].filter((name) => !(name in MAY_IMPORT))).toEqual([]);
  });

  it("point to files that are there", () => {
    const missing = files.flatMap((file) =>
      file.imports
        .filter(({ target }) => target !== null && !byPath.has(target))
        .map(({ specifier }) => `${file.path} → ${specifier}`),
    );
    expect(missing).toEqual([]);
  });

  it("point one way", () => {
    const wrong: string[] = [];
    for (const file of files) {
      const from = folderOf(file.path);
      for (const { target } of file.imports) {
        if (target === null) continue;
        const to = folderOf(target);
        const excepted = EXCEPTIONS.some(([prefix, folder]) => file.path.startsWith(prefix) && folder === to);
        if (from !== to && !MAY_IMPORT[from]?.includes(to) && !excepted) wrong.push(`${file.path} → ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("make no cycle, those of types included", () => expect(cycles()).toEqual([]));

  it("of Node's modules and globals stay in the Node files", () => {
    const globals = /(?<![\w.$])(process|Buffer|__dirname|__filename|require|setImmediate)\s*[.(]/;
    const wrong = files
      .filter((file) => !isNode(file))
      .filter((file) => file.imports.some((i) => i.specifier.startsWith("node:")) || globals.test(withoutText(file)));
    expect(wrong.map((file) => file.path)).toEqual([]);
  });

  it("keep the browser's entry clear of Node", () => {
    const reached = closure("src/index.ts");
    expect(reached.length).toBeGreaterThan(1);
    expect(reached.filter((path) => isNode(byPath.get(path)!))).toEqual([]);
  });

  it("lead from one layer to no other", () => {
    const wrong = files
      .filter((file) => file.path.startsWith("src/layers/") && !matches(NO_LAYER, file.path))
      .flatMap((file) => file.imports.map(({ target }) => [file.path, target] as const))
      .filter(([, target]) => target?.startsWith("src/layers/") && !matches(LAYER_LANGUAGE, target))
      .filter(([path, target]) => !target!.startsWith(`${folderOfLayer(path)}/shared/`));
    expect(wrong.map((edge) => edge.join(" → "))).toEqual([]);
  });

  it("of what one family shares come from that family, those of what all share from several", () => {
    const users = (target: string): string[] => [
      ...new Set(
        files.filter((file) => file.imports.some((i) => i.target === target)).map(({ path }) => folderOfLayer(path)),
      ),
    ];
    const layers = files.map(({ path }) => path).filter((path) => path.startsWith("src/layers/"));
    const elsewhere = layers
      .filter((path) => /\/shared\//.test(path))
      .flatMap((path) => users(path).filter((user) => /^src\/layers\/./.test(user) && user !== folderOfLayer(path)));
    const forOne = layers.filter(
      (path) => /\/common\//.test(path) && users(path).filter((user) => user !== "src/layers/common").length < 2,
    );
    expect({ elsewhere, forOne }).toEqual({ elsewhere: [], forOne: [] });
  });

  it("of the page come from the public API alone", () => {
    const wrong = sourceFiles("web")
      .flatMap((file) => file.imports.map(({ target }) => [file.path, target] as const))
      .filter(([, target]) => target?.startsWith("src/") && target !== "src/index.ts");
    expect(wrong.map((edge) => edge.join(" → "))).toEqual([]);
  });
});

describe("the page", () => {
  const page = sourceFiles("web");

  it("is of small files", () => {
    expect(page.length).toBeGreaterThan(20);
    const long = page.filter(({ text }) => text.trimEnd().split("\n").length > 150);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  it("puts nothing in as HTML", () => {
    expect(page.filter(({ text }) => /innerHTML|outerHTML|insertAdjacent|document\.write/i.test(text))).toEqual([]);
  });
});

describe("sources", () => {
  // What callers hold of a tensor has methods, and is one.
  it("call no two types alike but Tensor: a name says whose it is", () => {
    const named = new Map<string, string[]>();
    for (const { path, code } of files.filter(
      ({ path: at }) => !/^src\/(index|node)\.ts$/.test(at) && at !== HOLDS_TYPES,
    ))
      for (const [, name] of code.matchAll(/^export (?:interface|type|class) (\w+)/gm))
        named.set(name!, [...(named.get(name!) ?? []), path]);
    expect([...named].filter(([, paths]) => paths.length > 1).map(([name]) => name)).toEqual(["Tensor"]);
  });

  it("tell generations apart by tables, but for what one layer computes and for where a file's own is found out", () => {
    const compares = /[!=]== "(keras[123]|tf-keras)"/;
    const wrong = files
      .filter(({ path }) => !path.startsWith("src/layers/") && path !== "src/formats/generation.ts")
      .flatMap(({ path, text }) =>
        text
          .split("\n")
          .filter((line) => compares.test(line) && !/\.only [!=]==/.test(line))
          .map((line) => `${path}: ${line.trim()}`),
      );
    expect(wrong).toEqual([]);
  });

  it.each(FORBIDDEN)("have no %s", (pattern) => {
    const others = files.filter(({ path }) => path !== RUNS_ITSELF);
    expect(others.filter((file) => pattern.test(withoutText(file))).map((file) => file.path)).toEqual([]);
  });

  it("export no function and no constant that nobody else uses", () => {
    const all = [...files, ...sourceFiles("test")];
    // The codes are also read by the script that makes their page.
    const isPublic = (path: string): boolean => /^src\/(index|node|api\/layers|core\/codes)\.ts$/.test(path);
    const unused = files
      .filter(({ path }) => !isPublic(path))
      .flatMap(({ path, text }) =>
        [...text.matchAll(/^export (?:async )?(?:const|function\*?) (\w+)/gm)].map(
          (match) => [path, match[1]!] as const,
        ),
      )
      .filter(([path, name]) => !all.some((file) => file.path !== path && new RegExp(`\\b${name}\\b`).test(file.text)));
    expect(unused.map((pair) => pair.join(": "))).toEqual([]);
  });

  it("of layers and training make lists of a length only where it is limited", () => {
    const wrong = files.filter(
      ({ path, text }) => /^src\/(layers|train)\//.test(path) && /\bArray\.from\(\s*\{|\bnew Array\b/.test(text),
    );
    expect(wrong.map((file) => file.path)).toEqual([]);
  });

  it("fail only through fail()", () => {
    const wrong = files.filter(
      (file) => file.path !== "src/core/error.ts" && /\bthrow\s+new\b/.test(withoutText(file)),
    );
    expect(wrong.map((file) => file.path)).toEqual([]);
  });

  it(`have at most ${MAX_LINES} lines`, () => {
    const lines = (file: SourceFile): number => file.text.trimEnd().split("\n").length;
    expect(files.filter((file) => lines(file) > MAX_LINES).map((file) => `${file.path}: ${lines(file)}`)).toEqual([]);
  });

  it("say what they are before their first export", () => {
    const described = ({ text }: SourceFile): boolean => {
      const [before] = text.split(/^export\b(?![^;]*\bfrom ")/m, 1);
      return before!.includes("/**");
    };
    expect(files.filter((file) => !described(file)).map((file) => file.path)).toEqual([]);
  });

  it("say of each exported function, class and interface what it is", () => {
    const own = files.filter(({ path }) => path !== HOLDS_PROGRAM);
    const undocumented = own.flatMap(({ path, text }) =>
      [...text.matchAll(/^export (?:abstract class|class|interface|(?:async )?function\*?) (\w+)/gm)]
        .filter(({ index, 1: name }) => {
          const before = text.slice(0, index);
          return !before.endsWith("*/\n") && !new RegExp(`export function ${name}\\b[^}]*;\n$`).test(before);
        })
        .map(([, name]) => `${path}: ${name}`),
    );
    expect(undocumented).toEqual([]);
  });

  it("of a layer name the Keras source that they follow", () => {
    const layers = files.filter((file) => file.path.startsWith("src/layers/") && !matches(NO_LAYER, file.path));
    expect(layers.length).toBeGreaterThan(0);
    expect(layers.filter((file) => !/keras[\w/.-]*\.py/.test(file.text)).map((file) => file.path)).toEqual([]);
  });
});

/** Code without the content of its strings. */
function withoutText(file: SourceFile): string {
  return file.code.replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""');
}

function targets(path: string): string[] {
  return (byPath.get(path)?.imports ?? []).map(({ target }) => target ?? "");
}

/** Everything that loading this file loads, now or later. */
function closure(entry: string): string[] {
  const seen = new Set<string>();
  const open = [entry];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path) || !byPath.has(path)) continue;
    seen.add(path);
    for (const { kind, target } of byPath.get(path)!.imports) if (kind !== "type" && target !== null) open.push(target);
  }
  return [...seen];
}

/** Each cycle of imports once, as `a → b → a`. */
function cycles(): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) found.push([...trail.slice(at), path].join(" → "));
    if (at >= 0 || done.has(path)) return;
    for (const target of targets(path)) walk(target, [...trail, path]);
    done.add(path);
  };
  for (const { path } of files) walk(path, []);
  return found;
}
