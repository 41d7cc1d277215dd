// A server made of rpc-websockets: it adds, counts, and tells its subscribers.
import { Server } from 'rpc-websockets';

const server = new Server({ host: '127.0.0.1', port: Number(process.argv[2]) });
let count = 0;
server.register('add', ([a, b]) => a + b);
server.register('slow', ([value]) => new Promise((resolve) => { setTimeout(resolve, 100, value); }));
server.register('refuse', () => { throw Object.assign(new Error('refused'), { code: 12, data: 'on purpose' }); });
server.event('counted');
server.register('count', () => { count += 1; server.emit('counted', { count }); return count; });
server.on('listening', () => console.log('listening'));
