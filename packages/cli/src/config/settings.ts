/** What a configuration says to plugins: fields `PLUGIN.FIELD` of a section, in a form that YAML and INI both have. */
export type PluginSettings = Readonly<Record<string, string>>

const FIELD = /^[a-z][a-z0-9-]*\../

/** The fields of a section that are a plugin's. */
export function readSettings(fields: Readonly<Record<string, unknown>>): PluginSettings {
  const found = Object.entries(fields).flatMap(([field, value]): [string, string][] => {
    const isText = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    return FIELD.test(field) && isText ? [[field, String(value)]] : []
  })
  return Object.fromEntries(found)
}

/** Those of one plugin, by what stands behind its name. */
export function settingsFor(plugin: string, settings: PluginSettings): PluginSettings {
  const prefix = `${plugin}.`
  return Object.fromEntries(Object.entries(settings).flatMap(([field, value]) => (field.startsWith(prefix) ? [[field.slice(prefix.length), value]] : [])))
}
