import { isCofferError, type CofferErrorCode } from '@coffer/core'

const explanations: Partial<Record<CofferErrorCode, string>> = {
  ERR_COFFER_AUTH: 'The keys do not fit this file: it is the file of another vault, or its beginning is damaged.',
  ERR_COFFER_DAMAGED: 'The file is damaged.',
  ERR_COFFER_NOT_A_COFFER: 'This is not a vault’s file, or its beginning is damaged.',
  ERR_COFFER_VARIANT: 'The keys are of another kind than this file takes: it is the file of another vault, or a key is missing.',
  ERR_COFFER_KEY: 'A key is missing, or has the wrong length.',
  ERR_COFFER_UNSUPPORTED: 'A newer program wrote this file. Look for a newer rescue page.',
  ERR_COFFER_LIMIT: 'The file asks for more memory than any vault’s file does: it is damaged, or was made to do harm.',
  ERR_COFFER_IO: 'The browser cannot read the file any more. Was it moved or changed? Load this page anew and choose it again.',
  ERR_COFFER_FULL: 'There is no space left for what was to be saved.',
  ERR_COFFER_EXPECT: 'This is another keyring than it was.',
}

/** An error as a sentence or two; nothing of the vault is in it. */
export function explain(error: unknown): string {
  if (isCofferError(error)) return explanations[error.code] ?? error.message
  if (error instanceof DOMException && error.name === 'QuotaExceededError') return 'There is no space left for what was to be saved.'
  if (error instanceof DOMException && error.name === 'NotReadableError') return explanations.ERR_COFFER_IO ?? ''
  return error instanceof Error ? `Something went wrong: ${error.message}` : 'Something went wrong.'
}

/** Whether bringing out what is left may do more. */
export function mayBeDamaged(error: unknown): boolean {
  if (!isCofferError(error)) return false
  return ['ERR_COFFER_AUTH', 'ERR_COFFER_DAMAGED', 'ERR_COFFER_NOT_A_COFFER', 'ERR_COFFER_VARIANT', 'ERR_COFFER_LIMIT'].includes(error.code)
}

/** Bytes as people read them. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = ''
  for (const next of units) {
    if (value < 999.5) break
    value /= 1000
    unit = next
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`
}

/** A number of things: `1 file`, `12,000 files`. */
export function count(number: number, thing: string): string {
  return `${number.toLocaleString('en')} ${thing}${number === 1 ? '' : 's'}`
}

export function dateText(date: Date): string {
  return date.toLocaleDateString(undefined, { year: 'numeric', month: 'short', day: 'numeric' })
}
