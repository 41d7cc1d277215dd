// Reads a list of Mermaid diagrams (JSON) and prints what its parser says of each: its type, or why it is none.
import mermaid from 'mermaid';

let given = '';
for await (const piece of process.stdin) given += piece;
const said = [];
for (const text of JSON.parse(given)) {
  said.push(await mermaid.parse(text).then(({ diagramType }) => diagramType, (error) => `${error.message ?? error}`));
}
console.log(JSON.stringify(said));
