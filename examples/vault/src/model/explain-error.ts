import { PasskeyError, SourceError } from '@coffer/browser'
import { CofferError, type CofferErrorCode } from '@coffer/core'

/** An error in the user's words. */
export interface Explanation {
  readonly text: string
  /** What to do now. */
  readonly advice: string
}

const full: Explanation = {
  text: 'The browser gives this site no more space.',
  advice: 'Nothing was lost. Delete what you no longer need, or free space on the disk, and try again.',
}
const failed: Explanation = {
  text: 'The browser’s storage has failed.',
  advice: 'What was saved before is not lost. Look whether the change is there, else try again; if that does not help, lock the vault and unlock it.',
}

const explanations: Partial<Record<CofferErrorCode, Explanation>> = {
  ERR_COFFER_AUTH: { text: 'That does not open the vault.', advice: 'Look for typing mistakes and the Caps Lock key, or use the recovery code.' },
  ERR_COFFER_FULL: full,
  ERR_COFFER_IO: failed,
  ERR_COFFER_POISONED: failed,
  ERR_COFFER_LOCK_LOST: failed,
  // It is opened anew after a failure.
  ERR_COFFER_CLOSED: failed,
  ERR_COFFER_LOCKED: { text: 'The vault is in use in another tab.', advice: 'Close the other tab, or go on there.' },
  ERR_COFFER_READ_ONLY: { text: 'Another tab is changing this vault.', advice: 'Go on in that tab, or close it: this one takes over by itself.' },
  ERR_COFFER_NOT_FOUND: { text: 'It is not in the vault any more.', advice: 'Another tab may have deleted or renamed it.' },
  ERR_COFFER_EXISTS: { text: 'There is one of that name already.', advice: 'Choose another name.' },
  ERR_COFFER_NAME: { text: 'That name cannot be used.', advice: 'Leave out slashes at the ends, ".." and control characters.' },
  ERR_COFFER_DAMAGED: { text: 'Some of the data is damaged.', advice: 'Export the vault and open it with the rescue page, which brings out all that is whole.' },
  ERR_COFFER_NOT_A_COFFER: { text: 'This is not a vault file.', advice: 'Choose a file that was exported from a vault.' },
  ERR_COFFER_UNSUPPORTED: { text: 'This browser cannot do that.', advice: 'Use a current browser, and no private window.' },
}

/** Puts an error into words. Nothing of the user's data is in them but the names of what could not be read. */
export function explainError(error: unknown): Explanation {
  if (error instanceof PasskeyError) return { text: error.message, advice: '' }
  if (error instanceof SourceError) return unreadable(error)
  if (error instanceof CofferError) return explanations[error.code] ?? { text: error.message, advice: 'Nothing was changed.' }
  if (error instanceof DOMException && error.name === 'QuotaExceededError') return full
  if (error instanceof TypeError || error instanceof RangeError) return { text: error.message, advice: 'Nothing was changed.' }
  return { text: 'Something went wrong.', advice: 'Nothing that was saved is lost. Reload the page and try again.' }
}

/** With its name: of many files, it is the one that is to be looked at. */
function unreadable({ source }: SourceError): Explanation {
  return { text: `“${source}” could not be read.`, advice: 'It may have been deleted, moved or changed meanwhile, or the browser may not read it. Nothing was added.' }
}
