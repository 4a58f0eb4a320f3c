/** What an editor shows of the declarations that ship: every public name and member has words, and no internals. */
import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";
import { ROOT } from "../source-files.ts";

const program = ts.createProgram(
  ["node", "index", "vitest", "element"].map((name) => join(ROOT, `dist/${name}.d.ts`)),
  { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, target: ts.ScriptTarget.ES2022, strict: true, types: [] }, // prettier-ignore
);
const checker = program.getTypeChecker();
const isOurs = (symbol: ts.Symbol): boolean =>
  symbol.declarations?.some((one) => one.getSourceFile().fileName.startsWith(join(ROOT, "dist"))) === true;
const hasWords = (symbol: ts.Symbol): boolean => symbol.getDocumentationComment(checker).length > 0;

/** Names without words, of a symbol and of what is in it. */
function* wordless(symbol: ts.Symbol, path: string, seen: Set<ts.Symbol>): Generator<string> {
  if (seen.has(symbol) || !isOurs(symbol)) return;
  seen.add(symbol);
  if (!hasWords(symbol) && (symbol.flags & ts.SymbolFlags.Module) === 0) yield path;
  const { Class, Interface, Module, TypeAlias } = ts.SymbolFlags;
  if ((symbol.flags & Module) !== 0)
    for (const inner of checker.getExportsOfModule(symbol)) {
      const own = (inner.flags & ts.SymbolFlags.Alias) === 0 ? inner : checker.getAliasedSymbol(inner);
      yield* wordless(own, `${path}.${inner.name}`, seen);
    }
  if ((symbol.flags & (Class | Interface | TypeAlias)) === 0) return;
  const type = checker.getDeclaredTypeOfSymbol(symbol);
  if ((symbol.flags & TypeAlias) !== 0 && (type.flags & ts.TypeFlags.Object) === 0) return;
  const isOwnShape = (symbol.flags & TypeAlias) === 0 || (type.symbol?.flags & ts.SymbolFlags.TypeLiteral) !== 0;
  if (!isOwnShape) return;
  for (const member of type.getProperties()) {
    const isPublic = member.declarations?.every(
      (one) => (ts.getCombinedModifierFlags(one) & (ts.ModifierFlags.Protected | ts.ModifierFlags.Private)) === 0,
    );
    if (isPublic === true && isOurs(member) && !/^(__|#)/.test(member.name) && !hasWords(member))
      yield `${path}.${member.name}`;
  }
}

it.each(["node", "index", "vitest", "element"])("every name of %s.d.ts and every member has words", (file) => {
  const module = checker.getSymbolAtLocation(program.getSourceFile(join(ROOT, `dist/${file}.d.ts`))!)!;
  expect([...new Set(wordless(module, file, new Set()))]).toEqual([]);
});

it("the options of layers have types of their own, with defaults, and names where there are names", () => {
  const file = program.getSourceFile(join(ROOT, "dist/api/layers.d.ts"))!;
  expect(file.text).toMatch(/\/\*\* Function of the gates, by name\. Default `"sigmoid"`\. \*\/\n {4}recurrentActivation\?: ActivationInput;/); // prettier-ignore
  expect(file.text).toMatch(/padding\?: "valid" \| "same";|padding\?: "same" \| "valid";/);
  expect(file.text).not.toMatch(/\bany\b[;|]|JsonNode/);
});
