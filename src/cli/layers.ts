/** keraport layers: what can run. */
import { LAYERS } from "../layers/all.ts";
import { DONE, type ExitCode, print, printResult, table } from "./io.ts";

/** `keraport layers`. */
export async function layers(_args: readonly string[], options: Readonly<Record<string, unknown>>): Promise<ExitCode> {
  const rows = LAYERS.map((def) => ({
    class: def.class,
    kind: def.kind,
    names: def.names ?? [],
    options: Object.keys(def.config),
  }));
  if (options["json"] === true) {
    printResult({ layers: rows });
    return DONE;
  }
  const shown = rows.filter((row) => row.kind !== "operation");
  const operations = rows.filter((row) => row.kind === "operation").map((row) => row.class);
  const cells = shown.map((row) => [row.class, row.names.join(" ")]);
  print(table(["class", "also read as"], cells));
  if (operations.length > 0) print(`\nOperations of functional models: ${operations.join(" ")}`);
  return DONE;
}
