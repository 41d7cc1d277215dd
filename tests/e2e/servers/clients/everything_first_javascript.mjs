// An assistant made of the JavaScript MCP SDK, over the protocol's first HTTP transport. Prints what it was told.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { CreateMessageRequestSchema } from '@modelcontextprotocol/sdk/types.js';

const client = new Client({ name: 'assistant', version: '1.0.0' }, { capabilities: { sampling: {} } });
const said = { asked: [] };

client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => {
  said.asked.push(params.messages[0].content.text);
  return { model: 'none', role: 'assistant', content: { type: 'text', text: 'four' } };
});

await client.connect(new SSEClientTransport(new URL(`http://${process.argv[2]}/sse`)));
said.server = client.getServerVersion().name;
said.tools = (await client.listTools()).tools.map((tool) => tool.name);
const long = client.callTool(
  { name: 'trigger-long-running-operation', arguments: { duration: 0.3, steps: 3 } },
  undefined,
  { onprogress: () => {} }, // what comes together with the answer, this client hears too late or not
);
const sums = [1, 2, 3].map((a) => client.callTool({ name: 'get-sum', arguments: { a, b: 2 } }));
said.results = (await Promise.all([long, ...sums])).map((result) => result.content[0].text);
const sampled = await client.callTool({ name: 'trigger-sampling-request', arguments: { prompt: '2 + 2', maxTokens: 5 } });
said.sampled = sampled.content[0].text.includes('four');
const unknown = await client.callTool({ name: 'no-such-tool', arguments: {} });
said.unknown = [unknown.isError, unknown.content[0].text];
await client.close();
console.log(JSON.stringify(said));
