/** Telling TensorFlow.js's models, of either kind, from other JSON. */
import { decodeJsonText } from "../codecs/json.ts";
import { fail } from "../core/error.ts";
import type { Limits } from "../core/limits.ts";
import type { Source } from "../core/source.ts";
import type { Members } from "../formats/members.ts";
import { MANIFEST, TOPOLOGY } from "../formats/tfjs-layers.ts";
import { folderMembers } from "./members.ts";
import type { Probe } from "./probe.ts";

const MARKS = new RegExp(`"(${TOPOLOGY}|${MANIFEST})"\\s*:`);

/** Whether a JSON text is that of a TensorFlow.js model of either kind. */
async function isModelJson(file: Source, limits: Limits): Promise<boolean> {
  if (file.size > limits.jsonBytes) return false;
  return MARKS.test(decodeJsonText(await file.read(0, file.size)) ?? "");
}

/** The one member that is the JSON of a TensorFlow.js model, or null. Throws `mismatch/several-models`. */
export async function modelJsonAmong(members: Members, limits: Limits): Promise<string | null> {
  const found: string[] = [];
  for (const name of members.names) {
    if (!/^[^/]+\.json$/i.test(name)) continue;
    if (await isModelJson(await members.open(name), limits)) found.push(name);
  }
  if (found.length > 1)
    fail("mismatch/several-models", { file: members.name, expected: "one model", found: found.slice(0, 8).join(", ") });
  return found[0] ?? null;
}

/** What may be a TensorFlow.js model: the files of a folder or zip, or a JSON file alone. */
export function tfjsMembers({ members, source, text }: Probe): Members | null {
  if (members !== null) return members;
  return text.startsWith("{") ? folderMembers(new Map([["model.json", source]]), source.name) : null;
}
