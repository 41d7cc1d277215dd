// An assistant made of the JavaScript MCP SDK. Prints what it was told.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const transport = new StreamableHTTPClientTransport(new URL(`http://${process.argv[2]}/mcp`));
const client = new Client({ name: 'assistant', version: '1.0.0' }, { capabilities: {} });
const said = { progress: [] };

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
const unknown = await client.callTool({ name: 'no-such-tool', arguments: {} });
said.unknown = [unknown.isError, unknown.content[0].text];
said.refused = await client.readResource({ uri: 'demo://resource/none' }).then(JSON.stringify, (error) => error.code);
await transport.terminateSession(); // a DELETE that names the session
await client.close();
console.log(JSON.stringify(said));
