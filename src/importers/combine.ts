import { fail } from "../core/error.ts";
import type { Archive } from "../formats/archive.ts";
import type { Generation } from "../formats/generation.ts";

/**
 * An architecture and its weights, kept in two files, as one archive. Either may be a whole model: then the other half
 * of it is left aside. Throws `mismatch/architecture` or `mismatch/weights` when a half is missing.
 */
export function combine(architecture: Archive, weights: Archive): Archive {
  if (architecture.config === null) {
    fail("mismatch/architecture", { file: architecture.file, expected: "an architecture", found: "weights alone" });
  }
  if (weights.naming === "none") {
    fail("mismatch/weights", { file: weights.file, expected: "weights", found: "an architecture alone" });
  }
  const [a, b] = [architecture.ledger, weights.ledger];
  return {
    ...architecture,
    ...generation(architecture, weights),
    naming: weights.naming,
    weights: weights.weights,
    layerNames: weights.layerNames,
    groupNames: weights.groupNames,
    ...(weights.objects && { objects: weights.objects }),
    optimizer: weights.optimizer,
    training: architecture.training ?? weights.training,
    extras: [...architecture.extras, ...weights.extras],
    ledger: {
      size: a.size + b.size,
      used: a.used + b.used,
      extras: a.extras + b.extras,
      overhead: a.overhead + b.overhead,
      objects: [...a.objects, ...b.objects],
    },
    warnings: [...architecture.warnings, ...weights.warnings],
    container: null,
    parts: [architecture, weights],
    close: async () => {
      await architecture.close();
      await weights.close();
    },
  };
}

/** The architecture says what the config means; which backend laid out the weights is known beside them. */
function generation(architecture: Archive, weights: Archive): Generation {
  const silent = architecture.writer.version === null && weights.writer.version !== null;
  const { dialect, semantics, writer } = silent && architecture.dialect === weights.dialect ? weights : architecture;
  return { dialect, semantics, writer: { ...writer, backend: weights.writer.backend ?? writer.backend } };
}
