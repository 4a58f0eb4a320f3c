// The documents as a site, which works from disk and on any static host: node scripts/site.mjs [folder], default .build/site.
// Its reference of the API is made by scripts/reference.mjs, its page of layers from dist/ (npm run site does all three).
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, posix } from "node:path";
import { pathToFileURL } from "node:url";
import { Marked } from "marked";
import { argumentsOf } from "./arguments.mjs";
import { layerOptions } from "./site/layer-options.mjs";
import { FOLDERS, GROUPS } from "./site/pages.mjs";

const ROOT = join(import.meta.dirname, "..");
const STATIC = join(import.meta.dirname, "site");
const read = (path) => readFileSync(join(ROOT, path), "utf8");
const escape = (text) => text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

/** The file of the site that a source becomes. */
function fileOf(source) {
  if (typeof source === "object") return `${source.made}.html`;
  if (source === "README.md") return "index.html";
  const name = posix.basename(source, ".md");
  return `${(name === "README" ? posix.dirname(source) : name === "0.1.0" ? "measured" : name).toLowerCase()}.html`;
}

/** Every page in the order of the menu. */
function pages() {
  return GROUPS.flatMap(([group, entries]) =>
    entries.map(([source, title]) => {
      const text = typeof source === "string" ? read(source) : undefined;
      return { group, source, file: fileOf(source), title: title ?? /^# (.+)$/m.exec(text)[1], text };
    }),
  );
}

/** GitHub's name for a heading, as links to it have it. */
export const slug = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");

/** Comments stand back. */
function tinted(code, language) {
  const comment = /^(ts|js|mjs|typescript|javascript)$/.test(language) ? /(^|\s)(\/\/.*)$/gm : /(^|\s)(#.*)$/gm;
  return /^(html|json|css)?$/.test(language) ? escape(code) : escape(code).replace(comment, "$1<i>$2</i>");
}

/** Where a link of a source leads in the site. */
function target(href, source, files) {
  if (/^[a-z]+:|^#/.test(href)) return href;
  const [path, anchor] = href.split("#");
  const full = posix.join(posix.dirname(source), path).replace(/\/$/, "");
  const hash = anchor === undefined ? "" : `#${anchor}`;
  if (files.has(full)) return files.get(full) + hash;
  if (full in FOLDERS) return FOLDERS[full];
  if (full.startsWith("examples/")) return `examples.html#${slug(full.slice("examples/".length))}`;
  if (/^docs\/[\w-]+\.(png|svg)$/.test(full)) return posix.basename(full);
  throw new Error(`${source}: ${href} leads to no page of the site`);
}

/** Markdown as HTML, its headings (for search), and its links led into the site. */
function rendered(text, source, files) {
  const sections = [{ heading: "", id: "", text: "" }];
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth }) {
        const inner = this.parser.parseInline(tokens);
        const plain = inner.replace(/<[^>]+>/g, "").replace(/&(\w+|#\d+);/g, "");
        const id = slug(plain);
        if (depth > 1) sections.push({ heading: plain, id, text: "" });
        return `<h${depth} id="${id}">${depth === 1 ? inner : `<a href="#${id}">${inner}</a>`}</h${depth}>\n`;
      },
      code({ text: code, lang }) {
        sections.at(-1).text += ` ${code}`;
        return `<pre tabindex="0"><code>${tinted(code, lang ?? "")}</code></pre>\n`;
      },
      link({ href, tokens }) {
        return `<a href="${escape(target(href, source, files))}">${this.parser.parseInline(tokens)}</a>`;
      },
      image({ href, text: words }) {
        return `<img src="${escape(target(href, source, files))}" alt="${escape(words)}">`;
      },
      paragraph({ tokens, text: words }) {
        sections.at(-1).text += ` ${words}`;
        return `<p>${this.parser.parseInline(tokens)}</p>\n`;
      },
      listitem(item) {
        sections.at(-1).text += ` ${item.text}`;
        return `<li>${this.parser.parse(item.tokens)}</li>\n`;
      },
      table({ header, rows }) {
        const inline = (cell) => this.parser.parseInline(cell.tokens);
        sections.at(-1).text += rows.map((row) => ` ${row.map(({ text: words }) => words).join(" ")}`).join("");
        const head = header.map((cell) => `<th>${inline(cell)}</th>`).join("");
        const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${inline(cell)}</td>`).join("")}</tr>`).join("\n");
        return `<div class="wide" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>\n`;
      },
    },
  });
  return { html: marked.parse(text), sections };
}

