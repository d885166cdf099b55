// Lets `import` find packages of layers and of this machine, where `require` looks with NODE_PATH.
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const directories = (process.env.NODE_PATH ?? '')
  .split(path.delimiter)
  .filter((directory) => path.basename(directory) === 'node_modules');

export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    const isPackage = /^[@a-z0-9]/i.test(specifier) && !specifier.includes(':');
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || !isPackage) throw error;
    for (const directory of directories) {
      // Looked up as if a module beside `node_modules` imported it.
      const parentURL = pathToFileURL(path.join(directory, '..', '_.mjs')).href;
      try {
        return await next(specifier, { ...context, parentURL });
      } catch {
        // The next one may have it.
      }
    }
    throw error;
  }
}
