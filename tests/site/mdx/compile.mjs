// Compiles pages (their paths, as arguments) as Docusaurus does with `format: 'detect'`: by the ends of their names.
import { readFile } from 'node:fs/promises';
import { compile } from '@mdx-js/mdx';

for (const path of process.argv.slice(2)) {
  await compile({ path, value: await readFile(path) }, { format: 'detect' });
}
