// A client made of rpc-websockets. Prints what it was told.
import { Client } from 'rpc-websockets';

const client = new Client(`ws://${process.argv[2]}`, { reconnect: false });
await new Promise((resolve) => { client.on('open', resolve); });
const said = { counted: [] };

await client.subscribe('counted');
const two = new Promise((resolve) => {
  client.on('counted', ({ count }) => { said.counted.push(count); if (count === 2) resolve(); });
});
// answered in another order than asked: the slow one last
said.results = await Promise.all([client.call('slow', ['late']), client.call('add', [1, 2]), client.call('add', [3, 4])]);
said.counts = [await client.call('count'), await client.call('count')];
await two;
said.refused = await client.call('refuse').catch((error) => [error.code, error.message, error.data]);
said.unknown = await client.call('no_such_method').catch((error) => error.code);
await client.unsubscribe('counted');
client.close();
console.log(JSON.stringify(said));
