/**
 * Every block of code in README.md, CONTRIBUTING.md and docs/: TypeScript is compiled against the public API, what needs no
 * browser and no other package is run, and so is the command line; of other commands what they name is looked for.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"; // prettier-ignore
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { writeNpy } from "../src/codecs/npy.ts";
import { ROOT } from "./source-files.ts";

/** What a reader has: a model, inputs, and devices. */
const READERS = `
declare const bytes: Uint8Array<ArrayBuffer>;
declare const x: Float32Array;
declare const y: Int32Array;
declare const samples: import("keraport").TensorLike;
declare const labels: Int32Array;
declare const model: import("keraport").Model;
declare const own: import("keraport").Sequential;
declare const sensor: { onread: (x: Float32Array) => void };
declare const play: (x: Float32Array) => void;
declare module "@tensorflow/tfjs";
`;

/** What `keraport convert model.keras model.mjs` writes, as far as a page uses it. */
const MODULE = `
export declare const inputs: readonly object[];
export declare const outputs: readonly object[];
export declare function predict(x: Float32Array): Promise<readonly [{ readonly data: Float32Array }]>;
export declare const predictSync: typeof predict;
export declare function resetStates(): void;
`;

interface Block {
  readonly page: string;
  readonly name: string;
  readonly language: string;
  readonly code: string;
}

