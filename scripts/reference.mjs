// The reference of the public API, as HTML into .build/api, from the declarations in dist/. Fails where a public name or
// member has no words. Members of a type that is written out where it is used are described there.
import { Application, Logger, LogLevel } from "typedoc";
import { argumentsOf } from "./arguments.mjs";

argumentsOf(import.meta);

/**
 * Types of which nobody has to know the name: they follow from values that are given, or are what functions of the
 * declaration language get and hand on.
 */
const UNNAMED = `
  ENGINES CODES FAMILIES CONFIG InTurn ByName TensorOf Spelt Camel InputOf Named Made Pair Pairs OneOrMany Declared
  Instance Unary Binary Reduction ArgReduction LstmStep CallersFunction TextAttrs Bound BoundCell WeightDecls TakesDTypes
  StoredForm StoredInfo StoredVariable Reading FieldContext ArgJson CallArg Graph LayerNode Semantics JsonNode JsonObject
  ACTIVATION_NAMES RESIZE_METHODS ALIASES INITIALIZERS Dialect Kept Compared Variable OptimizerStep OpContext Spread OrtTensor SaveOptions
`;

let faults = 0;
/** Prints what counts. */
class Faults extends Logger {
  log(message, level) {
    if (level < LogLevel.Warn || /\.__type[. ]/.test(message) || /^Found \d+/.test(message)) return;
    faults++;
    console.error(message);
  }
}

const app = await Application.bootstrap({
  name: "keraport",
  entryPoints: ["node", "tfjs", "vitest", "element"].map((name) => `dist/${name}.d.ts`),
  tsconfig: "scripts/reference.tsconfig.json",
  readme: "none",
  excludeExternals: true,
  disableSources: true,
  intentionallyNotExported: UNNAMED.trim().split(/\s+/),
  validation: { notExported: true, invalidLink: true, notDocumented: true },
  requiredToBeDocumented: "Class Interface Function TypeAlias Variable Property Method Accessor".split(" "),
});
app.logger = new Faults();
const project = await app.convert();
if (project === undefined) process.exit(1);
app.validate(project);
if (faults > 0) process.exit(1);
// By what an import says, not by the file.
for (const module of project.children) module.name = module.name === "node" ? "keraport" : `keraport/${module.name}`;
await app.generateDocs(project, ".build/api");
