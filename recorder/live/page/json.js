// Reads JSON as it was written: exact numbers, members in order, duplicate names kept.
// Rule: never fails and never recurses, whatever the text: deep nesting and a missing end are fine.

/**
 * @typedef {object} Value
 * @property {'object' | 'array' | 'string' | 'number' | 'word'} type
 * @property {number} start where it begins in the text
 * @property {number} end
 * @property {{key: string | number, value: Value}[]} inside of an object or array
 */

const TOKEN = /[ \t\n\r]*(?:("(?:[^"\\\u0000-\u001f]|\\.)*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null|NaN|-?Infinity)|([[\]{},:]))/y;

/**
 * Read a text.
 * @param {string} text
 * @returns {{value: Value | null, whole: boolean}} what could be read, and whether that is the whole text
 */
export function read(text) {
  /** @type {Value[]} */
  const around = [];
  let [root, key, wants, position] = [null, null, 'value', 0];
  TOKEN.lastIndex = 0;
  const add = (value) => {
    const parent = around.at(-1);
    if (!parent) root = value;
    else parent.inside.push({ key: parent.type === 'array' ? parent.inside.length : key, value });
  };
  const after = () => { wants = around.length ? 'more' : 'end'; };
  const broken = () => {
    for (const value of around) value.end = position;
    return { value: root, whole: false };
  };
  for (;;) {
    const found = TOKEN.exec(text);
    if (!found) break;
    const [, string, number, word, sign] = found;
    const end = TOKEN.lastIndex;
    const start = end - (string ?? number ?? word ?? sign).length;
    const parent = around.at(-1);
    if (wants === 'end') return broken();
    if (sign === ']' || sign === '}') {
      const empty = parent && !parent.inside.length && wants === (sign === ']' ? 'value' : 'key');
      if (!parent || (parent.type === 'array') !== (sign === ']') || !(wants === 'more' || empty)) return broken();
      around.pop().end = end;
      after();
    } else if (wants === 'more') {
      if (sign !== ',') return broken();
      wants = parent.type === 'array' ? 'value' : 'key';
    } else if (wants === 'colon') {
      if (sign !== ':') return broken();
      wants = 'value';
    } else if (wants === 'key') {
      if (string === undefined) return broken();
      key = plain(string);
      wants = 'colon';
    } else if (sign === '[' || sign === '{') {
      const value = { type: sign === '[' ? 'array' : 'object', start, end, inside: [] };
      add(value);
      around.push(value);
      wants = sign === '[' ? 'value' : 'key';
    } else if (sign !== undefined) {
      return broken();
    } else {
      add({ type: string !== undefined ? 'string' : number !== undefined ? 'number' : 'word', start, end, inside: [] });
      after();
    }
    position = end;
  }
  if (wants !== 'end' || text.slice(position).trim()) return broken();
  return { value: root, whole: true };
}

/**
 * The text of a JSON string.
 * @param {string} lexeme with its quotes
 * @returns {string}
 */
export function plain(lexeme) {
  try {
    return JSON.parse(lexeme);
  } catch {
    return lexeme.slice(1, -1);
  }
}

/** Names that need no brackets in a path. */
const PLAIN = /^[^.[\]"]+$/;

/**
 * The path of a member: `params.data[0]`, `["a.b"].c`, as rules and filters name it.
 * @param {string} path of what it is in
 * @param {string | number} key
 * @returns {string}
 */
export function inner(path, key) {
  if (typeof key === 'number') return `${path}[${key}]`;
  if (!PLAIN.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path ? `${path}.${key}` : key;
}
