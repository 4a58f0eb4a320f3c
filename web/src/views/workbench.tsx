/** An open model: its graph, and beside it what the person does with it. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Marks, Opening, OpenModel } from "../types.ts";
import { GraphView } from "./graph.tsx";
import { Head } from "./head.tsx";
import { LayerPanel } from "./layer.tsx";
import { Overview } from "./overview.tsx";

const TABS = ["Look"] as const;
type Tab = (typeof TABS)[number];

interface WorkbenchProps {
  readonly model: OpenModel;
  readonly fixture: Opening | null;
  readonly against: Opening | null;
  readonly onFixture: (fixture: Opening) => void;
  readonly onOpen: (files: FileList | null) => void;
  readonly onClose: () => void;
}

export function Workbench({ model, onOpen, onClose }: WorkbenchProps) {
  const [tab, setTab] = useState<Tab>("Look");
  const [selected, setSelected] = useState<string | null>(null);
  const marks = useMemo<Marks>(() => new Map(), []);
  useEffect(() => {
    if (selected !== null) setTab("Look");
  }, [selected]);
  const isSeen = (name: Tab): boolean => tab === name;
  return (
    <main class="workbench">
      <Head model={model} onOpen={onOpen} onClose={onClose} />
      <GraphView model={model} selected={selected} onSelect={setSelected} marks={marks} />
      <aside class="side">
        <div class="tabs" role="tablist" aria-label="What to do with the model">
          {TABS.map((name) => (
            <button key={name} type="button" role="tab" aria-selected={isSeen(name)} onClick={() => setTab(name)}>
              {name}
            </button>
          ))}
        </div>
        <div class="panel" role="tabpanel" aria-label={tab}>
          {isSeen("Look") &&
            (selected === null ? (
              <Overview model={model} onSelect={setSelected} />
            ) : (
              <LayerPanel key={selected} model={model} path={selected} onClose={() => setSelected(null)} />
            ))}
        </div>
      </aside>
    </main>
  );
}