const LANGUAGES = { mjs: "js", tsx: "ts", jsx: "js" };
/** Every example on one page. */
function examplesPage() {
  const files = readdirSync(join(ROOT, "examples"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.join(entry.parentPath.slice(join(ROOT, "examples").length + 1), entry.name))
    .sort();
  const parts = files.map((name) => {
    const language = /\w+$/.exec(name)[0];
    return `## ${name}\n\n\`\`\`${LANGUAGES[language] ?? language}\n${read(`examples/${name}`).trimEnd()}\n\`\`\``;
  });
  return `# Examples\n\nFiles of \`examples/\`; all but the one in Python are run by this repository's checks.\n\n${parts.join("\n\n")}\n`;
}

function menu(all, current) {
  const groups = GROUPS.map(([group]) => {
    const links = all.filter((page) => page.group === group).map(({ file, title }) => {
      const here = file === current ? ' aria-current="page"' : "";
      return `<li><a href="${file}"${here}>${escape(title)}</a></li>`;
    }); // prettier-ignore
    return `<h2>${group}</h2>\n<ul>\n${links.join("\n")}\n</ul>`;
  });
  return groups.join("\n");
}

function document(page, all, html) {
  const at = all.indexOf(page);
  const link = (to, words) =>
    to === undefined ? "<span></span>" : `<a href="${to.file}">${words(escape(to.title))}</a>`;
  const title = page.file === "index.html" ? "keraport" : `${page.title} · keraport`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(title)}</title>
<link rel="stylesheet" href="style.css">
</head>
<body>
<a class="skip" href="#main">To the text</a>
<div class="head"><a class="name" href="index.html">keraport</a><button popovertarget="menu">Menu</button></div>
<nav id="menu" popover aria-label="Pages">
<div class="top"><a class="name" href="index.html">keraport</a><button popovertarget="menu">Close</button></div>
<search><input type="search" placeholder="Search ( / )" aria-label="Search" data-index="search-index.js" data-root=""><ul id="found" aria-live="polite"></ul></search>
${menu(all, page.file)}
</nav>
<main id="main">
${html}
<footer>${link(all[at - 1], (t) => `← ${t}`)}${link(all[at + 1], (t) => `${t} →`)}</footer>
</main>
<script src="search.js"></script>
</body>
</html>
`;
}

/** Writes the site into a folder, without the reference of the API; gives the names of its files. */
export function buildSite(folder) {
  const all = pages();
  const files = new Map(all.filter(({ text }) => text !== undefined).map(({ source, file }) => [source, file]));
  const made = {
    "examples.html": examplesPage,
    "layer-options.html": () => layerOptions(read("dist/api/layers.d.ts")),
  };
  mkdirSync(folder, { recursive: true });
  const index = [];
  for (const page of all) {
    const text = page.text ?? made[page.file]?.();
    if (text === undefined) continue;
    const isPlain = page.source === "LICENSE";
    const source = typeof page.source === "string" ? page.source : "README.md";
    const { html, sections } = rendered(isPlain ? `# License\n\n\`\`\`\n${text}\`\`\`` : text, source, files);
    writeFileSync(join(folder, page.file), document(page, all, html));
    for (const { heading, id, text: words } of sections) {
      const url = id === "" ? page.file : `${page.file}#${id}`;
      if (heading !== "" || words !== "") index.push([url, page.title, heading || page.title, words.slice(0, 1500)]);
    }
  }
  writeFileSync(join(folder, "search-index.js"), `globalThis.SITE_INDEX = ${JSON.stringify(index)};\n`);
  for (const name of ["style.css", "search.js"]) cpSync(join(STATIC, name), join(folder, name));
  const pictures = readdirSync(join(ROOT, "docs")).filter((name) => /\.(png|svg)$/.test(name));
  for (const name of pictures) cpSync(join(ROOT, "docs", name), join(folder, basename(name)));
}

/** The reference of the API, its title leading back to the documents. */
function copyReference(from, to) {
  cpSync(from, to, { recursive: true });
  for (const entry of readdirSync(to, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith(".html")) continue;
    const path = join(entry.parentPath, entry.name);
    const text = readFileSync(path, "utf8");
    const title = /<a href="([./]*)index.html" class="title">keraport<\/a>/;
    writeFileSync(path, text.replace(title, '<a href="$1../index.html" class="title">← keraport</a>'));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [folder = join(ROOT, ".build/site")] = argumentsOf(import.meta, {}, 1)._;
  rmSync(folder, { recursive: true, force: true });
  buildSite(folder);
  const api = join(ROOT, ".build/api");
  if (existsSync(api)) copyReference(api, join(folder, "api"));
  else console.error("without the reference of the API: npm run reference makes it");
  console.log(`${folder}: open index.html`);
}