const pages = ["README.md", "CONTRIBUTING.md", ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`)];
const blocks = pages
  .filter((page) => page.endsWith(".md"))
  .flatMap((page) =>
    [...readFileSync(join(ROOT, page), "utf8").matchAll(/^( *)```(\w*)\n([\s\S]*?)^ *```/gm)].map(
      ([, , language, code], i): Block => ({ page, name: `${page.replace(/\W/g, "-")}-${i}`, language: language!, code: code! }), // prettier-ignore
    ),
  );
const written = (...languages: string[]): Block[] => blocks.filter(({ language }) => languages.includes(language));

/** The commands of shell blocks, one each, without comments. */
const commands = written("sh").flatMap(({ page, code }) =>
  code
    .split("\n")
    .flatMap((line) => line.replace(/(^| +)#.*$/, "").split("&&"))
    .map((line) => ({ page, line: line.trim() }))
    .filter(({ line }) => line !== ""),
);
const CLI = /^(?:npx )?keraport /;
/** A server, and what a cluster runs; both have tests of their own. */
const NOT_HERE = /^npx keraport view model\.keras$|SLURM|parallel|manifest merge|convert models\//;

describe("blocks of code", () => {
  it("have a language that something looks at", () => {
    expect([...new Set(blocks.map(({ language }) => language))].sort()).toEqual(
      ["", "html", "js", "python", "sh", "ts", "yaml"], // prettier-ignore
    );
  });

  it("compile", { timeout: 120_000 }, () => {
    expect(written("ts").length).toBeGreaterThan(20);
    const readers = join(ROOT, "test", "readers.d.ts");
    const file = ({ name, language }: Block): string => join(ROOT, "test", `${name}.${language}`);
    const texts = new Map([
      [readers, READERS],
      [join(ROOT, "test", "model.d.mts"), MODULE],
      ...written("ts", "js").map((block) => [file(block), `${block.code}\nexport {};\n`] as const),
    ]);
    const options: ts.CompilerOptions = {
      strict: true, noEmit: true, skipLibCheck: true, types: ["node"], allowJs: true,
      target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
      lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"], allowImportingTsExtensions: true,
      paths: { keraport: [join(ROOT, "src/node.ts")], "keraport/*": [join(ROOT, "src/*.ts")] },
    }; // prettier-ignore
    const host = ts.createCompilerHost(options);
    const { readFile, fileExists, getSourceFile } = host;
    host.readFile = (path) => texts.get(path) ?? readFile.call(host, path);
    host.fileExists = (path) => texts.has(path) || fileExists.call(host, path);
    host.getSourceFile = (path, version) =>
      texts.has(path) ? ts.createSourceFile(path, texts.get(path)!, version) : getSourceFile.call(host, path, version);
    const program = ts.createProgram([...texts.keys()], options, host);
    const wrong = [...texts.keys()].flatMap((name) =>
      program
        .getSemanticDiagnostics(program.getSourceFile(name))
        .concat(program.getSyntacticDiagnostics(program.getSourceFile(name)))
        .map(({ messageText }) => `${name.slice(ROOT.length)}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`),
    );
    expect(wrong).toEqual([]);
  });

  it("run", { timeout: 120_000 }, () => {
    const scratch = mkdtempSync(join(tmpdir(), "keraport-docs-"));
    try {
      mkdirSync(join(scratch, "node_modules"));
      symlinkSync(ROOT, join(scratch, "node_modules/keraport"));
      cpSync(join(ROOT, "scripts/run-blocks.mjs"), join(scratch, "run-blocks.mjs"));
      const folders = pages.flatMap((page) => {
        const modules = written("ts", "js").filter((block) => block.page === page && isForNode(block));
        const lines = new Set(commands.filter((one) => one.page === page && CLI.test(one.line) && !NOT_HERE.test(one.line)).map(({ line }) => line)); // prettier-ignore
        if (modules.length === 0 && lines.size === 0) return [];
        const folder = join(scratch, page.replace(/\W/g, "-"));
        mkdirSync(folder);
        for (const [name, from] of Object.entries({ ...HAVE, ...OTHERS[page] })) cpSync(join(ROOT, "fixtures", from), join(folder, name)); // prettier-ignore
        writeFileSync(join(folder, "x.npy"), writeNpy({ dtype: "float32", shape: [1, 10, 8], data: new Float32Array(80) })); // prettier-ignore
        const jobs = [...lines].map((line) => {
          const [command, to] = line.split(/ *> */);
          return { args: command!.replace(CLI, "").split(/ +/), ...(to !== undefined && { to }) };
        });
        const files = modules.map(({ name, code }) => {
          writeFileSync(join(folder, `${name}.mjs`), plain(code));
          return { file: `${name}.mjs` };
        });
        return [{ folder, jobs: [...jobs, ...files] }];
      });
      const list = join(scratch, "jobs.json");
      writeFileSync(list, JSON.stringify({ main: join(ROOT, "dist/cli/main.js"), folders }));
      const told = execFileSync(process.execPath, [join(scratch, "run-blocks.mjs"), list], { encoding: "utf8" });
      expect(told.trim()).toBe("");
      expect(folders.flatMap(({ jobs }) => jobs).length).toBeGreaterThan(60);
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });

  it("name commands, scripts and files that there are", () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: object };
    const wrong = commands.filter(({ line }) => {
      if (CLI.test(line) || NOT_HERE.test(line)) return false;
      const [, script] = /^npm (?:run )?(test|(?<=run )[\w:]+)/.exec(line) ?? [];
      if (script !== undefined) return !(script in scripts);
      const path = /^(?:node|cd|npx vitest run) ([\w./-]+)/.exec(line)?.[1];
      if (path !== undefined && !existsSync(join(ROOT, path))) return path !== "predict.mjs"; // a block of the guide
      return path === undefined && !/^(npm (ci|init -y|install keraport)\b|python make_fixture\.py$)/.test(line);
    });
    expect(wrong).toEqual([]);
  });
});

/** Blocks of pages, of other packages, and of a module that a command has to write first: the examples run their like. */
const isForNode = ({ code }: Block): boolean =>
  !/\blocation\b|addEventListener|vitest|@tensorflow|\.\/model\.mjs/.test(code);

const plain = (code: string): string =>
  ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } })
    .outputText; // prettier-ignore

/** The files that a reader of any page has, and of some. */
const HAVE = {
  "model.keras": "models/stacked_lstm/model.keras",
  "io.npz": "models/stacked_lstm/io.npz",
  "old.h5": "models/tfk_stacked_lstm_h5/model.h5",
  "model.h5": "models/stacked_lstm/model.keras", // content counts, not names
  "model.json": "models/stacked_lstm_apart/model.json",
  "model.weights.h5": "models/stacked_lstm_apart/model.weights.h5",
  "models/a/model.keras": "models/cnn/model.keras",
  "models/a/io.npz": "models/cnn/io.npz",
};
const OTHERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "docs/custom.md": { "model.keras": "custom/model.keras" },
  "docs/verify.md": { "new.keras": "models/tfk_stacked_lstm_h5/model.h5" },
};
