// A page with every layer that the builder has and its options, from the declarations in dist/, where the build puts
// what each means, what is allowed and its default.

const INTERFACE = /export interface (\w+)Options extends LayerOptions \{([^]*?)\n\}/g;
const OPTION = /\/\*\* ([^]*?) \*\/\s+(\w+)(\??): ([^;]+);/g;
const BUILDER = /\/\*\* (\w+): ([^]*?) \*\/\s*export declare const (\w+): \(options\??: (\w+)Options\)/g;

/** As Markdown. `text`: dist/api/layers.d.ts. */
export function layerOptions(text) {
  const options = new Map([...text.matchAll(INTERFACE)].map(([, name, body]) => [name, [...body.matchAll(OPTION)]]));
  const parts = [...text.matchAll(BUILDER)].map(([, className, about, builder, type]) => {
    const rows = options.get(type).map(([, words, name, optional, kind]) => {
      const needed = optional === "" ? ", required" : "";
      return `- \`${name}\`${needed}: ${words} \`${kind}\``;
    });
    const repeated = new RegExp(`^${className}(, [^:]*)?: `);
    const [first, ...rest] = about.replace(repeated, "");
    return `## ${className}\n\n\`layers.${builder}\`. ${first.toUpperCase()}${rest.join("")}\n\n${rows.join("\n")}`;
  });
  return `# Layers and their options

The ${parts.length} layers that have a builder function, made from their declarations. All take \`name\`, \`trainable\`,
\`dtype\`, and as the first of a \`Sequential\` \`inputShape\` or \`batchInputShape\` too. In files the options have Keras's names
(\`return_sequences\` for \`returnSequences\`). What can be read and run beside these: [layers and operations](docs/layers.md).

${parts.join("\n\n")}
`;
}
