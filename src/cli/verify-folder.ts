/** keraport verify FOLDER: the models of every sub-folder that holds an io.npz, worst first. */
import { join, relative } from "node:path";
import { readdir } from "node:fs/promises";
import { asFormatError, fail, FormatError, printable, type Problem } from "../core/error.ts";
import { refuseSameFile } from "../core/node-files.ts";
import { verify, type VerifyOptions, type VerifyReport } from "../node.ts";
import { findModels, FIXTURE, type FolderModel } from "../verify/folder.ts";
import { htmlReport } from "../verify/html.ts";
import { junitReport } from "../verify/junit.ts";
import { plainReport, worstTensor } from "../verify/report.ts";
import { scientific } from "../verify/text.ts";
import {
  colors,
  DIFFERENT,
  DONE,
  type ExitCode,
  FAULT,
  print,
  printResult,
  progress,
  REFUSED,
  table,
  tellingProgress,
} from "./io.ts";
import { type Opening, withModel } from "./open.ts";

interface Row {
  readonly folder: string;
  readonly report: VerifyReport | null;
  readonly problems: readonly Problem[];
}

const MAX_DEPTH = 16;

/** Folders with an io.npz at `root` and below. */
async function cases(root: string): Promise<readonly string[]> {
  const found: string[] = [];
  const open: { path: string; depth: number }[] = [{ path: root, depth: 0 }];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const { path, depth } = folder;
    const entries = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) =>
      fail("malformed/missing-file", {
        file: path,
        message: error.code === "ENOENT" ? "no such file" : `cannot be read (${error.code ?? "?"})`,
      }),
    );
    if (entries.some((entry) => entry.name === FIXTURE)) found.push(path);
    if (depth < MAX_DEPTH) {
      for (const entry of entries)
        if (entry.isDirectory()) open.push({ path: join(path, entry.name), depth: depth + 1 });
    }
  }
  return found.sort();
}

async function modelsIn(folder: string): Promise<readonly [FolderModel, ...FolderModel[]]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return findModels(
    entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() })),
    folder,
  );
}

/** What is read for a folder; what is wrong with it is said when it is checked. */
async function inputsIn(folder: string): Promise<readonly string[]> {
  const found = await modelsIn(folder).catch(() => []);
  const names = [FIXTURE, ...found.flatMap(({ model, weights, architecture }) => [model, weights, architecture])];
  return names.filter((name) => name !== undefined).map((name) => join(folder, name));
}

async function check(folder: string, found: FolderModel, options: VerifyOptions, how: Opening): Promise<VerifyReport> {
  const path = (name: string | undefined): string | undefined => (name === undefined ? undefined : join(folder, name));
  const run = (model: string, weights?: string): Promise<VerifyReport> =>
    withModel<VerifyReport>(
      path(model)!,
      { ...how, ...(weights !== undefined && { weights: path(weights)! }) },
      (opened) => verify(opened, join(folder, FIXTURE), options),
      options.onProgress,
    );
  try {
    return await run(found.model, found.weights);
  } catch (error) {
    const isWeights = error instanceof FormatError && error.code === "unsupported/no-architecture";
    if (!isWeights || found.architecture === undefined) throw error;
    return run(found.architecture, found.model);
  }
}

/** Refused ones first, then the failed, then by how near the tolerance the worst tensor comes. */
function badness({ report }: Row): number {
  if (report === null) return Infinity;
  const worst = worstTensor(report);
  return worst === null ? 0 : (report.ok ? 0 : 1e30) + Math.min(worst.maxRel, 1e29);
}

function summary(root: string, { folder, report, problems }: Row): string[] {
  const name = printable(relative(root, folder) || ".");
  if (report === null)
    return [name, colors.red("refused"), "", "", "", printable(`${problems[0]!.code} ${problems[0]!.path ?? ""}`)];
  const worst = worstTensor(report);
  const errors = worst === null ? ["", "", ""] : [worst.maxAbs, worst.maxRel, worst.maxUlp].map(scientific);
  const first = report.firstDivergence === null ? "" : printable(report.firstDivergence.layer);
  return [name, report.ok ? colors.green("ok") : colors.red("FAILED"), ...errors, first];
}

interface Output {
  readonly how: Opening;
  readonly json: boolean;
  readonly report: string | undefined;
  readonly junit: string | undefined;
  write(path: string, text: string): Promise<void>;
}

/** Verifies each; the exit code is 1 where one fails. */
export async function verifyFolder(root: string, options: VerifyOptions, output: Output): Promise<ExitCode> {
  const folders = await cases(root);
  if (folders.length === 0)
    fail("malformed/missing-file", { file: root, message: `no folder here holds a model and an ${FIXTURE}` });
  const inputs = (await Promise.all(folders.map(inputsIn))).flat();
  for (const path of [output.report, output.junit]) if (path !== undefined) await refuseSameFile(inputs, path);
  const rows: Row[] = [];
  const refused = (name: string, error: unknown): Row => ({
    folder: name,
    report: null,
    problems: asFormatError(error).problems,
  });
  for (const [i, folder] of folders.entries()) {
    progress(`${i + 1} of ${folders.length}: ${printable(relative(root, folder))}`);
    try {
      const models = await modelsIn(folder);
      const onProgress = tellingProgress(`${i + 1} of ${folders.length}: ${relative(root, folder)}`);
      for (const found of models) {
        const name = models.length === 1 ? folder : join(folder, found.model);
        const compared = check(folder, found, { ...options, onProgress }, output.how);
        rows.push(
          await compared.then(
            (report) => ({ folder: name, report, problems: [] }),
            (error) => refused(name, error),
          ),
        );
      }
    } catch (error) {
      rows.push(refused(folder, error));
    }
  }
  progress(null);
  rows.sort((a, b) => badness(b) - badness(a));
  const reports = rows.flatMap(({ report }) => (report === null ? [] : [report]));
  if (output.report !== undefined)
    await output.write(
      output.report,
      htmlReport(
        reports,
        rows.flatMap(({ folder, report, problems }) => (report === null ? [{ model: folder, problems }] : [])),
      ),
    );
  if (output.junit !== undefined)
    await output.write(
      output.junit,
      junitReport(rows.map(({ folder, ...found }) => ({ name: relative(root, folder) || ".", ...found }))),
    );
  const failed = reports.filter((report) => !report.ok).length;
  const refusals = rows.length - reports.length;
  if (output.json) {
    const models = rows.map(({ folder, report, problems }) =>
      report === null
        ? { folder: relative(root, folder), ok: false, errors: problems }
        : { folder: relative(root, folder), ...(plainReport(report) as object) },
    );
    printResult({ ok: failed === 0 && refusals === 0, models });
  } else {
    print(
      table(
        ["folder", "result", "max abs", "max rel", "max ulp", "first divergence"],
        rows.map((row) => summary(root, row)),
        new Set([2, 3, 4]),
      ),
    );
    print(`\n${rows.length} models: ${reports.length - failed} ok, ${failed} failed, ${refusals} refused`);
  }
  const isOurs = rows.some(({ problems }) => problems[0]?.code.startsWith("internal/") === true);
  if (isOurs) return FAULT;
  return failed > 0 ? DIFFERENT : refusals > 0 ? REFUSED : DONE;
}
