/** Which part of a drawing is seen: fitted at first, moved by hand, wheel, fingers and keys. */
import type { RefObject } from "preact";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Box, Layout } from "../types.ts";

interface Place {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

const [MARGIN, LEAST, MOST, READABLE] = [28, 0.04, 4, 0.45] as const;
const within = (scale: number): number => Math.min(MOST, Math.max(LEAST, scale));

export function useViewport(svg: RefObject<SVGSVGElement | null>, layout: Layout | null) {
  const [place, setPlace] = useState<Place>({ x: 0, y: 0, scale: 1 });
  const fingers = useRef(new Map<number, readonly [number, number]>());
  const wasFitted = useRef(false);

  const fitTo = useCallback(
    (least: number): void => {
      const seen = svg.current?.getBoundingClientRect();
      if (!seen || layout === null || layout.width === 0) return;
      const room = Math.min((seen.width - 2 * MARGIN) / layout.width, (seen.height - 2 * MARGIN) / layout.height, 1);
      const scale = within(Math.max(room, least));
      // What does not fit is shown from its beginning.
      const y = layout.height * scale < seen.height ? (seen.height - layout.height * scale) / 2 : MARGIN;
      const x = layout.width * scale < seen.width ? (seen.width - layout.width * scale) / 2 : MARGIN;
      setPlace({ x, y, scale });
    },
    [layout],
  );
  const fit = useCallback(() => fitTo(0), [fitTo]);
  useEffect(() => {
    if (layout === null || wasFitted.current) return;
    wasFitted.current = true;
    fitTo(READABLE);
  }, [layout, fitTo]);

  const zoomAt = useCallback((factor: number, x: number, y: number): void => {
    setPlace((now) => {
      const scale = within(now.scale * factor);
      const ratio = scale / now.scale;
      return { scale, x: x - (x - now.x) * ratio, y: y - (y - now.y) * ratio };
    });
  }, []);
  const zoom = useCallback((factor: number): void => {
    const seen = svg.current!.getBoundingClientRect();
    zoomAt(factor, seen.width / 2, seen.height / 2);
  }, []);
  /** Moves as little as needed for a box to be seen. */
  const show = useCallback((box: Box): void => {
    const seen = svg.current!.getBoundingClientRect();
    setPlace((now) => {
      const shift = (start: number, size: number, room: number): number =>
        start < MARGIN ? MARGIN - start : Math.min(0, room - MARGIN - start - size);
      const [left, top] = [box.x * now.scale + now.x, box.y * now.scale + now.y];
      return {
        ...now,
        x: now.x + shift(left, box.width * now.scale, seen.width),
        y: now.y + shift(top, box.height * now.scale, seen.height),
      };
    });
  }, []);

  // Passive listeners, as frameworks add them, cannot keep the page from scrolling.
  useEffect(() => {
    const target = svg.current!;
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      const seen = target.getBoundingClientRect();
      zoomAt(Math.exp(-event.deltaY * 0.0015), event.clientX - seen.left, event.clientY - seen.top);
    };
    target.addEventListener("wheel", wheel, { passive: false });
    return () => target.removeEventListener("wheel", wheel);
  }, []);

  const handlers = useMemo(
    () => ({
      onPointerDown: (event: PointerEvent) => {
        fingers.current.set(event.pointerId, [event.clientX, event.clientY]);
      },
      onPointerMove: (event: PointerEvent) => {
        const before = fingers.current.get(event.pointerId);
        if (before === undefined) return;
        const now = [event.clientX, event.clientY] as const;
        const other = [...fingers.current].find(([id]) => id !== event.pointerId)?.[1];
        fingers.current.set(event.pointerId, now);
        if (other !== undefined) {
          const seen = svg.current!.getBoundingClientRect();
          const apart = (at: readonly [number, number]): number => Math.hypot(at[0] - other[0], at[1] - other[1]) || 1;
          zoomAt(apart(now) / apart(before), (now[0] + other[0]) / 2 - seen.left, (now[1] + other[1]) / 2 - seen.top);
          return;
        }
        setPlace((at) => ({ ...at, x: at.x + now[0] - before[0], y: at.y + now[1] - before[1] }));
      },
      onPointerUp: (event: PointerEvent) => void fingers.current.delete(event.pointerId),
      onPointerCancel: (event: PointerEvent) => void fingers.current.delete(event.pointerId),
      onPointerLeave: (event: PointerEvent) => void fingers.current.delete(event.pointerId),
    }),
    [],
  );
  return { transform: `translate(${place.x} ${place.y}) scale(${place.scale})`, zoom, fit, show, handlers };
}
