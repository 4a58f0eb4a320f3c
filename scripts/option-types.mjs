// Writes dist/api/layers.d.ts anew: for each builder function an interface of its options, each with what it means
// (option-words.mjs), what is allowed and its default, all of that from the declarations in src/layers/.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import ts from "typescript";
import WORDS from "./option-words.mjs";

/** Types that are printed by name, and where the declarations have them. */
const NAMED = {
  "../layers/fields.ts": ["ActivationInput", "InitializerInput", "RegularizerInput", "ConstraintInput", "PlainJson"],
  "../layers/layer-fields.ts": ["LayerLike"],
};
/** Types that are spelt out. */
const SPELT = {
  OneOrMany: "number | readonly number[]",
  Pairs: "number | readonly (number | readonly [number, number])[]",
};
/** What says nothing beside the type. */
const OBVIOUS =
  /^(anything|an activation|a name, an object or null|true or false|a number|text|a layer|a list of layers|one of .*|a list of integers.*)$/;

const camel = (key) => key.replace(/_([a-z0-9])/g, (_, c) => c.toUpperCase());

/** The declarations of src/layers/, as values. */
async function declared(root) {
  const folder = mkdtempSync(join(tmpdir(), "keraport-options-"));
  const file = join(folder, "layers.mjs");
  try {
    const bundle = await rolldown({
      input: join(root, "src/layers/index.ts"),
      platform: "neutral",
      logLevel: "silent",
    });
    await bundle.write({ file, format: "esm" });
    await bundle.close();
    return await import(pathToFileURL(file).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The first sentence of a layer's file: what it computes. */
function about(root, declaration) {
  const file = declaration
    .getSourceFile()
    .fileName.replace(/^.*\/dist\//, "src/")
    .replace(/\.d\.ts$/, ".ts");
  const head = /^\/\*\*\s*([^]*?)\*\//.exec(readFileSync(join(root, file), "utf8"))?.[1] ?? "";
  return head
    .replace(/^\* ?|\s*\n\s*\*\s*/g, " ")
    .split(/ Sources?: /)[0]
    .trim();
}

function defaultOf(field) {
  if (field.required) return "";
  const { default: value } = field;
  const text = value === null ? "null" : JSON.stringify(value, (_, v) => (v?.text === undefined ? v : Number(v.text)));
  return text.length > 40 ? "" : ` Default \`${text.replaceAll("`", "")}\`.`;
}

export async function writeOptionTypes(root) {
  const target = join(root, "dist/api/layers.d.ts");
  const defs = await declared(root);
  const program = ts.createProgram([target, join(root, "dist/layers/index.d.ts")], {
    strict: true,
    exactOptionalPropertyTypes: true,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    types: [],
  });
  const checker = program.getTypeChecker();
  const exportsOf = (file) =>
    checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(join(root, file))));
  const origin = new Map(exportsOf("dist/layers/index.d.ts").map((symbol) => [symbol.name, symbol]));
  const missing = [];
  const known = new Set(Object.values(NAMED).flat());
  const typeText = (type) => {
    const text = checker.typeToString(
      type,
      undefined,
      ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope,
    );
    const spelt = text.replace(/\b[A-Z]\w*\b(?!")/g, (name) => SPELT[name] ?? name);
    const strange = [...spelt.replace(/"[^"]*"/g, "").matchAll(/\b[A-Z]\w*\b/g)].find(([name]) => !known.has(name));
    if (strange) throw new Error(`option-types: ${strange[0]} of ${spelt} has no name in the declarations`);
    return spelt.replace(/ \| undefined$/, "");
  };
  const parts = [];
  for (const symbol of exportsOf("dist/api/layers.d.ts")) {
    const options = checker.getNonNullableType(
      checker.getTypeOfSymbol(checker.getTypeOfSymbol(symbol).getCallSignatures()[0].parameters[0]),
    );
    const initial = symbol.valueDeclaration.getSourceFile().text.slice(0);
    const from = new RegExp(`const ${symbol.name}: LayerBuilder<typeof defs\\.(\\w+)\\.config>`).exec(initial)[1];
    const own = new Map(Object.entries(defs[from].config).map(([key, field]) => [camel(key), field]));
    const lines = [];
    for (const [name, field] of own) {
      const property = options.getProperty(name);
      const words = WORDS[`${symbol.name}.${name}`] ?? WORDS[name];
      if (words === undefined) missing.push(`${symbol.name}.${name}`);
      if (property === undefined || field.only === "keras2") continue;
      const allowed = OBVIOUS.test(field.expected.replace(/, or null$/, "")) ? "" : ` Allowed: ${field.expected}.`;
      lines.push(
        `    /** ${words}.${allowed}${defaultOf(field)} */`,
        `    ${name}${field.required ? "" : "?"}: ${typeText(checker.getTypeOfSymbol(property))};`,
      );
    }
    const declaration = origin.get(from);
    const target = declaration.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(declaration) : declaration;
    const type = `${symbol.name[0].toUpperCase()}${symbol.name.slice(1)}Options`;
    const isNeeded = [...own.values()].some((field) => field.required);
    parts.push(
      `/** Options of \`${symbol.name}\`. */`,
      `export interface ${type} extends LayerOptions {\n${lines.join("\n")}\n}`,
      `/** ${defs[from].class}: ${about(root, target.valueDeclaration)} */`,
      `export declare const ${symbol.name}: (options${isNeeded ? "" : "?"}: ${type}) => Layer;`,
    );
  }
  if (missing.length > 0) throw new Error(`scripts/option-words.mjs has no words for ${missing.join(", ")}`);
  const imports = Object.entries(NAMED).map(([file, names]) => `import type { ${names.join(", ")} } from "${file}";`);
  const head = [`import type { Layer, LayerOptions } from "./builder/layer.ts";`, ...imports];
  writeFileSync(target, `${[...head, ...parts].join("\n")}\n`);
}
