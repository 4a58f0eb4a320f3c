/** What became of everything: one line each, for the user of a conversion. */
import type { Archive, Artifact, Exported, OutputFile } from "../formats/archive.ts";
import { isCompiled } from "../formats/training.ts";
import { OPTIMIZER } from "../formats/tree.ts";

/** What an exporter has written. */
export interface Carried {
  readonly config: boolean;
  readonly weights: boolean;
  readonly optimizer: boolean;
  readonly training: boolean;
  /** Paths of extras that were written too. */
  readonly extras: ReadonlySet<string>;
  /** What the format made say itself otherwise: one line each. */
  readonly changes?: ReadonlySet<string>;
}

type Report = Pick<Exported, "kept" | "changed" | "dropped">;

/** For a file that was written back object by object. */
export function exportedWhole(archive: Archive, chunks: OutputFile["chunks"]): Exported {
  const objects = archive.ledger.objects.length + archive.extras.length;
  return { files: [{ path: "", chunks }], kept: [`all ${objects} objects of the file`], changed: [], dropped: [] };
}

/** One file, and the lines that tell what became of everything. */
export function exported(artifact: Artifact, carried: Carried, chunks: OutputFile["chunks"]): Exported {
  return { files: [{ path: "", chunks }], ...report(artifact, carried) };
}

function report(artifact: Artifact, carried: Carried): Report {
  const { origin, dialect, semantics, optimizer, training } = artifact;
  const kept: string[] = [];
  const changed: string[] = [...artifact.changes, ...(carried.changes ?? [])];
  const dropped: string[] = [];
  const say = (isKept: boolean, line: string): void => void (isKept ? kept : dropped).push(line);
  say(carried.config, "architecture");
  const count = artifact.weightCount;
  if (count > 0) say(carried.weights, `${count} weights`);
  if (isCompiled(training)) say(carried.training, "training configuration");
  if (optimizer.length > 0) say(carried.optimizer, `optimizer state (${optimizer.length} arrays)`);
  for (const { kind, path } of origin?.extras ?? []) {
    if (kind === "asset" || kind === "unknown") say(carried.extras.has(path), `${kind} ${path}`);
  }
  const states = (origin?.extras ?? []).filter(({ kind, path }) => kind === "training" && /\/vars\/[^/@]+$/.test(path));
  const inner = states.filter(({ path }) => path.includes(`/${OPTIMIZER}/`));
  const lost = (count: number, what: string): void => void (count > 0 && dropped.push(`${what} (${count} arrays)`));
  lost(states.length - inner.length, "state of metrics");
  lost(inner.length, "state of inner models' optimizers");
  for (const { path, code } of origin?.warnings ?? []) dropped.push(`${path ?? "a part"}, which is damaged (${code})`);
  if (origin !== null && origin.dialect !== dialect) changed.push(`dialect ${origin.dialect} to ${dialect}`);
  else if (origin !== null && origin.semantics !== semantics)
    changed.push(`semantics ${origin.semantics} to ${semantics}`);
  return { kept, changed, dropped };
}
