/** One line that says what the file is, and whether it runs. */
import { bytes, plural } from "../text.ts";
import type { OpenModel } from "../types.ts";

const GENERATIONS: Readonly<Record<string, string>> = { keras1: "Keras 1", keras2: "Keras 2", keras3: "Keras 3" };

function writer({ library, kerasVersion, dialect }: OpenModel["found"]): string {
  const name = library === null || library === "unknown" ? (GENERATIONS[dialect ?? ""] ?? "") : library;
  return [name === "keras" ? "Keras" : name, kerasVersion].filter(Boolean).join(" ");
}

interface HeadProps {
  readonly model: OpenModel;
  readonly onOpen: (files: FileList | null) => void;
  readonly onClose: () => void;
  /** The reasons are asked for. */
  readonly onReasons: () => void;
}

/** How much cannot run: layers, where it is about those. */
function refusal(reasons: OpenModel["reasons"]): string {
  const layers = new Set(reasons.flatMap(({ layers: of }) => of.map(({ path }) => path)));
  return layers.size === 0 ? "cannot run" : `${plural(layers.size, "layer")} cannot run`;
}

export function Head({ model, onOpen, onClose, onReasons }: HeadProps) {
  const { found, file, reasons } = model;
  const facts = [
    writer(found),
    found.format,
    plural(found.parameters, "parameter"),
    ...(model.bytes === null ? [] : [bytes(model.bytes)]),
  ].filter(Boolean);
  return (
    <header class="head">
      <div class="title">
        <h1>{found.name}</h1>
        <p class="facts">
          <span>{file}</span>
          {facts.map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </p>
      </div>
      {reasons.length === 0 ? (
        <p class="state good">runs</p>
      ) : (
        <button type="button" class="link state wrong" onClick={onReasons}>
          {refusal(reasons)}
        </button>
      )}
      <p class="choose">
        <label class="button">
          Open another
          <input type="file" multiple onChange={(event) => onOpen(event.currentTarget.files)} />
        </label>
        <button type="button" class="button" onClick={onClose}>
          Close
        </button>
      </p>
    </header>
  );
}
