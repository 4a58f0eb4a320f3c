// Search: the index is a script, so that it works from disk; it is fetched when somebody first looks for something.
const field = document.querySelector("input[type=search]");
const found = document.querySelector("#found");
let index;

function fetched() {
  index ??= new Promise((done) => {
    const script = document.createElement("script");
    script.src = field.dataset.index;
    script.onload = () => done(globalThis.SITE_INDEX);
    document.head.append(script);
  });
  return index;
}

async function look() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const sections = await fetched();
  if (field.value.toLowerCase().split(/\s+/).filter(Boolean).join() !== words.join()) return;
  const scored = sections.flatMap(([url, page, heading, text]) => {
    const [title, body] = [`${page} ${heading}`.toLowerCase(), text.toLowerCase()];
    if (!words.every((word) => title.includes(word) || body.includes(word))) return [];
    const names = heading.toLowerCase().split(/\W+/);
    const worth = (word) => (names.includes(word) ? 20 : title.includes(word) ? 5 : 1);
    const score = words.reduce((sum, word) => sum + worth(word), 0);
    return [{ url, page, heading, score }];
  });
  const rows = words.length === 0 ? [] : scored.sort((a, b) => b.score - a.score).slice(0, 12);
  found.replaceChildren(
    ...rows.map(({ url, page, heading }) => {
      const [row, link, small] = ["li", "a", "small"].map((name) => document.createElement(name));
      link.href = field.dataset.root + url;
      link.textContent = heading;
      small.textContent = page;
      link.append(small);
      row.append(link);
      return row;
    }),
  );
  if (words.length > 0 && rows.length === 0) found.textContent = "Nothing found";
}
field.addEventListener("focus", fetched, { once: true });
field.addEventListener("input", look);
addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.matches("input, textarea")) return;
  event.preventDefault();
  field.focus();
});
