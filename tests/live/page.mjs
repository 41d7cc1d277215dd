// Uses the page of `recorder view` in a browser: performs one of the deeds below, named on the command line, and prints
// what it saw as JSON. If a folder is given, it saves a screenshot there.
//   node page.mjs BROWSER ADDRESS DEED JSON [FOLDER]
import { appendFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import puppeteer from 'puppeteer-core';

const [executablePath, address, deed, given, folder] = process.argv.slice(2);
const wanted = JSON.parse(given);
const said = { errors: [], foreign: [] };
const firefox = path.basename(executablePath).startsWith('firefox');
const browser = await puppeteer.launch(firefox ? {
  browser: 'firefox',
  executablePath,
  extraPrefsFirefox: {  // what Chromium is asked for below
    'dom.events.testing.asyncClipboard': true,
    'layout.css.prefers-color-scheme.content-override': wanted.scheme === 'dark' ? 0 : 1,
  },
} : { executablePath, args: ['--no-sandbox', '--disable-gpu'] });
if (!firefox) {
  const rights = ['clipboard-read', 'clipboard-write', 'clipboard-sanitized-write'];
  await browser.defaultBrowserContext().overridePermissions(new URL(address).origin, rights);
}
const page = await browser.newPage();
page.on('pageerror', (error) => said.errors.push(`${error.stack ?? error}`));
page.on('console', (message) => said.errors.push(message.text()));
page.on('dialog', (dialog) => { said.errors.push(`dialog ${dialog.message()}`); dialog.dismiss(); });
page.on('request', (request) => {
  if (!request.url().startsWith(new URL(address).origin) && !request.url().startsWith('data:')) said.foreign.push(request.url());
});
await page.evaluateOnNewDocument(() => {
  window.violations = [];
  addEventListener('securitypolicyviolation', (event) => window.violations.push(event.violatedDirective));
});

const open = async (hash = '', { width = 1280, height = 800, scheme = 'light' } = {}) => {
  if (!firefox) await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.setViewport({ width, height });
  await page.goto('about:blank');
  await page.goto(address + hash);
};
// Asked from here: in Firefox, puppeteer's own `waitForFunction` now and then never ends. Returns the number that is so.
const until = async (test, ...values) => {
  let trouble = '';
  const holds = async () => {
    const found = await page.evaluateHandle(test, ...values);
    const there = await found.evaluate((value) => (typeof value === 'number' ? value : Boolean(value)));
    await found.dispose();
    return there;
  };
  for (const end = Date.now() + 100_000; Date.now() < end; await pause(20)) {
    const there = await holds().catch((error) => { trouble = error; }); // it fails while another page is loaded
    if (there) return there;
  }
  throw new Error(`never so: ${test} ${trouble}`);
};
// In one step: between the steps of `$eval` and `$$eval` another page may come, or other rows.
const of = (selector, use, ...values) => page.evaluate(`(${use})(document.querySelector(${JSON.stringify(selector)}), ...${JSON.stringify(values)})`);
const ofAll = (selector, use, ...values) => page.evaluate(`(${use})([...document.querySelectorAll(${JSON.stringify(selector)})], ...${JSON.stringify(values)})`);
const texts = (selector) => ofAll(selector, (all) => all.map((one) => one.textContent.replace(/\s+/g, ' ').trim()));
const text = async (selector) => (await texts(selector))[0] ?? null;
const rows = () => texts('#rows .rows .row .words');
const loaded = () => until(() => document.querySelector('#rows .rows .row:not(.loading)') && !document.querySelector('#rows .row.loading'));
const active = () => of('#rows', (grid) => document.getElementById(grid.getAttribute('aria-activedescendant'))?.querySelector('.words').textContent ?? '');
const clickRow = (words) => page.evaluate((sought) => {
  [...document.querySelectorAll('#rows .rows .row')].find((row) => row.textContent.includes(sought)).click();
}, words);
const panel = (words) => until((sought) => document.querySelector('#panel h2')?.textContent.includes(sought), words);
const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
const shoot = (name) => folder && page.screenshot({ path: path.join(folder, `${name}.png`) });
const hash = () => page.evaluate(() => location.hash);

const DEEDS = {
  async look() {
    await open(wanted.hash ?? '', wanted);
    await loaded();
    if (wanted.shown) await panel(wanted.shown);
    if (wanted.until) await until((selector) => document.querySelector(selector)?.offsetParent, wanted.until);
    Object.assign(said, {
      rows: await rows(),
      address: await page.evaluate(() => location.href),
      count: await of('#rows', (grid) => grid.getAttribute('aria-rowcount')),
      counts: await texts('.count[id]'),
      waiting: await text('#waiting'),
      facts: await texts('#panel .facts li'),
      seen: await of('#waiting', (strip) => Boolean(strip.offsetParent)),
      named: await ofAll('#waiting b', (all) => all.filter((one) => one.offsetParent).map(
        (one) => [one.textContent, one.getBoundingClientRect().right <= one.parentElement.getBoundingClientRect().right + 1])),
      methods: await texts('#methods .facet'),
      ground: await page.evaluate(() => getComputedStyle(document.body).backgroundColor),
      wide: await page.evaluate(() => Math.max(document.documentElement.scrollWidth, ...[...document.querySelectorAll('header, .finding, #waiting, #panel')].map((one) => one.scrollWidth))),
    });
  },

  async idle() {
    let asked = 0;
    page.on('request', (request) => { asked += Number(request.url().includes('api/events')); });
    await open(wanted.hash);
    await until(() => !document.getElementById('empty').hidden);
    const before = asked;
    await page.evaluate(async () => {
      for (let left = 30; left; left -= 1) await new Promise((drawn) => { requestAnimationFrame(drawn); });
    });
    said.asked = asked - before;
  },

  async follow() {
    await open();
    await loaded();
    const began = Date.now();
    await appendFile(wanted.file, wanted.lines[0]);
    await until((sought) => [...document.querySelectorAll('#rows .row')].some((row) => row.textContent.includes(sought)), wanted.sought[0]);
    said.took = Date.now() - began;
    said.atEnd = (await rows()).at(-1);
    await of('#rows', (grid) => { grid.scrollTop = 0; });
    await until(() => !document.getElementById('new').hidden);
    await appendFile(wanted.file, wanted.lines[1]);
    await until(() => /new/.test(document.getElementById('new').textContent));
    said.button = await text('#new');
    said.away = await of('#rows', (grid) => grid.scrollTop);
    await shoot('follow');
    await page.click('#new');
    await until((sought) => [...document.querySelectorAll('#rows .row')].some((row) => row.textContent.includes(sought)), wanted.sought[1]);
    said.back = (await rows()).at(-1);
    said.gone = await of('#new', (button) => button.hidden);
  },

  async late() {
    await page.evaluateOnNewDocument(() => {
      const ask = window.fetch;
      window.late = { held: null, count: 0 };
      window.fetch = async (url, ...rest) => {
        const answer = await ask(url, ...rest);
        if (`${url}`.includes('api/events') && window.late.held) {
          window.late.count += 1;
          await window.late.held;
        }
        return answer;
      };
    });
    await open();
    await loaded();
    await of('#rows', (grid) => { grid.scrollTop = 0; });
    await until(() => !document.getElementById('new').hidden);
    const before = Number.parseInt(await text('#count-open'));
    await page.evaluate(() => { window.late.held = new Promise((go) => { window.late.go = go; }); });
    await appendFile(wanted.file, wanted.lines[0]);
    await until(() => window.late.count > 0);
    await appendFile(wanted.file, wanted.lines[1]);
    await until((open) => Number.parseInt(document.getElementById('count-open').textContent) === open, before + 2);
    await page.evaluate(() => {
      window.late.held = null;
      window.late.go();
    });
    await until((words) => document.getElementById('new').textContent.includes(words), wanted.words);
  },

  async filter() {
    await open();
    await loaded();
    await page.type('#find', 'meth');
    await until(() => !document.getElementById('suggestions').hidden);
    said.words = await texts('#suggestions b');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    said.methods = await texts('#suggestions b');
    await page.type('#find', wanted.method);
    await until(() => document.getElementById('found').textContent);
    await until((most) => document.querySelectorAll('#rows .rows .row').length < most, wanted.all);
    Object.assign(said, { found: await text('#found'), rows: await rows(), hash: await hash() });
    await shoot('filter');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await until((all) => document.querySelectorAll('#rows .rows .row').length === all, wanted.all);
    await page.type('#find', `party:x ${wanted.wrong}`);
    await until(() => !document.getElementById('problem').hidden);
    said.problem = await text('#problem');
    said.column = await of('#problem', (line) => Number(line.style.getPropertyValue('--at')));
    await shoot('filter-wrong');
    said.errors.length = 0;  // the browser logs the error status of the response
    await of('#clear', (button) => button.click());
    await loaded();
    await page.click(`#methods [data-term="method:${wanted.method}"]`);
    await until(() => document.getElementById('found').textContent);
    said.pressed = await of(`#methods [data-term="method:${wanted.method}"]`, (chip) => chip.getAttribute('aria-pressed'));
    said.field = await of('#find', (field) => field.value);
    await page.click('#count-error');
    await until(() => document.getElementById('find').value.includes('error:'));
    said.both = await of('#find', (field) => field.value);
  },

  async frame() {
    await open();
    await loaded();
    await clickRow(wanted.row);
    await panel(wanted.heading);
    await shoot('frame');
    said.lines = await texts('#panel .line');
    said.decoded = await texts('#panel pre.decoded');
    said.facts = await text('#panel .facts');
    const width = () => of('#panel', (place) => place.getBoundingClientRect().width);
    const narrow = await width();
    await page.focus('#splitter');
    await page.keyboard.press('ArrowLeft');
    said.wider = (await width()) - narrow;
    said.copies = {};
    for (const name of ['wscat', 'python', 'fixture']) {
      const before = await clipboard().catch(() => '');
      await page.click(`[data-copy=${name}]`);
      await until((known) => navigator.clipboard.readText().then((now) => now !== known), before);
      said.copies[name] = await clipboard();
    }
    await of('#panel .line', (line) => line.focus());
    await page.keyboard.press('ArrowLeft');
    said.folded = (await texts('#panel .line')).length;
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('End');
    await page.keyboard.press('p');
    await until(() => /Copied: params/.test(document.getElementById('toast').textContent));
    said.path = await clipboard();
    await page.keyboard.press('c');
    await until((before) => navigator.clipboard.readText().then((now) => now !== before), said.path);
    said.value = await clipboard();
    said.hash = await hash();
  },

  async story() {
    await open();
    await loaded();
    await clickRow(wanted.row);
    await panel(wanted.heading);
    const from = await hash();
    said.chapters = await texts('#panel .chapter h3');
    await shoot('story');
    await ofAll('#panel .chapter', (all, why) => all.find((one) => one.querySelector('h3').textContent === why).querySelector('a').click(), wanted.why);
    await panel(wanted.then);
    Object.assign(said, { heading: await text('#panel h2'), active: await active(), moved: (await hash()) !== from });
    await page.goBack();
    await panel(wanted.heading);
    said.back = (await hash()) === from;
    await of('#panel [data-part=difference]', (part) => { part.open = true; part.scrollIntoView(); }).catch(() => {});
    said.difference = await texts('#panel [data-part=difference] tbody tr');
    await shoot('difference');
  },

  async mark() {
    await open();
    await until(() => document.getElementById('mark-scenario').offsetParent);
    await page.click('#mark-scenario');
    await page.type('#scenario-dialog input', wanted.scenario);
    await shoot('mark');
    await page.keyboard.press('Enter');
    await until((sought) => [...document.querySelectorAll('#rows .row.scenario')].some((row) => row.textContent.includes(sought)), wanted.scenario);
    await page.keyboard.press('N');
    await page.type('#note-dialog input', wanted.note);
    await page.select('#note-dialog select', wanted.party);
    await page.keyboard.press('Enter');
    await until((sought) => [...document.querySelectorAll('#rows .row.note')].some((row) => row.textContent.includes(sought)), wanted.note);
    said.rows = await rows();
    await shoot('marked');
  },

  async compare() {
    await open();
    await until(() => document.querySelector('#pairs .rows .row:not(.loading)'));
    said.differing = await text('#differing');
    said.hash = await hash();
    await page.keyboard.press('n');
    await until(() => document.getElementById('which').textContent.startsWith('1 of'));
    said.first = await texts('#pairs .row.active .side');
    said.findings = await texts('#findings li');
    await shoot('compare');
    await page.keyboard.press('n');
    await until(() => document.getElementById('which').textContent.startsWith('2 of'));
    said.second = await texts('#pairs .row.active .side');
    await page.keyboard.press('p');
    await until(() => document.getElementById('which').textContent.startsWith('1 of'));
    await page.keyboard.press('Enter');
    await until(() => document.querySelector('#panel [data-part=other] .finding'));
    said.other = await text('#panel [data-part=other]');
    await shoot('partner');
    await loaded();
    said.rows = await rows();
    const current = await text('h1 [aria-current=true]');
    await page.click('#panel [data-part=other] a');
    await until((before) => document.querySelector('h1 [aria-current=true]').textContent !== before
      && document.querySelector('#panel [data-part=other] .finding'), current);  // it is another page
    await loaded();
    Object.assign(said, { there: await rows(), back: await text('#panel [data-part=other]'), current: await text('h1 [aria-current=true]') });
  },

  async compared() {
    await open();
    await until(() => /difference/.test(document.getElementById('differing').textContent));
    said.differing = [await text('#differing')];
    await appendFile(wanted.file, wanted.line);
    await until((before) => document.getElementById('differing').textContent !== before, said.differing[0]);
    said.differing.push(await text('#differing'));
  },

  async keyboard() {
    const press = async (...keys) => { for (const key of keys) await page.keyboard.press(key); };
    await open();
    await loaded();
    await press('j', 'j', 'j');
    said.third = await active();
    await page.evaluate(() => {
      const asked = window.fetch;
      window.fetch = async (...given) => {
        await new Promise((go) => { setTimeout(go, 300); });
        window.fetch = asked;
        return asked(...given);
      };
    });
    await press('Enter');
    await until(() => document.activeElement.matches('#panel h2')); // however long the answer took
    said.opened = await text('#panel h2');
    await press('Escape');
    said.focused = await page.evaluate(() => document.activeElement.id);
    await press('j');
    await until((before) => document.querySelector('#panel h2').textContent !== before, said.opened);
    said.moved = await text('#panel h2');
    await press('Escape');
    await until(() => document.getElementById('panel').hidden);
    await press('/');
    await page.keyboard.type(wanted.filter);
    await press('Enter');
    await until(() => document.getElementById('found').textContent);
    said.found = await text('#found');
    await press('Escape');
    await until(() => !document.getElementById('find').value && !document.getElementById('found').textContent);
    await press('End');
    await loaded();
    said.last = await active();
    await press('Home');
    await loaded();
    said.firstRow = await active();
    await press('t');
    said.time = await text('#rows .head .time');
    await press('?');
    await until(() => document.getElementById('keys-dialog').open);
    said.keys = (await texts('#keys-list dd')).length;
    await shoot('keys');
    await press('Escape');
    await until(() => !document.getElementById('keys-dialog').open);
    await press('2');
    await until(() => document.querySelector('#health table'));
    said.health = await texts('#health h2');
    await press('3');
    await until(() => document.querySelector('#diagram svg'));
    await press('1', 'G', ' ');
    said.tabbed = [];
    for (let step = 0; step < 4; step += 1) {
      await press('Tab');
      said.tabbed.push(await page.evaluate(() => document.activeElement.id || document.activeElement.className));
    }
  },

  async fold() {
    await open();
    await loaded();
    const all = async () => Number(await of('#rows', (grid) => grid.getAttribute('aria-rowcount'))) - 1;
    said.folded = await all();
    said.run = await text('.run');
    await shoot('folded');
    await page.click('.run');
    await until((before) => Number(document.getElementById('rows').getAttribute('aria-rowcount')) - 1 > before, said.folded);
    await loaded();
    said.open = await all();
    said.inside = await ofAll('#rows .row.inside', (rows) => rows.length);
    await shoot('fold-open');
    await page.click('.run');
    await until((before) => Number(document.getElementById('rows').getAttribute('aria-rowcount')) - 1 === before, said.folded);
    await page.keyboard.press('z');
    await until((before) => Number(document.getElementById('rows').getAttribute('aria-rowcount')) - 1 > before, said.folded);
    said.whole = await all();
  },

  async search() {
    await open(wanted.hash);
    await until(() => /^[\d,]+ rows$/.test(document.getElementById('found').textContent));
    said.found = await text('#found');
    said.total = await of('#rows', (grid) => grid.getAttribute('aria-rowcount'));
    await page.focus('#rows');
    await page.keyboard.press('End');
    await until((sought) => [...document.querySelectorAll('#rows .row')].some((row) => row.textContent.includes(sought)), wanted.last);
  },

  async diagram() {
    const drawn = async (words) => {
      await page.click('#go-diagram');
      await until((sought) => document.querySelector('#diagram > p')?.textContent.startsWith(sought), words);
      await until(() => document.querySelector('#diagram svg'));
      said.pictures.push(await ofAll('#diagram svg a', (all) => [all.length, all[0].querySelector('title').textContent]));
      await page.click('#go-timeline');
    };
    said.pictures = [];
    await open();
    await loaded();
    await clickRow(wanted.row);
    await panel(wanted.row);
    for (const words of wanted.words) await drawn(words);
    await shoot('diagram');
  },

  async health() {
    await open('#view=health', wanted);
    await until(() => document.querySelector('#health tbody th button'));
    said.names = await ofAll('#health [aria-label="Methods"] tbody th button', (all) => all.map(
      (one) => [one.textContent, one.getBoundingClientRect().height, Math.round(one.getBoundingClientRect().width), one.scrollWidth <= one.closest('th').clientWidth]));
    await until(() => !/Checked so far/.test(document.getElementById('health').textContent));
    said.tags = await ofAll('#health .links .tag', (all) => all.map((one) => [one.textContent,
      one.scrollWidth <= one.clientWidth && one.getBoundingClientRect().right <= one.parentElement.getBoundingClientRect().right + 1]));
    await shoot(`health${wanted.width === 390 ? '-narrow' : ''}`);
    await open('#event=1', { width: 1280, height: 800 });
    await until(() => document.querySelector('#panel .links .took'));
    said.took = await of('#panel .links .took', (one) => one.scrollWidth <= one.clientWidth);
    await shoot('health-event');
  },

  async far() {
    await open('#fold=0');
    await loaded();
    await until((total) => document.getElementById('rows').getAttribute('aria-rowcount') === `${total + 1}`, wanted.total);
    await page.keyboard.press('End');
    await until((sought) => [...document.querySelectorAll('#rows .row')].some((row) => row.textContent.includes(sought)), wanted.last);
    said.last = (await rows()).at(-1);
    said.elements = await ofAll('#rows .row', (all) => all.length);
    const first = (after) => until((least) => { // of the rows that are seen; they are drawn after the list was scrolled
      const grid = document.getElementById('rows').getBoundingClientRect();
      const index = Number(document.elementFromPoint(grid.left + 5, grid.top + 40)?.closest('.row')?.dataset.index ?? 0);
      return index > least && index;
    }, after);
    const began = Date.now();
    await of('#rows', (grid) => { grid.scrollTop = grid.scrollHeight / 2; });
    await loaded();
    said.took = Date.now() - began;
    said.middle = await first(0);
    await page.mouse.move(600, 500);
    const scrolled = of('#rows', (grid) => new Promise((done) => { grid.addEventListener('scrollend', () => done(), { once: true }); }));
    await page.mouse.wheel({ deltaY: 240 });
    await scrolled;  // it is animated
    said.crept = (await first(said.middle)) - said.middle;
    await shoot('far');
    await open(`#fold=0&event=${wanted.event}`);
    await until((sought) => document.querySelector('#rows .row.active')?.textContent.includes(sought), wanted.sought);
    said.linked = await active();
  },

  async hostile() {
    said.events = [];
    for (const event of wanted.events) {
      await open(`#fold=0&event=${event}`);
      await until((number) => document.querySelector('#panel .number')?.textContent === `Event ${number}`, event);
      await loaded();
      said.events.push(await page.evaluate(() => ({
        scripts: document.querySelectorAll('script').length,
        foreign: ['img', 'iframe', 'object', 'embed', 'base', 'audio', 'video', 'math', 'style'].filter((name) => document.querySelector(name)),
        handlers: [...document.querySelectorAll('*')].filter((one) => [...one.attributes].some((at) => /^on/i.test(at.name))).length,
        everything: document.body.textContent,
      })));
    }
    await shoot('hostile');
  },

  async views() {
    for (const scheme of ['light', 'dark']) {
      for (const [name, where, selector] of wanted.views) {
        await open(where, { scheme });
        await until((sought) => document.querySelector(sought), selector);
        await shoot(`${name}-${scheme}`);
        said[`${name} ${scheme}`] = await wrongs();
      }
    }
    await open(wanted.views[0][1], { width: 360, height: 720 });
    await until((sought) => document.querySelector(sought), wanted.views[0][2]);
    said['narrow light'] = await wrongs();
  },
};

/** The serious findings of axe. */
async function wrongs() {
  const axe = createRequire(import.meta.url).resolve('axe-core');
  const source = await (await import('node:fs/promises')).readFile(axe, 'utf8');
  await page.evaluate(source);  // the page's policy forbids script elements
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary.split('\n')[1] ?? ''}`).join(' | ')}`);
}

try {
  await DEEDS[deed]();
  said.violations = await page.evaluate(() => window.violations);
  if (wanted.picture) await shoot(wanted.picture);
  console.log(JSON.stringify(said));
} catch (error) {
  await shoot(`${deed}-failed`);
  console.error(error, JSON.stringify(said));
  process.exitCode = 1;
} finally {
  await browser.close();
}
