// A browser test made of puppeteer. Prints what it was told.
import puppeteer from 'puppeteer-core';

const [address, path] = process.argv.slice(2);
const browser = await puppeteer.connect({ browserWSEndpoint: `ws://${address}${path}`, defaultViewport: null });
const said = { logged: [] };

// The page that the browser began with: a new one may or may not be loading still when its events are asked for.
const page = await (await browser.waitForTarget((target) => target.type() === 'page')).page();
page.on('console', (message) => said.logged.push(message.text()));
await page.goto('data:text/html,<title>A page</title><p id="sum">0</p>');
said.title = await page.title();
said.results = await Promise.all([
  page.evaluate((a, b) => a + b, 1, 2),
  page.evaluate(() => document.querySelector('#sum').textContent),
  page.$eval('#sum', (node) => node.id),
]);
said.thrown = await page.evaluate(() => { throw new TypeError('on purpose'); }).catch((error) => error.message);
await page.evaluate(() => console.log('a word'));
const session = await page.createCDPSession();
said.refused = await session.send('Page.noSuchMethod').catch((error) => error.message);
await browser.disconnect();
console.log(JSON.stringify(said));
