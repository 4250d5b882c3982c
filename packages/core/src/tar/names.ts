import { CofferError } from '../errors.js'
import { utf8 } from '../bytes/bytes.js'

/** The most UTF-8 bytes of one component of a name; more no file system holds. */
const COMPONENT_BYTES = 255
/** The most UTF-8 bytes of a name. */
const NAME_BYTES = 3500

/**
 * Checks a member's name (docs/FORMAT.md, Names).
 * @throws CofferError `ERR_COFFER_NAME` with the rule that is broken; TypeError for what is no string.
 */
export function checkName(name: string): void {
  checkText(name)
  const problem = nameProblem(name)
  if (problem !== undefined) throw new CofferError('ERR_COFFER_NAME', `${quoteName(name)} cannot be the name of a member: ${problem}.`)
}

/** @throws TypeError for what is no string, and so no name of any member. */
export function checkText(name: string): void {
  if (typeof name !== 'string') throw new TypeError('The name of a member is a string.')
}

/** The rule that a name breaks, or `undefined`. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'it is empty'
  if (name.includes('\0')) return 'it holds a NUL character'
  if (!name.isWellFormed()) return 'it is not well-formed Unicode'
  if (name.length > NAME_BYTES / 3 && utf8(name).length > NAME_BYTES) return `it has more than ${NAME_BYTES} bytes`
  if (name.startsWith('/')) return 'it begins with "/"'
  if (name.endsWith('/')) return 'it ends in "/"'
  for (const part of name.split('/')) {
    if (part === '') return 'it holds "//"'
    if (part === '.' || part === '..') return `it holds the component "${part}"`
    if (part.length > COMPONENT_BYTES / 4 && utf8(part).length > COMPONENT_BYTES) return `a component has more than ${COMPONENT_BYTES} bytes`
  }
  return undefined
}

const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(\.|$)/i
// eslint-disable-next-line no-control-regex
const FORBIDDEN = /[<>:"\\|?*\u0001-\u001f]/

/** Why another system could not hold a file of this name, or `undefined`. Clashes with other names are not looked for. */
export function portabilityProblem(name: string): string | undefined {
  if (name !== name.normalize('NFC')) return 'it is not in Unicode normal form C, which some systems change'
  for (const part of name.split('/')) {
    if (RESERVED.test(part)) return `"${part}" is reserved by Windows`
    if (FORBIDDEN.test(part)) return 'it holds a character that Windows forbids'
    if (/[. ]$/.test(part)) return 'a component ends in a dot or a space, which Windows drops'
  }
  return undefined
}

// eslint-disable-next-line no-control-regex
const INVISIBLE = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g

/** A name for a message: short, and with nothing in it that a terminal would act on or that turns the text around. */
export function quoteName(name: string): string {
  const quoted = JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}...` : name)
  return quoted.replaceAll(INVISIBLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
