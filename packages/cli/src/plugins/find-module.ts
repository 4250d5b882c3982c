import { realpath, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { pluginError } from './plugin-error.js'

const PACKAGE = /^(@[\w.~-]+\/)?[\w~-][\w.~-]*(\/[\w./~-]+)?$/
const WRITABLE_BY_OTHERS = 0o022
const STICKY = 0o1000

/**
 * The file of a plugin's module: a path, taken from the folder of the configuration; or a package, looked for from there, then beside
 * this command, where `npm install -g` puts both.
 * @throws CofferError `ERR_COFFER_PLUGIN` where there is none, or others could change it.
 */
export async function findModule(name: string, module: string, configPath: string): Promise<string> {
  const path = await realpath(await resolveModule(name, module, configPath)).catch(() => undefined)
  if (path === undefined || !(await stat(path)).isFile()) throw notFound(name, module, configPath)
  await refuseOthers(name, path)
  return path
}

async function resolveModule(name: string, module: string, configPath: string): Promise<string> {
  if (/^(\.\.?|~)?[/\\]|^[A-Za-z]:[/\\]/.test(module)) return resolve(dirname(configPath), module.replace(/^~(?=[/\\])/, () => homedir()))
  if (!PACKAGE.test(module)) throw notFound(name, module, configPath)
  const { resolve: resolvePackage } = await import('import-meta-resolve')
  for (const from of [pathToFileURL(resolve(configPath)).href, import.meta.url]) {
    try {
      return fileURLToPath(resolvePackage(module, from))
    } catch {
      // Not there: the next place.
    }
  }
  throw notFound(name, module, configPath)
}

function notFound(name: string, module: string, configPath: string): Error {
  const where = PACKAGE.test(module) ? `a package: install it in ${dirname(resolve(configPath))}, or beside this command with "npm install -g ${module}"` : 'a file'
  return pluginError(name, `is not there. ${configPath} says that its module is ${JSON.stringify(module)}, ${where}; a path begins with ./, ../, / or ~/.`)
}

/** Whoever can change the file, or put another in its place, would get the keys: each folder above is looked at, as ssh does. */
async function refuseOthers(name: string, path: string): Promise<void> {
  if (process.platform === 'win32') return
  for (let at = path, isFile = true; ; at = dirname(at), isFile = false) {
    const { uid, gid, mode } = await stat(at)
    if (uid !== 0 && uid !== process.getuid?.()) throw pluginError(name, `is not loaded: ${at} belongs to another user, who could change it.`)
    // On macOS, folders of Homebrew are the administrators', who can change everything anyway.
    const writable = mode & (process.platform === 'darwin' && gid === 80 ? 0o002 : WRITABLE_BY_OTHERS)
    if (writable !== 0 && (isFile || (mode & STICKY) === 0)) {
      throw pluginError(name, `is not loaded: others may write to ${at} (mode ${(mode & 0o7777).toString(8)}), and a plugin gets what is in a coffer. chmod go-w ${at}`)
    }
    if (dirname(at) === at) return
  }
}
