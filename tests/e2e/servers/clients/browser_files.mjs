// Has Chromium talk JSON-RPC on a page, over WebSockets and HTTP, and saves what its tools keep of it; or opens a HAR file in
// its DevTools and prints what they show.
//   node browser_files.mjs BROWSER save FOLDER
//   node browser_files.mjs FIREFOX automatic FOLDER
//   node browser_files.mjs BROWSER open FILE
import { once } from 'node:events';
import { appendFileSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { WebSocketServer } from 'ws';

const [executablePath, deed, given] = process.argv.slice(2);
const args = ['--no-sandbox', '--disable-gpu', '--remote-allow-origins=*'];
const BUNDLED = 'devtools://devtools/bundled/';

// A server that adds; it tells `added` before the answer where it streams.
const answer = ({ id, params }) => JSON.stringify({ jsonrpc: '2.0', id, result: params[0] + params[1] });
const told = JSON.stringify({ jsonrpc: '2.0', method: 'added' });
const server = createServer(async (request, response) => {
  if (request.method === 'GET') return response.setHeader('content-type', 'text/html').end('<title>Sums</title>');
  const asked = JSON.parse(Buffer.concat(await request.toArray()));
  if (request.url !== '/stream') return response.setHeader('content-type', 'application/json').end(answer(asked));
  response.setHeader('content-type', 'text/event-stream');
  response.end(`id: 7\ndata: ${told}\n\ndata: ${answer(asked)}\n\n`);
});
new WebSocketServer({ server }).on('connection', (socket) => socket.on('message', (data, binary) => {
  socket.send(binary ? data : answer(JSON.parse(data)), { binary });
}));

// What the page does.
async function talk() {
  const ask = (id, ...params) => JSON.stringify({ jsonrpc: '2.0', id, method: 'sum', params });
  const socket = new WebSocket(`ws://${location.host}/socket?token=abc`);
  const next = () => new Promise((resolve) => { socket.onmessage = resolve; });
  await new Promise((resolve) => { socket.onopen = resolve; });
  for (const sent of [ask(1, 1, 2), ask(2, 3, 4), new Uint8Array([0, 255])]) {
    const received = next();
    socket.send(sent);
    await received;
  }
  const headers = { 'content-type': 'application/json' };
  for (const path of ['/rpc', '/stream']) await (await fetch(path, { method: 'POST', headers, body: ask(3, 5, 6) })).text();
  const closed = new Promise((resolve) => { socket.onclose = resolve; });
  socket.close(1000, 'done');
  await closed;
}

async function frontEnd(browser, query = '') {
  const session = await browser.target().createCDPSession();
  await session.send('Target.createTarget', { url: `${BUNDLED}devtools_app.html${query}` });
  const target = await browser.waitForTarget((one) => one.url().startsWith(BUNDLED));
  const page = await target.page();
  await page.waitForSelector('pierce/#tab-network', { timeout: 60_000 });
  await page.evaluate(async (from) => {
    const { ViewManager } = await import(`${from}ui/legacy/legacy.js`);
    await ViewManager.ViewManager.instance().showView('network');
  }, BUNDLED);
  return page;
}

async function withPlaywright(address, folder) {
  const browser = await chromium.launch({ executablePath, args });
  for (const [path, content] of [['embedded.har', 'embed'], ['attached.har.zip', 'attach']]) {
    const context = await browser.newContext({ recordHar: { path: `${folder}/${path}`, content } });
    await context.tracing.start({ snapshots: true });
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    if (content === 'embed') session.on('event', (event) => appendFileSync(`${folder}/protocol.log`, `${JSON.stringify(event)}\n`));
    await session.send('Network.enable');
    await page.goto(address);
    await page.evaluate(talk);
    await context.tracing.stop({ path: `${folder}/trace.zip` });
    await context.close();
  }
  await browser.close();
}

async function withDevTools(address, folder) {
  const browser = await puppeteer.launch({ executablePath, args });
  const page = await browser.newPage();
  const endpoint = new URL(browser.wsEndpoint());
  const { targetInfo } = await (await page.createCDPSession()).send('Target.getTargetInfo');
  const tools = await frontEnd(browser, `?ws=${endpoint.host}/devtools/page/${targetInfo.targetId}`);
  await page.goto(address);
  await page.evaluate(talk);
  writeFileSync(`${folder}/devtools.har`, await tools.evaluate(async (from) => {
    const { NetworkLog } = await import(`${from}models/logs/logs.js`);
    const { Log } = await import(`${from}models/har/har.js`);
    for (let left = 100; left && NetworkLog.NetworkLog.instance().requests().length < 4; left -= 1) await new Promise((done) => { setTimeout(done, 100); });
    const requests = NetworkLog.NetworkLog.instance().requests();
    const log = await Log.Log.build(requests, { sanitize: false });
    for (const [at, request] of requests.entries()) {
      const held = await request.requestContentData();
      if (held.isTextContent) log.entries[at].response.content.text = held.text;
    }
    return JSON.stringify({ log });
  }, BUNDLED));
  await browser.close();
}

// Firefox saves a HAR file by itself some time after a page has loaded, while its tools are open.
async function withFirefox(address, folder) {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    args: ['--devtools'],
    extraPrefsFirefox: {
      'devtools.netmonitor.har.defaultLogDir': folder,
      'devtools.netmonitor.har.enableAutoExportToFile': true,
      'devtools.netmonitor.har.forceExport': true,
      'devtools.netmonitor.har.pageLoadedTimeout': 3000,
      'devtools.toolbox.selectedTool': 'netmonitor',
    },
  });
  const [page] = await browser.pages();
  const saved = () => readdirSync(folder).find((name) => name.endsWith('.har'));
  for (let left = 10; left && !saved(); left -= 1) {  // its tools open when they please
    await page.goto(address);
    await page.evaluate(talk);
    for (let waits = 60; waits && !saved(); waits -= 1) await new Promise((done) => { setTimeout(done, 100); });
  }
  await browser.close();
  renameSync(`${folder}/${saved()}`, `${folder}/firefox.har`);
}

async function opened(file) {
  const browser = await puppeteer.launch({ executablePath, args });
  const tools = await frontEnd(browser);
  const said = await tools.evaluate(async (from, text) => {
    const { NetworkPanel } = await import(`${from}panels/network/network.js`);
    const { NetworkLog } = await import(`${from}models/logs/logs.js`);
    const panel = NetworkPanel.NetworkPanel.instance();
    await panel.networkLogView.onLoadFromFile(new File([text], 'run.har'));
    const requests = NetworkLog.NetworkLog.instance().requests();
    return Promise.all(requests.map(async (one) => ({
      url: one.url(),
      status: one.statusCode,
      type: one.resourceType().name(),
      asked: await one.requestFormData(),
      answered: (await one.requestContentData()).text,
      frames: one.frames().map(({ type, time, opCode, text: data }) => [type, time, opCode, data]),
    })));
  }, BUNDLED, readFileSync(file, 'utf8'));
  await browser.close();
  console.log(JSON.stringify(said));
}

if (deed === 'open') {
  await opened(given);
} else {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${server.address().port}/`;
  if (deed === 'automatic') {
    await withFirefox(address, given);
  } else {
    await withPlaywright(address, given);
    await withDevTools(address, given);
  }
  server.closeAllConnections();
  server.close();
}
