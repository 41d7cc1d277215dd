// Unpacks transactions with the JavaScript SDK, a round for each line of its input: see decode.py.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { unpackTx } from '@aeternity/aepp-sdk';

const texts = JSON.parse(readFileSync(process.argv[2]));
const readable = texts.flatMap((text, index) => {
  try {
    unpackTx(text);
    return [index];
  } catch {
    return [];
  }
});
console.log(JSON.stringify(readable));
for await (const _ of createInterface({ input: process.stdin })) {
  const began = process.hrtime.bigint();
  for (const index of readable) unpackTx(texts[index]);
  console.log(Number(process.hrtime.bigint() - began) / 1e9);
}
