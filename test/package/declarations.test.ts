/** The declarations that ship: they need neither the DOM's library nor Node's, in every way that TypeScript finds them. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, expect, it } from "vitest";
import { ROOT } from "../source-files.ts";

const folder = mkdtempSync(join(tmpdir(), "keraport-consumer-"));
mkdirSync(join(folder, "node_modules"));
symlinkSync(ROOT, join(folder, "node_modules/keraport"), "dir");
writeFileSync(join(folder, "package.json"), '{"type":"module"}');
writeFileSync(join(folder, "consumer.ts"), readFileSync(join(ROOT, "test/package/consumer.ts")));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { NodeNext, ESNext } = ts.ModuleKind;
const WAYS: readonly (readonly [name: string, options: ts.CompilerOptions])[] = [
  ["node16", { module: NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext }],
  ["bundler", { module: ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler }],
  [
    "bundler for browsers",
    { module: ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, customConditions: ["browser"] },
  ],
];

it.each(WAYS)("%s", { timeout: 60_000 }, (_, options) => {
  const program = ts.createProgram([join(folder, "consumer.ts")], {
    ...options,
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    preserveSymlinks: true,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2022.d.ts"],
    types: [],
  });
  const found = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start!).line + 1;
    return `${file?.fileName.replace(folder, "")}:${line}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  });
  expect(found).toEqual([]);
  expect(program.getSourceFiles().some(({ fileName }) => /keraport\/dist\/(index|node)\.d\.ts$/.test(fileName))).toBe(
    true,
  );
});
