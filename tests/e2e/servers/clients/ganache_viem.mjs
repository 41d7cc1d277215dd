// A wallet made of viem: HTTP for what it asks, a WebSocket for new blocks. Prints what it was told.
import { createPublicClient, createWalletClient, http, parseEther, webSocket } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { localhost } from 'viem/chains';

const address = process.argv[2];
const REVERTING = '0x6460006000fd6000526005601bf3'; // deploys code that reverts whatever it is asked
const MNEMONIC = 'myth like bonus scare over problem client lizard pioneer submit female collect';
const BALANCE_OF = [
  { name: 'balanceOf', type: 'function', stateMutability: 'view', inputs: [{ type: 'address' }], outputs: [{ type: 'uint256' }] },
];

const chain = localhost; // 1337, as the node
const transport = http(`http://${address}`, { retryCount: 0 });
const socket = webSocket(`ws://${address}`, { retryCount: 0, keepAlive: false, reconnect: false });
const reading = createPublicClient({ chain, transport, cacheTime: 0 });
const hearing = createPublicClient({ chain, transport: socket, cacheTime: 0 });
const account = mnemonicToAccount(MNEMONIC);
const wallet = createWalletClient({ account, chain, transport });
const said = {};

const other = '0x00000000000000000000000000000000000000AA';
const [number, block, ...balances] = await Promise.all([
  reading.getChainId(),
  reading.getBlockNumber(),
  ...[account.address, other].map((one) => reading.getBalance({ address: one })),
]);
Object.assign(said, { chain: number, block: String(block), balances: balances.map(String) });

const seen = [];
let came;
const two = new Promise((resolve) => { came = resolve; });
const unwatch = hearing.watchBlocks({
  onBlock: (head) => { seen.push(String(head.number)); if (seen.length === 2) came(); },
});
await hearing.getChainId(); // asked after the subscription on the same socket, so that it stands when this is answered

const hash = await wallet.sendTransaction({ to: other, value: parseEther('1') });
const receipt = await reading.waitForTransactionReceipt({ hash });
said.receipt = [receipt.status, String(receipt.blockNumber), String(receipt.gasUsed)];
said.paid = String(await reading.getBalance({ address: other }));

const deploying = await wallet.deployContract({ abi: BALANCE_OF, bytecode: REVERTING });
const deployed = await reading.waitForTransactionReceipt({ hash: deploying });
said.contract = deployed.contractAddress;
said.reverted = await reading
  .readContract({ address: deployed.contractAddress, abi: BALANCE_OF, functionName: 'balanceOf', args: [other] })
  .then(String, (error) => error.name);
said.refused = await reading.request({ method: 'eth_noSuchMethod' }).catch((error) => error.code);
said.transactions = await Promise.all([hash, deploying].map(async (one) => {
  const made = await reading.getTransaction({ hash: one });
  return [made.nonce, String(made.blockNumber)];
}));

await two;
said.heads = seen;
unwatch();
await hearing.getChainId();
(await hearing.transport.getRpcClient()).close();
console.log(JSON.stringify(said));
