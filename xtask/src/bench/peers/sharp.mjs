// The same tasks as functions/media/examples/render_repeatedly.rs, with sharp. Prints processor milliseconds per photo,
// bytes of the results, and the greatest resident size in KiB. Arguments: photo, task, number of photos, [directory].
import { readFileSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';

const [photo, task, count, directory] = process.argv.slice(2);
const input = readFileSync(photo);
sharp.cache(false);
sharp.concurrency(1);

const jpeg = { quality: 80 };
const inside = (width) => sharp(input).rotate().resize({ width, withoutEnlargement: true }).jpeg(jpeg).toBuffer();
const avatar = () => sharp(input).rotate().flatten({ background: '#ffffff' }).resize(512, 512, { fit: 'cover' });
const tasks = {
  t1: async () => [await inside(720)],
  t2: async () => [await avatar().jpeg(jpeg).toBuffer()],
  't2-png': async () => [await avatar().png().toBuffer()],
  't2-webp': async () => [await avatar().webp({ quality: 80 }).toBuffer()],
  t3: async () => [await inside(1600), await inside(800), await inside(320)],
};

for (let i = 0; i < 3; i++) await tasks[task]();
const started = process.cpuUsage();
let results = [];
for (let i = 0; i < Number(count); i++) results = await tasks[task]();
const { user, system } = process.cpuUsage(started);
const milliseconds = (user + system) / 1000 / Number(count);
if (directory) results.forEach((bytes, index) => writeFileSync(`${directory}/${task}-${index}`, bytes));
const bytes = results.reduce((sum, result) => sum + result.length, 0);
console.log(`${milliseconds.toFixed(3)} ${bytes} ${process.resourceUsage().maxRSS}`);
