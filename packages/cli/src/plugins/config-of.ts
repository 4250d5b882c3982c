import { defaultConfigPath, readConfig, type Config } from '../config/config.js'

/** The configuration that a command line means, before it is parsed. */
export function configOf(words: readonly string[]): Promise<Config> {
  const at = words.findIndex((word) => word === '-c' || word === '--conf')
  const inline = words.map((word) => /^(?:--conf=|-c)(.+)$/s.exec(word)?.[1]).find((path) => path !== undefined)
  return readConfig((at < 0 ? inline : words[at + 1]) ?? defaultConfigPath())
}
