/** The model in another format: what becomes of it is said before the button is pressed, what was proved after. */
import { useEffect, useState } from "preact/hooks";
import type { EditOptions } from "../../../src/index.ts";
import { engine, words } from "../engine.ts";
import { save } from "../files.ts";
import { Became } from "../parts/became.tsx";
import { Edits } from "../parts/edits.tsx";
import { bytes } from "../text.ts";
import type { OpenModel } from "../types.ts";
import type { Wish, Written } from "../worker/convert.ts";

const TARGETS: readonly (readonly [Wish["format"], extension: string, title: string])[] = [
  ["keras-v3", ".keras", "Keras (.keras)"],
  ["keras-h5", ".h5", "Keras HDF5 (.h5)"],
  ["weights-h5", ".weights.h5", "Weights alone (.weights.h5)"],
  ["keras-json", ".json", "Architecture alone (.json)"],
  ["tfjs-layers", ".json", "TensorFlow.js (model.json)"],
  ["onnx", ".onnx", "ONNX (.onnx)"],
  ["safetensors", ".safetensors", "safetensors"],
  ["npz", ".npz", "NumPy (.npz)"],
  ["module", ".mjs", "JavaScript module (.mjs)"],
  ["html", ".html", "A page that runs it (.html)"],
];

type Plan = Written | { readonly refused: string };

interface Of<T> {
  /** The wish, as text. */
  readonly of: string;
  readonly is: T;
}

/** Of typing, before the library looks. */
const PAUSE = 200;

/** The stamp that a conversion earns. */
const STAMPS: Readonly<Record<string, string>> = {
  true: "Read back and found equal",
  structure: "Read back: what the file holds is equal; it was not run",
  outputs: "Run, and its outputs are equal",
  false: "Not verified",
};

export function ConvertPanel({ model }: { readonly model: OpenModel }) {
  const [target, setTarget] = useState(model.found.format === "keras-v3" ? 1 : 0);
  const [dialect, setDialect] = useState<"" | "keras2" | "keras3">("");
  const [edit, setEdit] = useState<EditOptions>({});
  const [planned, setPlanned] = useState<Of<Plan> | null>(null);
  const [finished, setFinished] = useState<Of<Plan> | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [format, extension] = TARGETS[target]!;
  const hasDialect = format === "keras-h5" || format === "keras-v3";
  const wish: Wish = { format, extension, edit, ...(hasDialect && dialect !== "" && { dialect }) };
  const text = JSON.stringify(wish);
  // What was found of another wish is not shown.
  const plan = planned?.of === text ? planned.is : null;
  const done = finished?.of === text ? finished.is : null;
  useEffect(() => {
    const look = (): void => {
      engine.convert(wish, false).then(
        (found) => setPlanned({ of: text, is: found }),
        (failure: unknown) => setPlanned({ of: text, is: { refused: words(failure) } }),
      );
    };
    const timer = setTimeout(look, PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  const press = async (): Promise<void> => {
    setBusy(true);
    const made = await engine.convert(wish, true).catch((failure: unknown) => ({ refused: words(failure) }));
    setBusy(false);
    setFinished({ of: text, is: made });
    if ("file" in made) save(made.name, made.file);
  };
  return (
    <form onSubmit={(event) => (event.preventDefault(), void press())}>
      <label>
        Format
        <select aria-label="Format" value={target} onChange={(event) => setTarget(Number(event.currentTarget.value))}>
          {TARGETS.map(([id, , title], i) => (
            <option key={id} value={i}>
              {title}
            </option>
          ))}
        </select>
      </label>
      {hasDialect && (
        <label>
          In the words of
          <select
            aria-label="Dialect"
            value={dialect}
            onChange={(event) => setDialect(event.currentTarget.value as "")}
          >
            <option value="">its usual Keras</option>
            <option value="keras2">Keras 2</option>
            <option value="keras3">Keras 3</option>
          </select>
        </label>
      )}
      <Edits model={model} edit={edit} onEdit={setEdit} />
      {plan === null && <p role="status">Looking what would become of it …</p>}
      {plan !== null && "refused" in plan && <pre class="bad">{plan.refused}</pre>}
      {plan !== null && "file" in plan && (
        <>
          <section class="plan" aria-label="What becomes of it">
            <Became title="Kept" lines={plan.conversion.kept} kind="kept" />
            <Became title="Changed" lines={plan.conversion.changed} kind="changed" />
            <Became title="Dropped" lines={plan.conversion.dropped} kind="dropped" />
            <p class="note">Opens in {plan.conversion.opens}</p>
          </section>
          <p class="choose">
            <button type="submit" class="button main" disabled={isBusy}>
              {isBusy ? "Writing …" : `Convert and verify: ${plan.name}, ${bytes(plan.bytes)}`}
            </button>
          </p>
        </>
      )}
      {done !== null && "refused" in done && <pre class="bad">{done.refused}</pre>}
      {done !== null && "file" in done && (
        <section class="stamp" role="status">
          <p class="verdict good">{STAMPS[String(done.conversion.verified)]}</p>
          <ul class="dim">
            {done.conversion.checks.map((check) => (
              <li key={check}>{check}</li>
            ))}
          </ul>
        </section>
      )}
    </form>
  );
}
