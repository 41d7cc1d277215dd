// An assistant made of the JavaScript MCP SDK, which starts its server. Prints what it was told.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { CreateMessageRequestSchema } from '@modelcontextprotocol/sdk/types.js';

const [command, ...args] = process.argv.slice(2);
const transport = new StdioClientTransport({ command, args, env: process.env });
const client = new Client({ name: 'assistant', version: '1.0.0' }, { capabilities: { sampling: {} } });
const said = { asked: [] };
let progress = 0; // the SDK may miss one that comes together with the answer

client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => {
  said.asked.push(params.messages[0].content.text);
  return { model: 'none', role: 'assistant', content: { type: 'text', text: 'four' } };
});

await client.connect(transport);
said.server = client.getServerVersion().name;
said.tools = (await client.listTools()).tools.map((tool) => tool.name);
const long = client.callTool(
  { name: 'trigger-long-running-operation', arguments: { duration: 0.3, steps: 3 } },
  undefined,
  { onprogress: ({ total }) => (progress += total) },
);
const sums = [1, 2, 3].map((a) => client.callTool({ name: 'get-sum', arguments: { a, b: 2 } }));
said.results = (await Promise.all([long, ...sums])).map((result) => result.content[0].text);
const sampled = await client.callTool({ name: 'trigger-sampling-request', arguments: { prompt: '2 + 2', maxTokens: 5 } });
said.progress = progress > 3; // two of them at least
said.sampled = sampled.content[0].text.includes('four');
const unknown = await client.callTool({ name: 'no-such-tool', arguments: {} });
said.unknown = [unknown.isError, unknown.content[0].text];
said.refused = await client.readResource({ uri: 'demo://resource/none' }).then(JSON.stringify, (error) => error.code);
await client.close();
console.log(JSON.stringify(said));
