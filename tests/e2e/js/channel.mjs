// Does with the real SDK what the user of a recorded SDK client did, with keys of its own.
//
//     node channel.mjs ws://127.0.0.1:4014 CAPTURE NETWORK_ID
//
// Rule: every frame on the wire is the SDK's; the capture only says which of its functions were called, with what, and
// when: a call is made when as many frames have come as its caller had seen. Prints the fresh accounts and what each
// call came to, as JSON.
import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { Channel, MemoryAccount } from '@aeternity/aepp-sdk';
import jsonBigInt from 'json-bigint';

const [node, capture, networkId] = process.argv.slice(2);
const { parse } = jsonBigInt({ storeAsString: true }); // as the SDK reads integers that are too large for a number

const CALLS = {
  'channels.update.new': (channel, p, sign) => channel.update(p.from, p.to, p.amount, sign, p.meta),
  'channels.deposit': (channel, p, sign) => channel.deposit(p.amount, sign),
  'channels.withdraw': (channel, p, sign) => channel.withdraw(p.amount, sign),
  'channels.get.balances': (channel, p) => channel.balances(p.accounts),
  'channels.get.poi': (channel, p) => channel.poi(p),
  'channels.get.offchain_state': (channel) => channel.state(),
  'channels.message': (channel, p) => channel.sendMessage(p.info, p.to),
  'channels.update.new_contract': (channel, p, sign) => channel.createContract({ code: p.code, ...contractCall(p) }, sign),
  'channels.update.call_contract': (channel, p, sign) => channel.callContract(contractCall(p), sign),
  'channels.dry_run.call_contract': (channel, p) => channel.callContractStatic(contractCall(p)),
  'channels.get.contract_call': (channel, p) =>
    channel.getContractCall({ caller: p.caller_id, contract: live(p.contract_id), round: p.round }),
  'channels.get.contract': (channel, p) => channel.getContractState(live(p.pubkey)),
  'channels.clean_contract_calls': (channel) => channel.cleanContractCalls(),
  'channels.leave': (channel) => channel.leave(),
  'channels.shutdown': (channel, _p, sign) => channel.shutdown(sign),
};

const PONG = 'channels.system.pong'; // the SDK pings by its own clock
const accounts = {}; // by party
const sessions = []; // by number: the live channel, how many frames are to come and have come, which signatures are refused
const contracts = { recorded: [], live: [] };
const results = [];
let wake = () => {};

function contractCall(p) {
  const { amount, deposit, call_data: callData, abi_version: abiVersion, vm_version: vmVersion } = p;
  return { amount, deposit, callData, abiVersion, vmVersion, contract: p.contract_id && live(p.contract_id) };
}

// Contracts get other addresses with other owners: the first that was called is the first that was made.
function live(contract) {
  if (!contracts.recorded.includes(contract)) contracts.recorded.push(contract);
  return contracts.live[contracts.recorded.indexOf(contract)];
}

// The events of the capture, with the fresh accounts in the place of the recorded ones.
function read(file) {
  let text = readFileSync(file, 'utf8');
  for (const party of ['initiator', 'responder']) {
    accounts[party] = MemoryAccount.generate();
    const recorded = text.match(new RegExp(`[?&]${party}_id=(ak_\\w+)`));
    if (recorded) text = text.replaceAll(recorded[1], accounts[party].address);
  }
  return text.trim().split('\n').slice(1).map((line) => parse(line));
}

// In order, what each session's user answered when asked to sign: an error code, or nothing where it signed.
function refusals(events, session) {
  return events
    .filter((event) => event.session === session && isSignature(event))
    .map((event) => event.json.params.error);
}

function isSignature({ event, direction, json }) {
  const params = json?.params ?? {};
  return event === 'frame' && direction === 'to_node' && ('signed_tx' in params || 'tx' in params || 'error' in params);
}

function open({ session, party, url }, events) {
  const { pathname, searchParams } = new URL(url);
  const known = Object.fromEntries(searchParams);
  delete known.protocol; // the SDK adds it
  const options = Object.fromEntries(
    Object.entries(known).map(([key, value]) => [key.replace(/_./g, ([, letter]) => letter.toUpperCase()), value]),
  );
  if (options.reestablish) options.reestablish = true;
  const before = sessions.findLast((other) => other?.party === party)?.channel;
  if (before && options.existingChannelId) {
    Object.assign(options, { existingChannelId: before.id(), existingFsmId: before.fsmId() });
  }
  const refused = refusals(events, session);
  const sign = async (...args) =>
    refused.shift() ??
    accounts[party].signTransaction(args.find((arg) => String(arg).startsWith('tx_')), { networkId });
  sessions[session] = { party, sign, expected: 0, received: 0 };
  return Channel.initialize({ ...options, url: new URL(pathname, node).href, sign, debug: true });
}

// The SDK tells its debug log of each frame that comes, and numbers its channels as they are made.
console.debug = (channel, what, method) => {
  if (what === 'received message' && method !== PONG) Object.values(sessions)[Number(channel.match(/\d+/)[0]) - 1].received += 1;
  wake();
};

async function until(condition) {
  while (!condition()) {
    await new Promise((resolve) => { wake = resolve; });
    await setImmediate(); // until the SDK has done what it does about the frame
  }
}

const opened = () => Object.values(sessions);
const events = read(capture);
for (const event of events) {
  const session = sessions[event.session];
  if (event.event === 'frame' && event.opcode) continue; // pings and pongs
  if (event.event === 'frame' && event.direction === 'from_node') {
    if (event.json?.method !== PONG) session.expected += 1;
    continue;
  }
  if (isSignature(event)) continue;
  await until(() => opened().every(({ expected, received }) => received >= expected));
  if (event.event === 'opened') {
    const channel = await open(event, events);
    channel.on('error', (error) => { throw error; });
    sessions[event.session].channel = channel;
  } else if (event.event === 'closed' && (event.by ?? 'party') === 'party') {
    session.channel.disconnect();
  } else if (event.event === 'frame' && event.json.method in CALLS) {
    const { method, params } = event.json;
    const result = [session.party, method, null];
    results.push(result);
    CALLS[method](session.channel, params, session.sign).then(
      (value) => {
        result[2] = value ?? null;
        if (method === 'channels.update.new_contract' && value.accepted) contracts.live.push(value.address);
      },
      (error) => { result[2] = { error: error.name, message: error.message }; },
    );
  }
}
await until(() => opened().every(({ channel }) => channel.status() === 'disconnected'));

const addresses = Object.fromEntries(Object.entries(accounts).map(([party, { address }]) => [party, address]));
const plain = (_key, value) => (typeof value === 'bigint' ? value.toString() : value);
console.log(JSON.stringify({ accounts: addresses, results }, plain));
