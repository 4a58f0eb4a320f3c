/** The graph: layers as boxes, values as lines; search, zoom, fold, keep as a picture. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { engine, words } from "../engine.ts";
import { neighbour, useHistograms, useOverlay } from "../parts/around.ts";
import { Drawing } from "../parts/drawing.tsx";
import { Overlays } from "../parts/overlays.tsx";
import { savePng, saveSvg } from "../parts/picture.ts";
import { useViewport } from "../parts/viewport.ts";
import type { Box, Layout, Marks, OpenModel, OverlayName } from "../types.ts";

interface GraphProps {
  readonly model: OpenModel;
  readonly selected: string | null;
  readonly onSelect: (path: string | null) => void;
  readonly marks: Marks;
  /** Another after each run and training. */
  readonly version: number;
  /** Another after each comparison. */
  readonly compared: number;
}

export function GraphView({ model, selected, onSelect, marks, version, compared }: GraphProps) {
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  const [layout, setLayout] = useState<Layout | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [search, setSearch] = useState("");
  const svg = useRef<SVGSVGElement>(null);
  const histograms = useHistograms(model, version);
  const [shown, setShown] = useState<OverlayName>("class");
  const overlay = useOverlay(shown, `${version} ${compared}`);
  const view = useViewport(svg, layout);
  useEffect(() => {
    engine.layout([...unfolded]).then(setLayout, (error: unknown) => setProblem(words(error)));
  }, [model, unfolded]);
  useEffect(() => {
    if (layout !== null && performance.getEntriesByName("open").length > 0) performance.measure("opened", "open");
  }, [layout]);

  const wanted = search.trim().toLowerCase();
  const hits = useMemo(
    () =>
      wanted === "" || layout === null
        ? []
        : layout.boxes.filter((box) => `${box.path} ${box.class}`.toLowerCase().includes(wanted)),
    [wanted, layout],
  );
  const isHit = useMemo(() => new Set(hits.map(({ path }) => path)), [hits]);
  const choose = (box: Box | undefined): void => {
    if (box === undefined) return;
    onSelect(box.path);
    view.show(box);
  };
  const next = (event: Event): void => {
    event.preventDefault();
    choose(hits[(hits.findIndex(({ path }) => path === selected) + 1) % Math.max(1, hits.length)]);
  };
  const fold = (path: string): void => {
    const after = new Set(unfolded);
    if (!after.delete(path)) after.add(path);
    setUnfolded(after);
  };
  const key = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || layout === null) return;
    if (event.key.startsWith("Arrow")) choose(neighbour(layout.boxes, selected, event.key));
    else if (event.key === "+" || event.key === "=") view.zoom(1.25);
    else if (event.key === "-") view.zoom(0.8);
    else if (event.key === "0" || event.key === "f") view.fit();
    else if (event.key === "Escape") onSelect(null);
    else if ((event.key === " " || event.key === "Enter") && selected !== null) {
      if (layout.boxes.find(({ path }) => path === selected)?.inside !== "none") fold(selected);
    } else return;
    event.preventDefault();
  };
  const name = model.found.name;
  return (
    <section class="graph" aria-label="Graph of the model">
      <form class="tools" onSubmit={next}>
        <input
          type="search"
          placeholder="Find a layer"
          aria-label="Find a layer"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
        {wanted !== "" && <output class="dim">{hits.length}</output>}
        <span class="gap" />
        <Overlays shown={shown} isEmpty={overlay?.size === 0} onShow={setShown} />
        <button type="button" onClick={() => view.zoom(1.25)} aria-label="Zoom in">
          +
        </button>
        <button type="button" onClick={() => view.zoom(0.8)} aria-label="Zoom out">
          −
        </button>
        <button type="button" onClick={view.fit}>
          Fit
        </button>
        <button type="button" onClick={() => saveSvg(svg.current!, name)}>
          SVG
        </button>
        <button type="button" onClick={() => void savePng(svg.current!, name)}>
          PNG
        </button>
      </form>
      {problem !== null && <p class="bad">{problem}</p>}
      {layout !== null && layout.boxes.length === 0 && (
        <p class="empty">
          {model.found.problems.some(({ code }) => code === "unsupported/no-architecture")
            ? "This file holds weights alone. Drop it together with its architecture to see a graph."
            : "This model is of a class that tells no layers."}
        </p>
      )}
      <svg
        ref={svg}
        class="drawing"
        tabindex={0}
        role="application"
        aria-label="Layers: arrow keys move from one to the next, space unfolds, plus and minus zoom, 0 fits"
        aria-activedescendant={selected === null ? undefined : `box-${selected}`}
        onKeyDown={key}
        {...view.handlers}
      >
        <g transform={view.transform}>
          {layout !== null && (
            <Drawing
              layout={layout}
              histograms={histograms}
              marks={marks}
              overlay={overlay}
              showsMasks={shown === "masks"}
              selected={selected}
              hits={wanted === "" ? null : isHit}
              onSelect={onSelect}
              onFold={fold}
            />
          )}
        </g>
      </svg>
    </section>
  );
}
