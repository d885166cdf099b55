// A function like process-image, with sharp: S3 event in, 512x512 avatar out. Plain HTTP, no AWS SDK, so that nothing but
// the runtime and the image library is measured.
import http from 'node:http';
import sharp from 'sharp';

const agent = new http.Agent({ keepAlive: true });
const call = (method, url, body) => new Promise((done, failed) => {
  const headers = body ? { 'content-length': body.length } : {};
  const request = http.request(url, { method, headers, agent }, (answer) => {
    const chunks = [];
    answer.on('data', (chunk) => chunks.push(chunk));
    answer.on('end', () => done({ headers: answer.headers, body: Buffer.concat(chunks) }));
  });
  request.on('error', failed);
  request.end(body);
});

sharp.cache(false);
sharp.concurrency(1);
const invocation = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
const s3 = process.env.AWS_ENDPOINT_URL;
for (;;) {
  const next = await call('GET', `${invocation}/next`);
  const { bucket, object } = JSON.parse(next.body).Records[0].s3;
  const photo = await call('GET', `${s3}/${bucket.name}/${object.key}`);
  const picture = await sharp(photo.body).rotate().flatten({ background: '#ffffff' })
    .resize(512, 512, { fit: 'cover' }).jpeg({ quality: 80 }).toBuffer();
  await call('PUT', `${s3}/${process.env.DEST_BUCKET}/avatars/${object.key}`, picture);
  await call('POST', `${invocation}/${next.headers['lambda-runtime-aws-request-id']}/response`, Buffer.from('{}'));
}
