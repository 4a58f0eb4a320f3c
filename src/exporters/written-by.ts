import type { Artifact, Semantics } from "../formats/archive.ts";

/** The version that a file claims when its model comes from another generation or from code. */
const VERSIONS: Readonly<Record<Semantics, string>> = {
  keras1: "1.2.2",
  keras2: "2.3.1",
  "tf-keras": "2.21.0",
  keras3: "3.15.1",
};

/** What a file says of its writer: the original's, as long as the model still speaks that generation's language. */
export function writtenBy({ origin, dialect, semantics }: Artifact): { version: string; backend: string } {
  const same = origin !== null && origin.dialect === dialect && origin.semantics === semantics;
  const version = same && origin.writer.library !== "tfjs-layers" ? origin.writer.version : null;
  return {
    version: version ?? VERSIONS[semantics],
    backend: (same && origin.writer.library !== "tfjs-layers" ? origin.writer.backend : null) ?? "tensorflow",
  };
}
