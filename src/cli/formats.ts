/** keraport formats: what can be read and written. */
import { EXPORTERS } from "../exporters/index.ts";
import { IMPORTERS } from "../importers/index.ts";
import { DONE, type ExitCode, print, printResult, table } from "./io.ts";
import type { CliOptions } from "./open.ts";

/** `keraport formats`. */
export async function formats(_args: readonly string[], options: CliOptions): Promise<ExitCode> {
  const ids = new Set([...IMPORTERS, ...EXPORTERS].map(({ id }) => id));
  const rows = [...ids].map((id) => {
    const [importer, exporter] = [IMPORTERS.find((row) => row.id === id), EXPORTERS.find((row) => row.id === id)];
    const { title, extensions } = (importer ?? exporter)!;
    return { id, title, extensions, read: importer !== undefined, write: exporter !== undefined };
  });
  if (options["json"] === true) {
    printResult({ formats: rows });
    return DONE;
  }
  const yes = (is: boolean): string => (is ? "yes" : "no");
  const cells = rows.map((row) => [row.id, yes(row.read), yes(row.write), row.extensions.join(" "), row.title]);
  print(table(["id", "read", "write", "names", "format"], cells));
  return DONE;
}
