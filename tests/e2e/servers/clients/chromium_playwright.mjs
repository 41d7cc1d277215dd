// A browser test made of Playwright. Prints what it was told.
import { chromium } from 'playwright-core';

const [address, path] = process.argv.slice(2);
const browser = await chromium.connectOverCDP(`ws://${address}${path}`);
const said = { logged: [] };

const [page] = browser.contexts()[0].pages();
page.on('console', (message) => said.logged.push(message.text()));
await page.goto('data:text/html,<title>A page</title><p id="sum">0</p><button onclick="this.textContent = 1">x</button>');
said.title = await page.title();
said.sum = await page.locator('#sum').textContent();
said.results = await Promise.all([1, 2].map((a) => page.evaluate((given) => given + 2, a)));
said.thrown = await page.evaluate(() => { throw new TypeError('on purpose'); }).catch((error) => error.message.split('\n')[0]);
await page.evaluate(() => console.log('a word'));
await page.locator('button').click();
said.clicked = await page.locator('button').textContent();
await browser.close();
console.log(JSON.stringify(said));
