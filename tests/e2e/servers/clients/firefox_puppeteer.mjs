// A browser test made of puppeteer, over WebDriver BiDi. Prints what it was told.
import puppeteer from 'puppeteer-core';

const [address] = process.argv.slice(2);
const browser = await puppeteer.connect({ browserWSEndpoint: `ws://${address}/session`, protocol: 'webDriverBiDi' });
const said = { logged: [] };

const page = await browser.newPage();
page.on('console', (message) => said.logged.push(message.text()));
await page.goto('data:text/html,<title>A page</title><p id="sum">0</p>');
said.title = await page.title();
said.results = await Promise.all([1, 2].map((a) => page.evaluate((given) => given + 2, a)));
said.sum = await page.$eval('#sum', (node) => node.textContent);
said.thrown = await page.evaluate(() => { throw new TypeError('on purpose'); }).catch((error) => error.message);
await page.evaluate(() => console.log('a word'));
await page.close();
await browser.disconnect();
console.log(JSON.stringify(said));
process.exit(0); // its connection may still be closing
