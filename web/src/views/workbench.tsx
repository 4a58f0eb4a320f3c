/** An open model: its graph, and beside it what the person does with it. */
import type { ComponentChild } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Marks, Opening, OpenModel } from "../types.ts";
import { ComparePanel } from "./compare.tsx";
import { ConvertPanel } from "./convert.tsx";
import { GraphView } from "./graph.tsx";
import { Head } from "./head.tsx";
import { LayerPanel } from "./layer.tsx";
import { Overview } from "./overview.tsx";
import { RunPanel } from "./run.tsx";
import { TrainPanel } from "./train.tsx";
import { VerifyPanel } from "./verify.tsx";

const TABS = ["Look", "Run", "Verify", "Convert", "Compare", "Train"] as const;
type Tab = (typeof TABS)[number];
/** Those that cannot run. */
const refused = ({ reasons }: OpenModel): Marks =>
  new Map(reasons.flatMap(({ text, layers }) => layers.map(({ path }) => [path, { mark: "wrong", note: text }])));

/** What a model that is opened is opened for. */
export type Start = "Look" | "Verify" | "Compare";

interface WorkbenchProps {
  readonly model: OpenModel;
  readonly fixture: Opening | null;
  readonly against: Opening | null;
  readonly start: Start;
  readonly onFixture: (fixture: Opening) => void;
  readonly onOpen: (files: FileList | null) => void;
  readonly onClose: () => void;
}

export function Workbench({ model, fixture, against, start, onFixture, onOpen, onClose }: WorkbenchProps) {
  const [tab, setTab] = useState<Tab>(start);
  /** Those that were looked at keep what they have. */
  const [seen, setSeen] = useState<ReadonlySet<Tab>>(new Set(["Look", start]));
  const [selected, setSelected] = useState<string | null>(null);
  const [marks, setMarks] = useState<Marks>(() => refused(model));
  /** How often something was compared. */
  const [compared, setCompared] = useState(0);
  const mark = (found: Marks): void => (setMarks(found), setCompared((count) => count + 1));
  /** How often it was run or trained: what is shown of it is read anew. */
  const [runs, setRuns] = useState(0);
  const [other, setOther] = useState(against);
  const show = (next: Tab): void => {
    setTab(next);
    setSeen((before) => new Set([...before, next]));
  };
  /** From tab to tab by arrows. */
  const turn = (event: KeyboardEvent): void => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = TABS.at((TABS.indexOf(tab) + by) % TABS.length)!;
    show(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  const select = (path: string | null): void => {
    setSelected(path);
    if (path !== null) show("Look");
  };
  // A fixture that was dropped, or came with the page, is wanted now; one that came with an example waits.
  const [first] = useState(fixture);
  useEffect(() => {
    if (fixture !== null && fixture !== first) show("Verify");
  }, [fixture]);
  const panels: Readonly<Record<Tab, () => ComponentChild>> = {
    Look: () =>
      selected === null ? (
        <Overview model={model} onSelect={select} />
      ) : (
        <LayerPanel key={`${selected}:${runs}`} model={model} path={selected} onClose={() => setSelected(null)} />
      ),
    Train: () => <TrainPanel model={model} onTrained={() => setRuns((count) => count + 1)} />,
    Run: () => <RunPanel model={model} onRun={() => setRuns((count) => count + 1)} />,
    Verify: () => (
      <VerifyPanel model={model} fixture={fixture} onFixture={onFixture} onMarks={mark} onSelect={select} />
    ),
    Convert: () => <ConvertPanel model={model} />,
    Compare: () => <ComparePanel model={model} against={other} onAgainst={setOther} onMarks={mark} onSelect={select} />,
  };
  return (
    <main class="workbench">
      <Head model={model} onOpen={onOpen} onClose={onClose} onReasons={() => (setSelected(null), show("Look"))} />
      <GraphView model={model} selected={selected} onSelect={select} marks={marks} version={runs} compared={compared} />
      <aside class="side">
        <div class="tabs" role="tablist" aria-label="What to do with the model" onKeyDown={turn}>
          {TABS.map((name) => (
            <button
              key={name}
              id={`tab-${name}`}
              type="button"
              role="tab"
              aria-selected={tab === name}
              aria-controls={seen.has(name) ? `panel-${name}` : undefined}
              tabindex={tab === name ? 0 : -1}
              onClick={() => show(name)}
            >
              {name}
            </button>
          ))}
        </div>
        {TABS.filter((name) => seen.has(name)).map((name) => (
          <div
            key={name}
            id={`panel-${name}`}
            class="panel"
            role="tabpanel"
            aria-labelledby={`tab-${name}`}
            hidden={tab !== name}
          >
            {panels[name]()}
          </div>
        ))}
      </aside>
    </main>
  );
}
