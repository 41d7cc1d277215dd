// A wallet made of ethers: HTTP for what it asks, a WebSocket for new blocks. Prints what it was told.
import { Contract, HDNodeWallet, JsonRpcProvider, WebSocketProvider, parseEther } from 'ethers';

const address = process.argv[2];
const REVERTING = '0x6460006000fd6000526005601bf3'; // deploys code that reverts whatever it is asked
const MNEMONIC = 'myth like bonus scare over problem client lizard pioneer submit female collect';

const http = new JsonRpcProvider(`http://${address}`, undefined, { cacheTimeout: -1 });
const ws = new WebSocketProvider(`ws://${address}`, undefined, { cacheTimeout: -1 });
const said = {};

const [chain, block] = await Promise.all([http.getNetwork(), http.getBlockNumber()]);
said.chain = Number(chain.chainId);
said.block = block;

const wallet = HDNodeWallet.fromPhrase(MNEMONIC, '', "m/44'/60'/0'/0/0").connect(http);
const other = '0x00000000000000000000000000000000000000AA';
const balances = await Promise.all([wallet.address, other].map((account) => http.getBalance(account)));
said.balances = balances.map(String);

const filter = await http.send('eth_newBlockFilter', []);
const heads = new Promise((resolve) => ws.once('block', resolve));
await ws.send('eth_chainId', []); // asked after the subscription on the same socket, so that it stands when this is answered

const sent = await wallet.sendTransaction({ to: other, value: parseEther('1') });
const receipt = await sent.wait();
said.receipt = [receipt.status, receipt.blockNumber, String(receipt.gasUsed)];
said.mined = (await http.getTransaction(sent.hash)).blockNumber;
said.head = await heads;
said.changes = (await http.send('eth_getFilterChanges', [filter])).length;
said.gone = await http.send('eth_uninstallFilter', [filter]);
said.paid = String(await http.getBalance(other));

const deployed = await (await wallet.sendTransaction({ data: REVERTING })).wait();
said.contract = deployed.contractAddress;
const token = new Contract(deployed.contractAddress, ['function balanceOf(address) view returns (uint256)'], http);
said.reverted = await token.balanceOf(other).then(String, (error) => error.code);
said.refused = await http.send('eth_noSuchMethod', []).catch((error) => error.code);

await ws.destroy();
http.destroy();
console.log(JSON.stringify(said));
