/** What is open, and which view of it. */
import { useCallback, useEffect, useState } from "preact/hooks";
import { engine, proxy, words } from "./engine.ts";
import { chosen, dropped } from "./files.ts";
import { type Given, isFramed } from "./given.ts";
import { bytes } from "./text.ts";
import type { Opening, OpenModel } from "./types.ts";
import { Welcome } from "./views/welcome.tsx";
import { type Start, Workbench } from "./views/workbench.tsx";

export interface Busy {
  readonly name: string;
  readonly share: number | null;
  /** Bytes that are there. */
  readonly loaded: number;
}

const isArrays = (name: string): boolean => /\.npz$/i.test(name);

export function App({ given }: { readonly given: Promise<Given | null> }) {
  const [model, setModel] = useState<OpenModel | null>(null);
  /** Of models that were opened: nothing of one stays with the next. */
  const [count, setCount] = useState(0);
  const [busy, setBusy] = useState<Busy | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [fixture, setFixture] = useState<Opening | null>(null);
  const [against, setAgainst] = useState<Opening | null>(null);
  const [start, setStart] = useState<Start>("Look");
  const [isOver, setOver] = useState(false);

  const open = useCallback(async (opening: Opening | null, io: Opening | null = null, other: Opening | null = null) => {
    if (opening === null) return;
    setError(null);
    performance.mark("open");
    setBusy({ name: opening.name, share: null, loaded: 0 });
    try {
      const opened = await engine.open(
        opening,
        proxy((share, loaded) => setBusy({ name: opening.name, share, loaded })),
      );
      setFixture(io);
      setAgainst(other);
      setModel(opened);
      setCount((before) => before + 1);
      document.title = `${opened.found.name} – keraport`;
    } catch (failure) {
      setError(words(failure));
    } finally {
      setBusy(null);
    }
  }, []);

  useEffect(() => {
    given.then(
      (found) => {
        if (found === null) return;
        setStart(found.fixture !== undefined ? "Verify" : found.against !== undefined ? "Compare" : "Look");
        void open(found.model, found.fixture ?? null, found.against ?? null);
      },
      (failure: unknown) => setError(words(failure)),
    );
  }, [given, open]);

  useEffect(() => {
    // The worker's own end, and what nobody foresaw.
    const failed = (event: ErrorEvent): void => (setBusy(null), setError(event.message));
    addEventListener("error", failed);
    return () => removeEventListener("error", failed);
  }, []);

  const take = async (event: DragEvent): Promise<void> => {
    event.preventDefault();
    setOver(false);
    const opening = event.dataTransfer && (await dropped(event.dataTransfer));
    if (!opening) return;
    if (model !== null && isArrays(opening.name)) setFixture(opening);
    else await open(opening);
  };

  return (
    <div
      class={`page ${isOver ? "over" : ""}`}
      onDragOver={(event) => (event.preventDefault(), setOver(true))}
      onDragLeave={(event) => event.relatedTarget === null && setOver(false)}
      onDrop={(event) => void take(event)}
    >
      {busy !== null && (
        <div class="busy" role="status">
          Opening {busy.name} <span class="dim">{busy.loaded > 0 && bytes(busy.loaded)}</span>
          <progress max={1} {...(busy.share !== null && { value: busy.share })} />
        </div>
      )}
      {error !== null && (
        <div class="error" role="alert">
          <pre>{error}</pre>
          <button type="button" onClick={() => setError(null)} aria-label="Dismiss">
            ×
          </button>
        </div>
      )}
      {model === null ? (
        !isFramed && <Welcome onOpen={(opening, io) => (setStart("Look"), void open(opening, io))} />
      ) : (
        <Workbench
          key={count}
          model={model}
          fixture={fixture}
          against={against}
          start={start}
          onFixture={setFixture}
          onOpen={(list) => void open(chosen(list))}
          onClose={() => (setModel(null), (document.title = "keraport"))}
        />
      )}
    </div>
  );
}
