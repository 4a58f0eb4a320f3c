/** Where classes of a generation lie, by the version that wrote a file. */
import type { Dialect } from "./archive.ts";
import { LANGUAGES } from "./languages.ts";

/** The second number of a version 2.x; null for other versions. */
export function minorOf(version: string | null): number | null {
  const [, major, minor] = /^([0-9]+)\.([0-9]+)/.exec(version ?? "") ?? [];
  return major === "2" ? Number(minor) : null;
}

/** The package that holds Keras 2. From 2.16 on, tf.keras is one of its own. */
export const packageOf = (version: string | null): "keras" | "tf_keras" =>
  (minorOf(version) ?? 16) < 16 ? "keras" : "tf_keras";

/** Where a functional model's class is, as whole objects say. */
export const functionalModule = (dialect: Dialect, version: string | null): string =>
  LANGUAGES[dialect].hasOperations ? "keras.src.models.functional" : `${packageOf(version)}.src.engine.functional`;
