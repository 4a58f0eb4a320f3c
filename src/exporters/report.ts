/** What became of everything: one line each, for the user of a conversion. */
import { type JsonNode, JsonNumber } from "../codecs/json.ts";
import type { Archive, Artifact, Exported, OutputFile } from "../formats/archive.ts";
import { ASSETS, VOCABULARY } from "../formats/keras-v3.ts";
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

/** Every `vocabulary` of a config, a token a line. */
function* vocabulariesIn(node: JsonNode): Generator<string> {
  if (Array.isArray(node)) for (const item of node) yield* vocabulariesIn(item);
  if (!(node instanceof Map)) return;
  for (const [key, value] of node) {
    if (key !== "vocabulary" || !Array.isArray(value)) yield* vocabulariesIn(value);
    else yield value.map((token) => String(token instanceof JsonNumber ? token.value : token)).join("\n");
  }
}

/** Paths of vocabularies that the config has got; it may leave out what stands first, for the mask and the unknown. */
function movedIntoConfig({ origin, config }: Artifact): ReadonlySet<string> {
  const told = [...vocabulariesIn(config.root)].filter((text) => text !== "");
  const hasAll = (text: string): boolean => {
    const lines = `\n${text.replace(/\r\n?/g, "\n").replace(/\n+$/, "")}`;
    return told.some((tokens) => lines.endsWith(`\n${tokens}`));
  };
  const all = [...(origin?.vocabularies ?? [])].filter(([, text]) => hasAll(text));
  return new Set(all.map(([path]) => `${ASSETS}${path}${VOCABULARY}`));
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
  const moved = carried.config ? movedIntoConfig(artifact) : new Set<string>();
  for (const { kind, path } of origin?.extras ?? []) {
    if (kind !== "asset" && kind !== "unknown") continue;
    if (!carried.extras.has(path) && moved.has(path)) changed.push(`${kind} ${path} to its layer's config`);
    else say(carried.extras.has(path), `${kind} ${path}`);
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
