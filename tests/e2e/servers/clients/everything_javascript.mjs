// An assistant made of the JavaScript MCP SDK. Prints what it was told.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CallToolResultSchema,
  CreateMessageRequestSchema,
  ElicitRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';

const transport = new StreamableHTTPClientTransport(new URL(`http://${process.argv[2]}/mcp`));
const capabilities = { sampling: {}, elicitation: {} };
const client = new Client({ name: 'assistant', version: '1.0.0' }, { capabilities });
const said = { progress: [], asked: [] };

// what the server asks while it answers: it comes in the answer's event stream, and is answered by a POST of its own
client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => {
  said.asked.push(params.messages[0].content.text);
  return { model: 'none', role: 'assistant', content: { type: 'text', text: 'four' } };
});

client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { name: 'Ada', check: true } }));

await client.connect(transport);
said.server = client.getServerVersion().name;
said.tools = (await client.listTools()).tools.map((tool) => tool.name);
const long = client.callTool(
  { name: 'trigger-long-running-operation', arguments: { duration: 0.3, steps: 3 } },
  undefined,
  { onprogress: ({ progress, total }) => said.progress.push([progress, total]) },
);
const sums = [1, 2, 3].map((a) => client.callTool({ name: 'get-sum', arguments: { a, b: 2 } }));
said.results = (await Promise.all([long, ...sums])).map((result) => result.content[0].text);
const sampled = await client.callTool({ name: 'trigger-sampling-request', arguments: { prompt: '2 + 2', maxTokens: 5 } });
said.sampled = sampled.content[0].text.includes('four');
const unknown = await client.callTool({ name: 'no-such-tool', arguments: {} });
said.unknown = [unknown.isError, unknown.content[0].text];
said.refused = await client.readResource({ uri: 'demo://resource/none' }).then(JSON.stringify, (error) => error.code);
const elicited = await client.callTool({ name: 'trigger-elicitation-request', arguments: {} });
said.elicited = elicited.content[0].text;

// enough of waiting: the server is told that nobody wants the answer, before it is asked for anything else
const send = transport.send.bind(transport);
const told = new Promise((resolve) => {
  transport.send = async (message, options) => {
    await send(message, options);
    if (message.method === 'notifications/cancelled') resolve();
  };
});
const enough = AbortSignal.timeout(200);
const slow = { name: 'trigger-long-running-operation', arguments: { duration: 3, steps: 1 } };
said.cancelled = await client.callTool(slow, undefined, { signal: enough }).then(() => false, () => true);
await told;

// a connection that is lost while the server answers: another goes on behind the last event that came
const lost = new Promise((resolve) => {
  const again = { name: 'trigger-long-running-operation', arguments: { duration: 0.4, steps: 2 } };
  const how = { onresumptiontoken: resolve, onprogress: () => {} };
  client.request({ method: 'tools/call', params: again }, CallToolResultSchema, how).catch(() => {});
});
const token = await lost;
const session = transport.sessionId;
await transport.close();
await new Promise((resolve) => setTimeout(resolve, 500));
const next = new StreamableHTTPClientTransport(new URL(`http://${process.argv[2]}/mcp`), { sessionId: session });
const other = new Client({ name: 'assistant', version: '1.0.0' });
await other.connect(next);
const resumed = await other.request(
  { method: 'tools/call', params: { name: 'trigger-long-running-operation', arguments: {} } },
  CallToolResultSchema,
  { resumptionToken: token, onresumptiontoken: () => {} },
);
said.resumed = resumed.content[0].text;
await next.terminateSession(); // a DELETE that names the session
await other.close();
console.log(JSON.stringify(said));
