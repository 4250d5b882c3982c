import { isCofferError } from '@coffer/core'
import { useEffect, useState } from 'preact/hooks'
import { explainError, type Explanation } from '../../model/explain-error.js'
import type { VaultSession } from '../../model/session.js'

/** What was read; what came of it before stays until the new is there. */
export interface VaultData<T> {
  readonly data: T | undefined
  readonly problem: Explanation | undefined
  readonly readAgain: () => void
}

/** How often something is read while another tab changes it, and how long is waited in between. */
const ATTEMPTS = 5
const PAUSE_MS = 300

/** Whether another tab's change may be the reason: its coffer is replaced by a newer one, or written to while it is read. */
function isPassing(error: unknown): boolean {
  return isCofferError(error, 'ERR_COFFER_CLOSED') || isCofferError(error, 'ERR_COFFER_IO')
}

/**
 * Reads something of the vault, and again whenever the vault has changed.
 * @param about What is read, where that changes: another one is read then.
 */
export function useVaultData<T>(session: VaultSession, read: () => Promise<T>, about = ''): VaultData<T> {
  const [result, setResult] = useState<{ about: string; data?: T; problem?: Explanation }>({ about })
  const [attempt, setAttempt] = useState(0)
  const revision = session.revision.value
  useEffect(() => {
    let isCurrent = true
    let timer: ReturnType<typeof setTimeout> | undefined
    const readOrTryAgain = (attempts: number): void => {
      read().then(
        (data) => isCurrent && setResult({ about, data }),
        (error: unknown) => {
          if (!isCurrent) return
          if (attempts > 1 && isPassing(error)) timer = setTimeout(() => readOrTryAgain(attempts - 1), PAUSE_MS)
          else setResult({ about, problem: explainError(error) })
        },
      )
    }
    readOrTryAgain(ATTEMPTS)
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [session, revision, about, attempt])
  const { data, problem } = result.about === about ? result : {}
  return { data, problem, readAgain: () => setAttempt(attempt + 1) }
}
