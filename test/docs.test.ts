/** Every TypeScript block of README.md and docs/ is compiled against the public API; names that a page leaves open are declared here. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";
import { ROOT } from "./source-files.ts";

/** What a reader has: a model, inputs, and devices. */
const READERS = `
declare const bytes: Uint8Array<ArrayBuffer>;
declare const x: Float32Array;
declare const y: Int32Array;
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

const pages = ["README.md", ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`)];
const blocks = pages.flatMap((page) =>
  [...readFileSync(join(ROOT, page), "utf8").matchAll(/^( *)```ts\n([\s\S]*?)^ *```/gm)].map(([, , code], i) => ({
    name: join(ROOT, "test", `${page.replace(/\W/g, "-")}-${i}.ts`),
    code: `${code!}\nexport {};\n`,
  })),
);

it("every block compiles", { timeout: 120_000 }, () => {
  expect(blocks.length).toBeGreaterThan(8);
  const readers = join(ROOT, "test", "readers.d.ts");
  const texts = new Map([
    [readers, READERS],
    [join(ROOT, "test", "model.d.mts"), MODULE],
    ...blocks.map(({ name, code }) => [name, code] as const),
  ]);
  const options: ts.CompilerOptions = {
    strict: true, noEmit: true, skipLibCheck: true, types: ["node"],
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
