// Writes one photo in the colors of screens and of printing presses, with and without the profile that says which they are.
// Arguments: folder with sharp's package, photo, target folder.
import { createRequire } from 'node:module';

const [packages, photo, target] = process.argv.slice(2);
const sharp = createRequire(`${packages}/package.json`)('sharp');
const fine = { quality: 95, chromaSubsampling: '4:4:4' };
const pictures = {
  'display-p3.jpg': (image) => image.withIccProfile('p3').jpeg(fine),
  'display-p3-subsampled.jpg': (image) => image.withIccProfile('p3').jpeg({ quality: 95, chromaSubsampling: '4:2:0' }),
  'display-p3-progressive.jpg': (image) => image.withIccProfile('p3').jpeg({ ...fine, progressive: true }),
  'display-p3.png': (image) => image.withIccProfile('p3').png(),
  'cmyk-with-profile.jpg': (image) => image.toColourspace('cmyk').withIccProfile('cmyk').jpeg({ quality: 95 }),
  'cmyk-without-profile.jpg': (image) => image.toColourspace('cmyk').jpeg({ quality: 95 }),
};
for (const [name, written] of Object.entries(pictures)) {
  await written(sharp(photo)).toFile(`${target}/${name}`);
}
