// The reference of the public API, as HTML into .build/api, from the declarations in dist/. Fails where a public name or
// member has no words. Members of a type that is written out where it is used are described there.
import { Application, Logger, LogLevel } from "typedoc";
import { argumentsOf } from "./arguments.mjs";

argumentsOf(import.meta);

let faults = 0;
/** Prints what counts. */
class Faults extends Logger {
  log(message, level) {
    if (level < LogLevel.Warn || message.includes(".__type.") || /^Found \d+/.test(message)) return;
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
  validation: { notExported: false, invalidLink: true, notDocumented: true },
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
