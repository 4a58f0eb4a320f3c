/** Files that are often taken for Keras models, by what is in them, so that the refusal says what they are. */
import { fail, type Problem } from "../core/error.ts";
import { isSafetensors, type Probe, startsWith } from "./probe.ts";

interface Foreign {
  readonly code: Problem["code"];
  readonly message: string;
  matches(probe: Probe): boolean;
}

const has = ({ members }: Probe, pattern: RegExp): boolean =>
  members?.names.some((name) => pattern.test(name)) ?? false;
const begins =
  (...signatures: string[]) =>
  (probe: Probe): boolean =>
    signatures.some((signature) => startsWith(probe.head, signature));

const FOREIGN: readonly Foreign[] = [
  {
    code: "malformed/git-lfs",
    message: "a Git LFS pointer: the model itself was not downloaded (git lfs pull)",
    matches: begins("version https://git-lfs.github.com/spec/"),
  },
  {
    code: "malformed/html",
    message: "a web page, saved in place of a model",
    matches: ({ text }) => /^(<!doctype html|<html|<head)/i.test(text),
  },
  unsupported(
    "a part of a TensorFlow SavedModel, which is a folder: open the folder",
    (probe) => isSavedModel(probe) || isKerasMetadata(probe),
  ),
  unsupported(
    "a part of a TensorFlow checkpoint, which is an .index and .data files: open them together",
    isCheckpoint,
  ),
  unsupported("a PyTorch archive", (probe) => has(probe, /(^|\/)(data\.pkl|constants\.pkl)$/)),
  unsupported("a NumPy array (.npy)", begins("\x93NUMPY")),
  unsupported("a Python pickle, which is code and is never run", isPickle),
  unsupported("a TensorFlow Lite model", (probe) => startsWith(probe.head, "TFL3", 4)),
  unsupported("a GGUF file", begins("GGUF")),
  unsupported("a gzip file: unpack it first", begins("\x1f\x8b")),
  unsupported("a tar archive: unpack it first", (probe) => startsWith(probe.head, "ustar", 257)),
  unsupported("a YAML architecture (to_yaml)", ({ text }) =>
    /^(!!python|(backend|class_name|config|keras_version):)/.test(text),
  ),
  unsupported("an ONNX model", isOnnx),
];

/** Refuses by name what is known not to be a Keras file; returns when it is nothing known. */
export function refuseForeign(probe: Probe): void {
  // It begins with its header's length, whose bytes may be those that others begin with.
  if (isSafetensors(probe)) return;
  const found = FOREIGN.find((foreign) => foreign.matches(probe));
  if (found !== undefined) fail(found.code, { file: probe.source.name, message: found.message });
}

/** Refuses a file that nothing recognises, with its first bytes. */
export function refuseUnknown({ source, head, members }: Probe, formats: readonly string[]): never {
  const bytes = head.subarray(0, 16);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  fail("unsupported/format", {
    file: source.name,
    message: members === null ? "not a file that Keras writes" : "holds no model that Keras writes",
    expected: formats.join(", "),
    found: members === null ? `a file that begins with ${hex}` : members.names.slice(0, 8).join(", ") || "nothing",
  });
}

function unsupported(message: string, matches: Foreign["matches"]): Foreign {
  return { code: "unsupported/format", message, matches };
}

/** PROTO with protocols 2 to 5, or the text opcodes that protocol 0 and 1 begin containers with. */
function isPickle({ head }: Probe): boolean {
  if (head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5) return true;
  return startsWith(head, "(dp") || startsWith(head, "(lp") || startsWith(head, "ccopy_reg\n");
}

/** SavedModel: its field 1, the schema version 1, then a MetaGraphDef that begins with its own field 1; or the same as text. */
function isSavedModel({ head, text }: Probe): boolean {
  if (text.startsWith("saved_model_schema_version:")) return true;
  if (head[0] !== 0x08 || head[1] !== 0x01 || head[2] !== 0x12) return false;
  let at = 3;
  while (at < 13 && (head[at]! & 0x80) !== 0) at++;
  return head[at + 1] === 0x0a;
}

/** `keras_metadata.pb`: nodes whose kind is named early. */
const isKerasMetadata = ({ head }: Probe): boolean =>
  head[0] === 0x0a && new TextDecoder("latin1").decode(head.subarray(0, 4096)).includes("_tf_keras_");

/** The index is a table as LevelDB ends one; the data have no mark but their name; `checkpoint` is a text beside them. */
function isCheckpoint(probe: Probe): boolean {
  const { source, tail, text } = probe;
  if (text.startsWith("model_checkpoint_path:") || /\.data-[0-9]{5}-of-[0-9]{5}$/.test(source.name)) return true;
  return tail.length === 48 && startsWith(tail, "\x57\xfb\x80\x8b\x24\x75\x47\xdb", 40);
}

/** A ModelProto begins with its field 1, the IR version, followed by another field of known number and type. */
function isOnnx({ head }: Probe): boolean {
  return (
    head[0] === 0x08 && head[1]! > 0 && head[1]! < 32 && [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42].includes(head[2]!)
  );
}
