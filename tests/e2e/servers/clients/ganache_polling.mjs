// Two wallets that poll, as often as their clocks have it: one made of viem, one of ethers. Prints what they were told.
import { JsonRpcProvider } from 'ethers';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPublicClient, createWalletClient, http } from 'viem';

const url = `http://${process.argv[2]}`;
const OFTEN = 150; // milliseconds between two looks
const other = '0x00000000000000000000000000000000000000AA';
const said = {};

const transport = http(url, { retryCount: 0, batch: true });
const reading = createPublicClient({ transport, pollingInterval: OFTEN, cacheTime: 0 });
const wallet = createWalletClient({ transport });

const [account] = await wallet.getAddresses();
let mined;
const block = new Promise((resolve) => { mined = resolve; });
const unwatch = reading.watchBlocks({ onBlock: ({ transactions }) => { if (transactions.length) mined(); } });
await sleep(4 * OFTEN);
const hash = await wallet.sendTransaction({ account, to: other, value: 1n, chain: null });
said.viem = (await reading.waitForTransactionReceipt({ hash })).status;
await block;
unwatch();

const provider = new JsonRpcProvider(url, undefined, { cacheTimeout: -1 });
provider.pollingInterval = OFTEN;
const signer = await provider.getSigner(0);
const second = new Promise((resolve) => { provider.on('block', (number) => { if (number === 2) resolve(number); }); });
await sleep(4 * OFTEN);
const sent = await signer.sendTransaction({ to: other, value: 2n });
said.ethers = (await sent.wait()).status;
said.block = await second;
said.paid = String(await provider.getBalance(other));
provider.destroy();
console.log(JSON.stringify(said));
