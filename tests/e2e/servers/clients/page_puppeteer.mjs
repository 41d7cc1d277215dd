// Opens pages (their paths, a line each on standard input) in a browser, uses them, and prints what happened, a line of
// JSON each. Given a folder too, it leaves pictures of them there: light, dark, narrow, printed.
import path from 'node:path';
import puppeteer from 'puppeteer-core';

const [executablePath, folder] = process.argv.slice(2);
let given = '';
for await (const piece of process.stdin) given += piece;
const browser = await puppeteer.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
for (const file of given.split('\n').filter(Boolean)) {
  const page = await browser.newPage();
  const said = { errors: [], asked: [] };
  page.on('pageerror', (error) => said.errors.push(`${error}`));
  page.on('console', (message) => said.errors.push(message.text()));
  page.on('dialog', (dialog) => { said.errors.push(`dialog ${dialog.message()}`); dialog.dismiss(); });
  const listen = (request) => said.asked.push(request.url());
  page.on('request', listen);
  await page.evaluateOnNewDocument(() => {
    window.violations = [];
    addEventListener('securitypolicyviolation', (event) => window.violations.push(event.violatedDirective));
  });
  await page.setViewport({ width: 1300, height: 900 });
  await page.goto(`file://${file}`);
  Object.assign(said, await page.evaluate(() => {
    const visible = () => [...document.querySelectorAll('.event')].filter((one) => one.offsetParent).length;
    const field = document.getElementById('search');
    const search = (words) => { field.value = words; field.dispatchEvent(new Event('input')); return visible(); };
    const all = document.getElementById('all');
    const open = () => document.querySelectorAll('details.event[open]').length;
    const counted = (name) => document.getElementsByTagName(name).length;
    const result = {
      events: visible(),
      nothing: search('no such words anywhere'),
      signs: search('sign withdraw'),
      cleared: search(''),
      open: (all.click(), open()),
      folded: (all.click(), open()),
      scripts: counted('script'),
      foreign: ['img', 'iframe', 'object', 'embed', 'form', 'base', 'link', 'audio', 'video'].filter((name) => counted(name)),
      handlers: [...document.querySelectorAll('*')].filter((one) => [...one.attributes].some((at) => /^on|^style$/i.test(at.name))).length,
      links: [...document.querySelectorAll('a')].filter((one) => !document.getElementById(one.getAttribute('href').slice(1))).length,
      arrows: document.querySelectorAll('svg path').length,
      texts: [...document.querySelectorAll('pre')].map((one) => one.textContent),
      violations: [...window.violations],
      styled: getComputedStyle(document.querySelector('header')).position === 'sticky',
    };
    return result;
  }));
  page.off('request', listen);
  const before = said.errors.length;
  // Strict means strict: nothing that is put into the page afterwards runs either.
  said.injected = await page.evaluate(() => new Promise((done) => {
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.body.append(script);
    document.body.insertAdjacentHTML('beforeend', '<img src="http://127.0.0.1:1/x" onerror="window.ran = true">');
    setTimeout(() => done({ ran: window.ran === true, violations: window.violations.length }), 50);
  }));
  said.errors.length = before; // the browser complains of what was just put in
  if (folder) {
    await page.goto(`file://${file}#f5`);
    const shoot = async (name) => page.screenshot({ path: path.join(folder, `${path.basename(file)}.${name}.png`) });
    for (const value of ['light', 'dark']) {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
      await page.evaluate(() => scrollTo(0, 0));
      await shoot(value);
      await page.evaluate(() => document.getElementById('f5')?.scrollIntoView({ block: 'center' }));
      await shoot(`${value}-open`);
    }
    await page.setViewport({ width: 420, height: 800 });
    await shoot('narrow');
    await page.setViewport({ width: 790, height: 1100 });
    await page.emulateMediaType('print');
    await page.evaluate(() => scrollTo(0, 0));
    await shoot('printed');
  }
  console.log(JSON.stringify(said));
  await page.close();
}
await browser.close();
