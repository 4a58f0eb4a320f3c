/** The graph as a file: the whole of it, with its looks inside. */
import { save } from "../files.ts";

const LOOKS = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "paint-order"] as const;
const OF_TEXT = ["font-family", "font-size", "font-weight", "text-anchor"] as const;
const MARGIN = 24;

/** A copy that needs no style sheet, as large as the drawing. */
function copyOf(svg: SVGSVGElement): { readonly text: string; readonly width: number; readonly height: number } {
  const drawn = svg.querySelector<SVGGElement>(":scope > g")!;
  const { x, y, width, height } = drawn.getBBox();
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const [from, to] = [svg.querySelectorAll("*"), copy.querySelectorAll("*")];
  from.forEach((element, i) => {
    const seen = getComputedStyle(element);
    const looks = /^t(ext|span)$/.test(element.tagName) ? [...LOOKS, ...OF_TEXT] : LOOKS;
    for (const look of looks) to[i]!.setAttribute(look, seen.getPropertyValue(look));
  });
  for (const plain of copy.querySelectorAll("title")) plain.remove();
  copy.querySelector(":scope > g")!.removeAttribute("transform");
  const size = { width: width + 2 * MARGIN, height: height + 2 * MARGIN };
  for (const name of ["class", "tabindex", "role", "aria-label", "aria-activedescendant"]) copy.removeAttribute(name);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("viewBox", [x - MARGIN, y - MARGIN, size.width, size.height].join(" "));
  copy.setAttribute("width", String(size.width));
  copy.setAttribute("height", String(size.height));
  const paper = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  const fill = getComputedStyle(document.body).backgroundColor;
  const places = { x: x - MARGIN, y: y - MARGIN, ...size, fill };
  for (const [name, value] of Object.entries(places)) paper.setAttribute(name, String(value));
  copy.prepend(paper);
  return { text: new XMLSerializer().serializeToString(copy), ...size };
}

export function saveSvg(svg: SVGSVGElement, name: string): void {
  save(`${name}.svg`, copyOf(svg).text, "image/svg+xml");
}

/** The longest side that every browser's canvas has. */
const MOST = 8192;

export async function savePng(svg: SVGSVGElement, name: string): Promise<void> {
  const { text, width, height } = copyOf(svg);
  const scale = Math.min(2, MOST / Math.max(width, height));
  const url = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.ceil(width * scale), Math.ceil(height * scale)];
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(url);
  const png = await new Promise<Blob | null>((done) => canvas.toBlob(done));
  if (png !== null) save(`${name}.png`, png, "image/png");
}
