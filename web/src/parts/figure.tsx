/** A drawing with words below it: what it is for those who do not see it, and its ends. */
import type { ComponentChildren } from "preact";

interface FigureProps {
  readonly class: string;
  readonly label: string;
  readonly width: number;
  readonly height: number;
  /** Whether it keeps its shape; else it is as wide as there is room. */
  readonly isFixed?: boolean;
  /** Below it, from left to right. */
  readonly words: readonly string[];
  readonly children: ComponentChildren;
}

export function Figure({ class: name, label, width, height, isFixed = false, words, children }: FigureProps) {
  return (
    <figure class={name}>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={label}
        preserveAspectRatio={isFixed ? undefined : "none"}
      >
        {children}
      </svg>
      <figcaption>
        {words.map((word, i) => (
          <span key={i}>{word}</span>
        ))}
      </figcaption>
    </figure>
  );
}
