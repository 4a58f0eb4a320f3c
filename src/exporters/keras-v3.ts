/** Writes `.keras` archives. See formats/keras-v3.ts for the layout and its sources. */
import { type Hdf5Plan, planHdf5, toWritable } from "../codecs/hdf5.ts";
import { type JsonNode, type JsonObject, printJson } from "../codecs/json.ts";
import { planZip, type ZipEntry } from "../codecs/zip.ts";
import { fail } from "../core/error.ts";
import type { Source } from "../core/source.ts";
import type { Archive, Artifact, Exported } from "../formats/archive.ts";
import { ASSETS, CONFIG, type KerasV3Container, METADATA, WEIGHTS } from "../formats/keras-v3.ts";
import { LANGUAGES } from "../formats/languages.ts";
import { wholeForm, withoutEllipses } from "../formats/keras3-config.ts";
import { compileConfig, isCompiled } from "../formats/training.ts";
import { keptOptimizer, keptTraining, sameFormat } from "./origin.ts";
import { exported, exportedWhole } from "./report.ts";
import { treeRoot } from "./tree-groups.ts";
import { wholeFormOf, writtenBy } from "./written-by.ts";

const COPY_BYTES = 1024 * 1024;

/** Throws `unsupported/dialect` for Keras 1, which has no such format. `savedAt` is what the metadata says. */
export async function exportKerasV3(artifact: Artifact, savedAt = new Date()): Promise<Exported> {
  const original = sameFormat(artifact, "keras-v3");
  if (original !== null) return exportedWhole(original, planZip(await copiedEntries(original)).chunks);
  if (LANGUAGES[artifact.dialect].names === null) {
    fail("unsupported/dialect", { source: "keras-v3", expected: "keras3 or keras2", found: artifact.dialect });
  }
  const training = holdsTraining(artifact) ? keptTraining(artifact) : null;
  const optimizer = training === null ? [] : keptOptimizer(artifact, LANGUAGES[artifact.dialect].marksBfloat16);
  const metadata: JsonObject = new Map<string, JsonNode>([
    ["keras_version", writtenBy(artifact).version],
    ["date_saved", dateText(savedAt)],
  ]);
  const plan = planHdf5(treeRoot(artifact, optimizer));
  const assets = await assetEntries(artifact.origin);
  const entries: ZipEntry[] = [
    textEntry(METADATA, printJson(metadata)),
    textEntry(CONFIG, printJson(config(artifact, training), artifact.config.style)),
    { ...planEntry(plan), date: dateFields(savedAt) },
    ...assets,
  ];
  const carried = {
    config: true,
    weights: true,
    optimizer: optimizer.length > 0,
    training: training !== null,
    extras: new Set(assets.map(({ name }) => name)),
  };
  return exported(artifact, carried, planZip(entries).chunks);
}

/** tf.keras names the objects of a legacy `training_config` otherwise than those of a `compile_config`. */
function holdsTraining({ dialect, training }: Artifact): boolean {
  return LANGUAGES[dialect].holdsTraining || (isCompiled(training) && !training.has("optimizer_config"));
}

function config(artifact: Artifact, training: JsonObject | null): JsonObject {
  const {
    config: { root },
    training: stored,
  } = artifact;
  if (!(root instanceof Map))
    fail("unsupported/no-architecture", { source: "keras-v3", expected: "an object with class_name" });
  const whole = wholeForm(
    LANGUAGES[artifact.dialect].hasOwnerNames ? root : withoutEllipses(root),
    wholeFormOf(artifact),
  );
  if (training !== null && (artifact.isTrained || !whole.has("compile_config")))
    whole.set("compile_config", compileConfig(training));
  if (training === null && isCompiled(stored)) whole.delete("compile_config");
  return whole;
}

/** Every member with its header fields; the weights are laid out anew, object by object. */
async function copiedEntries(archive: Archive): Promise<ZipEntry[]> {
  const { members, weights } = archive.container as KerasV3Container;
  await members.open(WEIGHTS);
  const entries: ZipEntry[] = [];
  for (const name of members.names) {
    const raw = members.zip?.get(name)?.raw;
    const entry =
      name === WEIGHTS ? planEntry(planHdf5(await toWritable(weights))) : sourceEntry(name, await members.open(name));
    entries.push(raw === undefined ? entry : { ...entry, raw });
  }
  return entries;
}

/** Vocabularies and the like stay with the paths of their layers. */
async function assetEntries(origin: Archive | null): Promise<ZipEntry[]> {
  if (origin?.format !== "keras-v3") return [];
  const { members } = origin.container as KerasV3Container;
  const entries: ZipEntry[] = [];
  const damaged = new Set(origin.warnings.map(({ path }) => path));
  for (const name of members.names)
    if (name.startsWith(ASSETS) && !damaged.has(name)) entries.push(sourceEntry(name, await members.open(name)));
  return entries;
}

function planEntry(plan: Hdf5Plan): ZipEntry {
  return { name: WEIGHTS, size: plan.size, chunks: plan.chunks };
}

function textEntry(name: string, text: string): ZipEntry {
  const bytes = new TextEncoder().encode(text);
  return {
    name,
    size: bytes.byteLength,
    async *chunks() {
      yield bytes;
    },
  };
}

function sourceEntry(name: string, source: Source): ZipEntry {
  return {
    name,
    size: source.size,
    async *chunks() {
      for (let at = 0; at < source.size; at += COPY_BYTES) {
        yield await source.read(at, Math.min(COPY_BYTES, source.size - at));
      }
    },
  };
}

/** `datetime.now().strftime("%Y-%m-%d@%H:%M:%S")` */
function dateText(date: Date): string {
  const [year, ...rest] = dateFields(date);
  const [month, day, hour, minute, second] = rest.map((field) => String(field).padStart(2, "0"));
  return `${year}-${month}-${day}@${hour}:${minute}:${second}`;
}

function dateFields(date: Date): [number, number, number, number, number, number] {
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()] as const;
  return [...day, date.getHours(), date.getMinutes(), date.getSeconds()];
}
