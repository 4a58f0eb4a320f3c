/** The documents as a site: every link leads somewhere, here and where they are read as files, and no page asks for another host. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "./source-files.ts";

interface Site {
  buildSite(folder: string): void;
  slug(heading: string): string;
}

let folder: string;
let site: Site;
beforeAll(async () => {
  site = (await import(join(ROOT, "scripts/site.mjs"))) as Site;
  folder = mkdtempSync(join(tmpdir(), "keraport-site-"));
  site.buildSite(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** `href` and `src` of a page. */
const linksOf = (html: string): string[] =>
  [...html.matchAll(/ (?:href|src)="([^"]*)"/g)].map(([, link]) => link!.replaceAll("&amp;", "&"));

describe("the site", () => {
  it("has pages whose links lead to pages and headings of it", () => {
    const pages = readdirSync(folder).filter((name) => name.endsWith(".html"));
    expect(pages.length).toBeGreaterThan(28);
    const texts = new Map(pages.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
    const wrong = [...texts].flatMap(([name, html]) =>
      linksOf(html).flatMap((link) => {
        if (link === "api/index.html" || /^(https:|mailto:)/.test(link)) return []; // made by scripts/reference.mjs
        const [file, anchor] = link.split("#");
        const text = texts.get(file === "" ? name : file!);
        const isThere = text !== undefined || (file !== "" && existsSync(join(folder, file!)));
        return isThere && (anchor === undefined || text?.includes(` id="${anchor}"`)) ? [] : [`${name}: ${link}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  it("is found by its search", () => {
    const index = JSON.parse(
      /= (.*);\n$/.exec(readFileSync(join(folder, "search-index.js"), "utf8"))![1]!,
    ) as string[][];
    const find = (word: string): string[] => index.filter(([, , , text]) => text!.includes(word)).map(([url]) => url!);
    expect(find("unsupported/code-generation")).toContain("edge.html");
    expect(find("returnSequences")).toContain("layer-options.html#lstm");
    expect(find("--drop-optimizer")).toContain("cli.html#convert");
  });

  it("asks for nothing of another host", () => {
    for (const name of readdirSync(folder)) {
      const text = readFileSync(join(folder, name), "latin1");
      expect(text, name).not.toMatch(/(src="|@import|url\(|fetch\(|<link [^>]*href=")\s*(https?:)?\/\//);
    }
    expect(readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)).toBeLessThan(1.5e6);
  });
});

it("the picture of the README is small", () => {
  expect(statSync(join(ROOT, "docs/page.png")).size).toBeLessThan(60_000);
});

it("links of documents lead to files of the repository and to headings in them", () => {
  const documents = ["README.md", "CONTRIBUTING.md", "SECURITY.md", ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`)]; // prettier-ignore
  const wrong = documents
    .filter((name) => name.endsWith(".md"))
    .flatMap((name) => {
      const text = readFileSync(join(ROOT, name), "utf8").replace(/^( *)```[\s\S]*?^ *```/gm, "");
      return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link]) => {
        if (link!.startsWith("https:")) return [];
        const [path, anchor] = link!.split("#");
        const file = path === "" ? name : posix.join(posix.dirname(name), path!);
        if (!existsSync(join(ROOT, file))) return [`${name}: ${link}`];
        if (anchor === undefined) return [];
        const headings = [...readFileSync(join(ROOT, file), "utf8").matchAll(/^#+ (.+)$/gm)];
        return headings.some(([, heading]) => site.slug(heading!) === anchor) ? [] : [`${name}: ${link}`];
      });
    });
  expect(wrong).toEqual([]);
});
