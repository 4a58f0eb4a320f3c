// What the scripts of the repository are called with.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** The comment at a script's head. */
function headOf(path) {
  const text = readFileSync(path, "utf8").replace(/^#!.*\n/, "");
  const [head] = /^\/\*\*[\s\S]*?\*\/|^(?:\/\/.*\n)+/.exec(text) ?? [""];
  return head
    .replace(/^\/\*\*\n?|\s*\*\/$/g, "")
    .replace(/^ ?(?:\*|\/\/) ?/gm, "")
    .trim();
}

/** What is wrong with the arguments; null: nothing. */
function wrongIn(values, options, positionals, words) {
  if (positionals.length > words) return `there is no argument ${JSON.stringify(positionals[words])}`;
  for (const [name, { type }] of Object.entries(options))
    if (type === "number" && values[name] !== undefined && !(Number(values[name]) >= 0))
      return `--${name} takes a number, not ${JSON.stringify(values[name])}`;
  return null;
}

/**
 * The options of the script `meta` (its `import.meta`) by name, as `parseArgs` declares them, with `type: "number"` too, and
 * `_`: up to `words` arguments without a name. `--help` prints the comment at the script's head and ends with 0; what the
 * script does not know is one line, and ends with 2.
 */
export function argumentsOf(meta, options = {}, words = 0) {
  const path = fileURLToPath(meta.url);
  const refuse = (why) => {
    process.stderr.write(`${basename(path)}: ${why}\n\n${headOf(path)}\n`);
    process.exit(2);
  };
  const asText = ({ type, ...rest }) => ({ type: type === "number" ? "string" : type, ...rest });
  const known = Object.fromEntries(Object.entries(options).map(([name, option]) => [name, asText(option)]));
  let read;
  try {
    read = parseArgs({ allowPositionals: true, options: { ...known, help: { type: "boolean", short: "h" } } });
  } catch (error) {
    return refuse(error.message.split(". ", 1)[0]);
  }
  const { values, positionals } = read;
  if (values.help) {
    process.stdout.write(`${headOf(path)}\n`);
    process.exit(0);
  }
  const wrong = wrongIn(values, options, positionals, words);
  if (wrong !== null) refuse(wrong);
  const value = (name) => (options[name]?.type === "number" ? Number(values[name]) : values[name]);
  return { ...Object.fromEntries(Object.keys(values).map((name) => [name, value(name)])), _: positionals };
}
